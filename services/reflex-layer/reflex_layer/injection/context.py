"""Pure: what stands around a match. It lowers how grave a match is, never whether it is found.

No single word is a key: a match outside quotes that orders the reader ("… for research. Now
ignore …") keeps its gravity whatever stands around it. See `Surroundings.lowers`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from octollm.verdict import ContextAnalysis
from reflex_layer.engine import compiled, stands_in
from reflex_layer.injection.rule import phrase
from reflex_layer.text import Shadow

REACH: Final = 240
"""How many characters before and after a match are looked at."""

# A mark opens a quotation after a space or bracket, and closes it elsewhere; the apostrophe
# inside a word does neither.
_QUOTED: Final = tuple(
    (
        mark.encode(),
        compiled(rf"(?:^|[\s(\[{{:=>-]){mark}(?:{inside})*$"),
        compiled(rf"^(?:{inside})*{mark}(?:[^a-z0-9]|$)"),
    )
    for mark, inside in (('"', '[^"]'), ("`", "[^`]"), ("'", "[^']|[a-z]'[a-z]"))
)

_ACADEMIC: Final = compiled(
    phrase(
        "paper|papers|study|article|thesis|lecture|literature|owasp|survey|attacks?"
        "|attackers?|adversar(?:y|ies|ial)|(?:prompt )?injections?|jailbreaks?"
        "|vulnerabilit(?:y|ies)|payloads?|explains?|explain why|explained|example|examples"
        r"|e\.g|such as|phrases?|wording|known as|technique|techniques|classic|defen[cs]es?"
        "|mitigations?|detect(?:s|ed|ion)?|classifier|guard ?rail|beispiel|angriff|satz"
        "|erklar(?:e|t|en)|exemple|attaque|expliqu(?:e|er|ez)|ejemplo|ataque|frase"
        "|explica(?:r)?",
    )
)
_TESTING: Final = compiled(
    phrase(
        "tests?|test cases?|unit tests?|assert(?:s|ed|ion|equal|true)?|fixtures?|regression"
        "|pytest|expect(?:ed)?|test suite|mock|red team(?:ing)?|testfall",
    )
    + r"|\btest_|\bassert_"
)
_NEGATION: Final = compiled(
    r"(?:\b(?:not|never|don't|dont|cannot|can't|won't|wouldn't|shouldn't|mustn't|refuse to|nicht"
    r"|niemals|ne|n'|jamais|no|nunca|without)[^a-z0-9.!?;:\n]{1,3}(?:ever |to |just |simply )?)$"
)
_ORDER: Final = compiled(
    r"(?:^|[.!?:;,\n\r>*#|(){}\[\]\xfe-]|\b(?:and|then|now|please|but|so|must|should|will|shall"
    r"|instead|just|immediately|first|you to|have to|need to|und|bitte|dann|jetzt|sollst|et|puis"
    r"|maintenant|y|ahora|luego|por favor))[\s\"'`]*$"
)
_OBEY: Final = compiled(
    phrase(
        "do (?:it|that|so|this|what)|follow (?:it|that|this|them|those|the)|obey|comply"
        "|execute (?:it|this|that|the)|act on|carry (?:it|this|that|them) out|now do"
        "|apply (?:it|this|that)|treat (?:it|this|that) as|your (?:new )?(?:instructions?"
        "|task)|and do|mach das|befolge|fais le|suis|hazlo|cumple",
    )
)


@dataclass(frozen=True)
class Surroundings:
    """The analysis of one match, and whether the match orders the reader to act."""

    analysis: ContextAnalysis
    orders: bool

    @property
    def lowers(self) -> bool:
        """True when the match is talked about, tested or forbidden rather than meant.

        A quotation counts only when something is said about it and nothing tells the reader to
        carry it out; outside quotes, only what is no order can be a discussion or a test.
        """
        about = self.analysis.is_academic or self.analysis.is_testing
        return self.analysis.is_negation or (about and not self.orders)


def surroundings(shadow: Shadow, start: int, end: int) -> Surroundings:
    """Look at what stands around the span of a match."""
    before = shadow.lower[max(0, start - REACH) : start].rpartition(b"\n\n")[2]
    after = shadow.lower[end : end + REACH].partition(b"\n\n")[0]
    quoted = _quoted(before, after)
    either = before + b"\n" + after
    analysis = ContextAnalysis(
        is_quoted=quoted,
        is_academic=stands_in(_ACADEMIC, either),
        is_testing=stands_in(_TESTING, either),
        is_negation=stands_in(_NEGATION, before),
    )
    orders = stands_in(_OBEY, either) if quoted else stands_in(_ORDER, before)
    return Surroundings(analysis, orders)


def _quoted(before: bytes, after: bytes) -> bool:
    """Tell whether an open quotation mark before is closed after."""
    return any(
        mark in before and mark in after and stands_in(opened, before) and stands_in(closed, after)
        for mark, opened, closed in _QUOTED
    )
