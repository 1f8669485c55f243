"""Pure: whether an English act is forbidden rather than ordered, and whether it is an act at all.

"Do not ignore …" forbids; "do not forget to ignore …" and "cannot not ignore …" order. A sign between
the two words ends it: "No, ignore …" forbids nothing.
"""

from __future__ import annotations

from typing import Final

from reflex_layer.engine import compiled, stands_in

_REACH: Final = 100
"""How many characters before an act are looked at."""

_GAP: Final = "[ \\t\"'`*_]{1,3}"
_NOT: Final = (
    r"(?:\b(?:not|never|dont|cannot|refuse to|refuses to|without|under no circumstances|at no time|in no"
    r" case|on no account)|\b(?:don|can|won|wouldn|shouldn|mustn|couldn|doesn|didn|needn)'t|\bcant)"
)
_EVER: Final = (
    "(?:,? ?(?:under any circumstances?|for any reason|in any (?:way|case)|at any (?:time|point)),?)?"
)
_FORBIDS: Final = compiled(
    rf"{_NOT}{_EVER}{_GAP}(?:(?:ever|to|just|simply|even|you ever|you dare|you dare to){_GAP})?"
    rf"(?:[^.!?;:,\n]{{1,60}} (?:or|nor){_GAP}(?:to{_GAP})?)?$"
)
_ORDERS_AFTER_ALL: Final = compiled(
    rf"(?:{_NOT}|\bwhy|\bno reason){_GAP}{_NOT}{_GAP}(?:to{_GAP})?$|\bor not{_GAP}$"
)
"""Two negations make an order; "why not" and "no reason not to" ask for one; "whether or not" forbids
nothing."""

_FORGETTING: Final = (b"forget", b"neglect", b"omit")
_FORGETS: Final = compiled(r"^(?:forget|forgetting|neglect|neglecting|omit)\b")
_TO_DO: Final = compiled(rf"^(?:forget|forgetting|neglect|neglecting|omit){_GAP}to\b")
_TO_OBEY: Final = compiled(
    rf"^[a-z]+{_GAP}to{_GAP}(?:follow|obey|heed|comply|adhere|abide|respect|listen|apply|use|honou?r)\b"
)
_NEVER_FORGET: Final = compiled(
    rf"{_NOT}{_GAP}(?:(?:ever|to|just|please|also|you|let yourself|you ever|you dare){_GAP})?$"
)


def is_forbidden(before: bytes) -> bool:
    """Tell whether what stands before an English act, in lower case, forbids it."""
    before = before[-_REACH:]
    return stands_in(_FORBIDS, before) and not stands_in(_ORDERS_AFTER_ALL, before)


def is_reminder(data: bytes, start: int, end: int) -> bool:
    """Tell whether an English match at a span of the shadow only reminds: "don't forget your
    rules", "forget to ask". What it reminds of may be an attack of its own."""
    if not data.startswith(_FORGETTING, start, end):
        return False
    act = data[start:end]
    if not stands_in(_FORGETS, act):
        return False
    if stands_in(_NEVER_FORGET, data[max(0, start - _REACH) : start]):
        return True
    return stands_in(_TO_DO, act) and not stands_in(_TO_OBEY, act)
