"""Pure: what stands around a match. It lowers how grave a match is, never whether it is found.

No single word is a key: "example", "test" or a link before an attack lower nothing. What lowers is a
frame: a quotation that something is said about, or a sentence of which the match is a part ("attacks
that …", "it tells the model to …").
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from octollm.verdict import ContextAnalysis
from reflex_layer.engine import compiled, first, stands_in
from reflex_layer.injection.negation import is_forbidden
from reflex_layer.injection.rule import phrase
from reflex_layer.text import Shadow

REACH: Final = 240
"""How many characters before and after a match are looked at."""

# A mark opens a quotation after a space or bracket, and closes it elsewhere; the apostrophe
# inside a word does neither.
_QUOTED: Final = tuple(
    (
        mark.encode(),
        compiled(rf"(?:^|[\s(\[{{:=>*`\"'-]){mark}(?:{inside})*$"),
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
_ACTOR: Final = (
    r"(?:attacks?|attackers?|adversar(?:y|ies)|hackers?|injections?|jailbreaks?|payloads?|prompts?"
    r"|messages?|texts?|documents?|inputs?|e-?mails?|pages?|phrases?|sentences?|strings?|commands?"
    r"|instructions?|requests?|comments?|users?|people|someone|somebody|techniques?|tricks?|examples?"
    r"|samples?|cases|content)"
)
_READER: Final = (
    r"(?:it|them|(?:(?:the|a|an|your|our|their|its|any|that|another|some|large|language|target|other"
    r"|underlying|victim|deployed) )*(?:models?|assistants?|ai|ais|llms?|bots?|chatbots?|agents?"
    r"|systems?|chatgpt|gpt|claude|gemini|applications?))"
)
_HOW: Final = (
    "(?:(?:often|usually|sometimes|then|simply|typically|also|just|might|may|can|could) )*"
)
_MAKES: Final = (
    r"(?:tell|ask|instruct|order|trick|get|caus|mak|forc|persuad|convinc|coax|urg|direct|fool"
    r"|manipulat|induc|command|request)"
)
_FRAMES: Final = compiled(
    r"\b(?:"
    + "|".join(
        (
            # attacks that …; a document which tries to …
            rf"{_ACTOR} (?:that|which|who|can|could|may|might|attempting to|trying to|designed to"
            r"|meant to|intended to|crafted to|aiming to) (?:(?:often|simply|try to|tries to|attempt"
            r" to|attempts to|aim to|can|could|may|might) )*",
            # … tells the model to …; attackers ask it to …
            rf"(?:{_MAKES}(?:e?s|ing|ting|e?d)|told|got|made|tricking|{_ACTOR} {_HOW}{_MAKES}e?"
            rf"|to {_MAKES}e?) {_READER} (?:to |into )?",
            # the model can be tricked into …
            rf"be {_MAKES}(?:e?d|ted)? (?:into|to) (?:be )?",
            # attackers write …; payloads such as …
            rf"{_ACTOR} {_HOW}(?:says?|writes?|types?|enters?|reads?|contains?|includes?|sends?"
            r"|saying|containing|such as|like)(?: (?:things|something|stuff))?(?: (?:like|such as))? ",
        )
    ).replace(" ", r"[ \n\"'`*]{1,3}")
    + r")(?:[^.!?;:\n]{1,60}\b(?:and|or)[ \n](?:to[ \n])?)?$"
)
"""What makes a text about an attack of it, outside quotes: who attacks, or whom one attacks, is
named, and the match is what they do. No reader is told anything by it."""
_CONDITION: Final = compiled(
    rf"\b(?:if|when|whenever|should|in case|because)[ \n](?:[a-z]+[ \n]){{0,6}}{_ACTOR}[ \n]"
    r"(?:[a-z]+[ \n]){0,5}(?:tells?|asks?|instructs?|orders?|says?|claims?|tries|urges?|wants?"
    r"|requests?|commands?|telling|asking|instructing|saying)[ \n](?:(?:you|it|them|the model|the"
    r" assistant)[ \n])?(?:to[ \n])?[\"'`]?$"
    rf"|\b{_ACTOR}[ \n](?:may|might|could|can|often|sometimes|usually)[ \n](?:also[ \n])?{_MAKES}e?[ \n]"
    rf"(?:you|{_READER})[ \n](?:to[ \n]|into[ \n])?$"
    rf"|\bwhy[ \n](?:did|does|might|could|would)[ \n]{_READER}[ \n]$"
)
"""What others may say to the reader is foreseen, what it did is asked about, and nothing ordered."""

_MARKS: Final = frozenset((b"<", b"["))
_MARK_OF: Final = compiled(
    phrase(
        "the|a|an|between|and|or|with|as|uses?|using|of|in|by|called|tokens?|tags?|markers?|marks?|adds?"
        "|special|like|means|from|to|inserts?|appends?|strips?|removes?|after|before|by|is|are"
    )
    + r"[ \"'`(]{1,3}$"
)
_MARK_THAT: Final = compiled(
    r"^[\"'`)]{0,2}(?:[.,;?!)]|$|[ ]"
    + phrase(
        "tags?|tokens?|markers?|marks?|delimiters?|separators?|is|are|and|or|as|to|in|means?|at|for"
        "|between|symbols?|strings?|special|when|which|that|has|have|from|before|after|around|appears?"
    )
    + ")"
)
"""A mark between messages that a sentence names: "the [INST] tag", "between <|user|> and …"."""

_FIRST_PERSON: Final = compiled(
    r"\b(?:i|we|i'm|i am|we are|let me|hereby)[ \n](?:[a-z]+[ \n]){0,3}$"
)
_OBEY: Final = compiled(
    phrase(
        "do (?:it|that|so|this|what)|follow (?:it|that|this|them|those|the)|obey|comply"
        "|execute (?:it|this|that|the)|act on|carry (?:it|this|that|them) out|now do"
        "|apply (?:it|this|that)|treat (?:it|this|that) as|your (?:new )?(?:instructions?"
        "|task)|and do|mach das|befolge|fais le|suis|hazlo|cumple",
    )
)


class Surroundings(NamedTuple):
    """The analysis of one match, and whether it is talked about, tested or forbidden rather than
    meant: then it counts less."""

    analysis: ContextAnalysis
    lowers: bool


_analysis: Final = cache(ContextAnalysis)
"""There are sixteen of them, and a text may have thousands of matches."""


def surroundings(shadow: Shadow, start: int, end: int, *, forbidden: bool = False) -> Surroundings:
    """Look at what stands around the span of a match, of which a join may know it is forbidden.

    A match is lowered if it is forbidden, foreseen by a condition, named as a mark, or spoken about
    within a frame; a quotation is one only while nothing tells the reader to carry it out.
    """
    before = shadow.lower[max(0, start - REACH) : start].rpartition(b"\n\n")[2]
    after = shadow.lower[end : end + REACH].partition(b"\n\n")[0]
    either = before + b"\n" + after
    analysis = _analysis(
        is_quoted=_quoted(before, after),
        is_academic=stands_in(_ACADEMIC, either),
        is_testing=stands_in(_TESTING, either),
        is_negation=forbidden or is_forbidden(before),
    )
    lowers = (
        analysis.is_negation
        or ((analysis.is_academic or analysis.is_testing) and _is_framed(analysis, before, either))
        or stands_in(_CONDITION, before)
        or _is_named(before, shadow.lower[start:end], after)
    )
    return Surroundings(analysis, lowers)


def _is_framed(analysis: ContextAnalysis, before: bytes, either: bytes) -> bool:
    return not stands_in(_OBEY, either) if analysis.is_quoted else _is_told_of(before)


def _is_named(before: bytes, match: bytes, after: bytes) -> bool:
    """Tell whether a match is a mark between messages that a sentence speaks of."""
    return match[:1] in _MARKS and stands_in(_MARK_OF, before) and stands_in(_MARK_THAT, after)


def _is_told_of(before: bytes) -> bool:
    """Tell whether a sentence before a match makes the match what others do or are made to do."""
    frame = first(_FRAMES, before, 0, len(before))
    return frame is not None and not stands_in(_FIRST_PERSON, before[: frame[0]])


def _quoted(before: bytes, after: bytes) -> bool:
    """Tell whether an open quotation mark before is closed after."""
    for mark, opened, closed in _QUOTED:
        if mark not in before or mark not in after:  # most often, and cheap to tell
            continue
        if stands_in(opened, before) and stands_in(closed, after):
            return True
    return False
