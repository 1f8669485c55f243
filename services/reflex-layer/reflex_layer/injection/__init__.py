"""Prompt injection: one file of rules per type; `RULES` and `JOINS` are the whole list.

A text is read as it stands and in every view of it. What the rules and joins find there becomes
attempts, graver or less by what stands around them; `scoring` joins them with the linear score.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Final, NamedTuple

from octollm.verdict import ContextAnalysis, InjectionType, Severity
from reflex_layer.deadline import NEVER, Deadline
from reflex_layer.injection import scoring
from reflex_layer.injection.authority_appeal import AUTHORITY_APPEAL
from reflex_layer.injection.chain_of_thought import CHAIN_OF_THOUGHT
from reflex_layer.injection.confusion_pattern import CONFUSION_PATTERN
from reflex_layer.injection.context import surroundings
from reflex_layer.injection.context_switching import CONTEXT_SWITCHING
from reflex_layer.injection.delimiter_injection import DELIMITER_INJECTION
from reflex_layer.injection.encoded_instruction import ENCODED_INSTRUCTION
from reflex_layer.injection.forget_everything import FORGET_EVERYTHING
from reflex_layer.injection.ignore_previous import IGNORE_PREVIOUS
from reflex_layer.injection.jailbreak_frame import JAILBREAK_FRAME
from reflex_layer.injection.jailbreak_keyword import JAILBREAK_KEYWORD
from reflex_layer.injection.jailbreak_persona import JAILBREAK_PERSONA
from reflex_layer.injection.linear import Weighed, learnt
from reflex_layer.injection.memory_exfiltration import MEMORY_EXFILTRATION
from reflex_layer.injection.multilingual_bypass import MULTILINGUAL_BYPASS
from reflex_layer.injection.output_manipulation import OUTPUT_MANIPULATION
from reflex_layer.injection.planted_instruction import PLANTED_INSTRUCTION
from reflex_layer.injection.prompt_extraction import PROMPT_EXTRACTION
from reflex_layer.injection.prompt_hints import PROMPT_HINTS
from reflex_layer.injection.role_reversal import ROLE_REVERSAL
from reflex_layer.injection.rule import Rule
from reflex_layer.injection.search import Match, Rules, joins, spoken_in
from reflex_layer.injection.secret_extraction import SECRET_EXTRACTION
from reflex_layer.injection.set_aside import SET_ASIDE
from reflex_layer.injection.speech import Spoken
from reflex_layer.injection.system_role import SYSTEM_ROLE
from reflex_layer.injection.views import View, views
from reflex_layer.injection.wording import Wording, wordings
from reflex_layer.text import Shadow

RULES: Final[tuple[Rule, ...]] = (
    *AUTHORITY_APPEAL,
    *CHAIN_OF_THOUGHT,
    *CONFUSION_PATTERN,
    *CONTEXT_SWITCHING,
    *DELIMITER_INJECTION,
    *ENCODED_INSTRUCTION,
    *FORGET_EVERYTHING,
    *IGNORE_PREVIOUS,
    *JAILBREAK_FRAME,
    *JAILBREAK_KEYWORD,
    *JAILBREAK_PERSONA,
    *MEMORY_EXFILTRATION,
    *MULTILINGUAL_BYPASS,
    *OUTPUT_MANIPULATION,
    *PLANTED_INSTRUCTION,
    *PROMPT_EXTRACTION,
    *PROMPT_HINTS,
    *ROLE_REVERSAL,
    *SECRET_EXTRACTION,
    *SET_ASIDE,
    *SYSTEM_ROLE,
)

BUILT_IN: Final = Rules(RULES)

_ENCODED: Final = InjectionType.ENCODED_INSTRUCTION
LEARNED: Final = "Learned"
"""The type of what only the linear score finds: that it attacks, not how."""


class Attempt(NamedTuple):
    """An attempt found at a span of the shadow, with what its surroundings make of it."""

    type: str
    start: int
    end: int
    confidence: float
    severity: Severity
    lowered: bool
    context: ContextAnalysis


class Assessment(NamedTuple):
    """What a text attempts: the attempts by position, and how surely it attacks, 0 to 1."""

    attempts: tuple[Attempt, ...]
    score: float
    detected: bool


NOTHING: Final = Assessment((), 0.0, detected=False)


def assess(seen: Shadow, flag_score: float, deadline: Deadline = NEVER) -> Assessment:
    """Return what a text attempts; it is an attack from `flag_score` on. Raises OutOfTime."""
    layers = tuple(_layers(seen, deadline))
    attempts = _attempts(seen, layers, deadline)
    rules = scoring.by_rules((a.type, a.confidence, a.lowered) for a in attempts)
    best = _best(layers)
    learned = scoring.learned(best.weighed.odds) if best else 0.0
    discussed = bool(attempts) and all(attempt.lowered for attempt in attempts)
    score = scoring.together(rules, learned, lowered=discussed)
    if best and learned >= flag_score:
        attempts.append(_attempt(seen, Match(LEARNED, *best.span(), round(learned, 4))))
    # What stands around a match lowers its part in the score, and never hides it.
    detected = score >= flag_score or any(a.confidence >= flag_score for a in attempts)
    if not detected:
        return Assessment((), round(score, 4), detected=False)
    attempts.sort(key=lambda attempt: (attempt.start, attempt.end))
    return Assessment(tuple(attempts), round(score, 4), detected=True)


def find_all(seen: Shadow, deadline: Deadline = NEVER) -> list[Attempt]:
    """Return what the rules and joins find in a text, those of one type not overlapping."""
    return _attempts(seen, tuple(_layers(seen, deadline)), deadline)


class _Layer(NamedTuple):
    """A text as it stands or in one of its views, with its wordings and what is said in them."""

    seen: Shadow
    readings: tuple[tuple[Wording, Spoken], ...]
    view: View | None = None

    def place(self, start: int, end: int) -> tuple[int, int]:
        """Return the span of the text that a span of the layer stands for."""
        return self.view.place(start, end) if self.view else (start, end)


class _Best(NamedTuple):
    """A window of a wording, and how much it reads like an attack."""

    weighed: Weighed
    wording: Wording
    layer: _Layer

    def span(self) -> tuple[int, int]:
        """Return the span of the text that the window stands for."""
        return self.layer.place(*self.wording.span(self.weighed.start, self.weighed.end))


def _layers(seen: Shadow, deadline: Deadline) -> Iterator[_Layer]:
    yield _Layer(seen, _readings(seen))
    deadline.check()
    for view in views(seen):
        yield _Layer(view.seen, _readings(view.seen), view)
        deadline.check()


def _readings(seen: Shadow) -> tuple[tuple[Wording, Spoken], ...]:
    return tuple((wording, spoken_in(wording)) for wording in wordings(seen))


def _attempts(seen: Shadow, layers: tuple[_Layer, ...], deadline: Deadline) -> list[Attempt]:
    plain, *hidden = layers
    open_to_all = _by_type(_stands_in(plain, deadline))
    found = list(chain.from_iterable(open_to_all.values()))
    for layer in hidden:
        for match in _stands_in(layer, deadline):
            start, end = layer.place(match.start, match.end)
            # A view of a whole text shows again what nobody had hidden.
            if not _overlaps(open_to_all.get(match.type, ()), start, end):
                found.append(match._replace(start=start, end=end))
                found.append(Match(_ENCODED, start, end, match.weight))
    return [_attempt(seen, match) for some in _by_type(found).values() for match in some]


def _by_type(matches: Iterable[Match]) -> dict[str, list[Match]]:
    """Return matches by type and position, none of a type overlapping another."""
    by_type: dict[str, list[Match]] = {}
    for match in matches:
        by_type.setdefault(match.type, []).append(match)
    return {kind: list(_merged(some)) for kind, some in by_type.items()}


def _overlaps(matches: Sequence[Match], start: int, end: int) -> bool:
    """Tell whether a span overlaps one of the matches, which do not overlap one another."""
    index = bisect_left(matches, end, key=lambda match: match.start) - 1
    return index >= 0 and matches[index].end > start


def _stands_in(layer: _Layer, deadline: Deadline) -> Iterator[Match]:
    yield from BUILT_IN.find(layer.seen)
    deadline.check()
    for wording, spoken in layer.readings:
        yield from joins(wording, spoken)
        deadline.check()


def _best(layers: tuple[_Layer, ...]) -> _Best | None:
    """Return what reads most like an attack of all that has words."""
    weighed = [
        _Best(learnt().weigh(wording.text, spoken), wording, layer)
        for layer in layers
        for wording, spoken in layer.readings
        if not wording.text.isspace()
    ]
    return max(weighed, key=lambda one: one.weighed.odds, default=None)


def _attempt(seen: Shadow, match: Match) -> Attempt:
    around = surroundings(seen, match.start, match.end, forbidden=match.forbidden)
    severity = scoring.severity(match.weight, lowered=around.lowers)
    return Attempt(*match[:4], severity, around.lowers, around.analysis)


def _merged(found: list[Match]) -> Iterator[Match]:
    """Join overlapping matches of one type into one of the highest weight."""
    found.sort(key=lambda match: (match.start, match.end))
    last = found[0]
    for match in found[1:]:
        if match.start < last.end:
            last = Match(
                last.type,
                last.start,
                max(last.end, match.end),
                max(last.weight, match.weight),
                last.forbidden and match.forbidden,
            )
        else:
            yield last
            last = match
    yield last
