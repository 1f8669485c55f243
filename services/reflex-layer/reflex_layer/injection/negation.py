"""Pure: whether an act is forbidden rather than ordered, and whether it is an act at all.

"Do not ignore …" forbids; "do not forget to ignore …" and "cannot not ignore …" order. A sign between
the two words ends it: "No, ignore …" forbids nothing.
"""

from __future__ import annotations

from typing import Final

from reflex_layer.engine import compiled
from reflex_layer.injection.lexicon.concept import Concept
from reflex_layer.injection.speech import Said, Spoken
from reflex_layer.injection.wording import Wording

_REACH: Final = 60
"""How many characters before an act are looked at."""

_GAP: Final = "[ \\t\"'`*_]{1,3}"
_NOT: Final = (
    r"(?:\b(?:not|never|dont|cannot|refuse to|refuses to|without|under no circumstances|at no time|in no"
    r" case|on no account)|\b(?:don|can|won|wouldn|shouldn|mustn|couldn|doesn|didn|needn)'t|\bcant)"
)
_FORBIDS: Final = compiled(
    rf"{_NOT}{_GAP}(?:(?:ever|to|just|simply|even|you ever|you dare|you dare to){_GAP})?$"
)
_ORDERS_AFTER_ALL: Final = compiled(rf"(?:{_NOT}|\bwhy){_GAP}{_NOT}{_GAP}(?:to{_GAP})?$")
"""Two negations make an order, and "why not" asks for one."""

_FORGETS: Final = compiled(r"^(?:forget|forgetting|neglect|neglecting|omit)\b")
_TO_DO: Final = compiled(rf"^(?:forget|forgetting|neglect|neglecting|omit){_GAP}to\b")
_TO_OBEY: Final = compiled(
    rf"^[a-z]+{_GAP}to{_GAP}(?:follow|obey|heed|comply|adhere|abide|respect|listen|apply|use|honou?r)\b"
)
_NEVER_FORGET: Final = compiled(
    rf"{_NOT}{_GAP}(?:(?:ever|to|just|please|also|you|let yourself|you ever|you dare){_GAP})?$"
)

_ACTS: Final = (
    Concept.OVERRIDE,
    Concept.REVEAL,
    Concept.TELL,
    Concept.DISABLE,
    Concept.ENABLE,
    Concept.SEND,
)

_NEGATIONS: Final = (Concept.REMINDER, Concept.NOT, Concept.NOT_AFTER)


def is_forbidden(before: bytes) -> bool:
    """Tell whether what stands before an English act, in lower case, forbids it."""
    before = before[-_REACH:]
    return bool(_FORBIDS.search(before)) and not _ORDERS_AFTER_ALL.search(before)


def is_reminder(data: bytes, start: int, end: int) -> bool:
    """Tell whether an English match at a span of the shadow only reminds: "don't forget your
    rules", "forget to ask". What it reminds of may be an attack of its own."""
    act = data[start:end]
    if not _FORGETS.search(act):
        return False
    if _NEVER_FORGET.search(data[max(0, start - _REACH) : start]):
        return True
    return bool(_TO_DO.search(act)) and not _TO_OBEY.search(act)


def settled(wording: Wording, spoken: Spoken) -> Spoken:
    """Return what a wording says without its negations: acts that they forbid are marked, and
    what is not to be forgotten is no act."""
    settled = dict(spoken)
    for concept in _NEGATIONS:
        settled.pop(concept, None)
    if len(settled) == len(spoken):
        return settled
    reminders = spoken.get(Concept.REMINDER, [])
    before = {_next(wording, one): one for one in spoken.get(Concept.NOT, ())}
    after = {one.start: one for one in spoken.get(Concept.NOT_AFTER, ())}
    for concept in _ACTS:
        acts = [act for act in settled.pop(concept, ()) if not _begins_in(reminders, act)]
        if acts:
            settled[concept] = [_judged(wording, act, before, after) for act in acts]
    return settled


def _next(wording: Wording, one: Said) -> int:
    """Return where the word after what is said begins, the space before it included."""
    return one.end - 1 if wording.text[one.end - 1] == " " else one.end


def _begins_in(reminders: list[Said], act: Said) -> bool:
    return any(one.start <= act.start < one.end - 1 for one in reminders)


def _judged(wording: Wording, act: Said, before: dict[int, Said], after: dict[int, Said]) -> Said:
    """Return an act, marked if a negation of its language stands at its side, no sign between."""
    end = wording.text.find(" ", act.end - 1)
    for negation, place in ((before.get(act.start), act.start), (after.get(end), end)):
        if negation and negation.languages & act.languages and _touch(wording, place):
            return act._replace(forbidden=True)
    return act


def _touch(wording: Wording, place: int) -> bool:
    """Tell whether only blanks stand in the shadow where a wording passes to its next word."""
    first, last = wording.between(place + (wording.text[place] == " "), place)
    return not wording.shadow.lower[first:last].strip()
