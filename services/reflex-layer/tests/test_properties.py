"""What holds for every text: spans on the value, nothing left after redaction, linear work."""

from __future__ import annotations

import sys
from collections.abc import Callable
from itertools import pairwise
from math import inf
from random import Random
from types import FrameType

import pytest
import re2
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from measures.cues import CUES
from measures.disguise import disguised
from measures.hostile import HOSTILE
from measures.numbers import seeded
from measures.values import MAKERS
from pydantic import ValidationError

from octollm.redaction import redact, restore
from octollm.verdict import MAX_SCREENED_CHARACTERS, PiiType, ReflexRequest
from reflex_layer import engine
from reflex_layer.pii import RECOGNISERS
from reflex_layer.ruleset import Ruleset
from reflex_layer.screen import screen, warm_up
from reflex_layer.text import shadow

UNHURRIED = Ruleset(time_budget=inf)
KINDS = [PiiType(recogniser.kind) for recogniser in RECOGNISERS]

# What may stand around a value: nothing that continues it, and no digits or words, which could
# speak for or against it.
AROUND = st.text(
    "\n\t .,;!?()😀👩‍👧🇵🇱 e\u0301n\u0303\u200b\u200d\u2060\ufeff\u00ad אבגدهونﷺＡＢｃ中文字हिбля",
    max_size=40,
)
SEEDS = st.integers(min_value=0, max_value=2**32)

quickly = settings(
    derandomize=True, deadline=None, suppress_health_check=list(HealthCheck), database=None
)


def inserted(kind: PiiType, random: Random) -> tuple[str, str, str]:
    """Return a value of a kind, and what somebody writes before and after it."""
    value = disguised(random, kind, MAKERS[kind](random))
    before, _, after = random.choice(CUES[kind].sentences).partition("{}")
    return before, value, after


@pytest.mark.parametrize("kind", KINDS)
@settings(quickly, max_examples=30)
@given(seed=SEEDS, before=AROUND, after=AROUND)
def test_a_span_stands_on_the_value_whatever_is_around_it(
    kind: PiiType, seed: int, before: str, after: str
) -> None:
    lead, value, tail = inserted(kind, seeded(seed))
    text = f"{before}\n{lead}{value}{tail}\n{after}"
    found = [text[m.start : m.end] for m in screen(text).pii_matches if m.pii_type == kind]
    reads = [shadow(piece).lower for piece in found]
    assert shadow(value).lower in reads, (text, found)


@settings(quickly, max_examples=100)
@given(seed=SEEDS, kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=6), around=AROUND)
def test_redaction_takes_out_every_value_that_is_found(
    seed: int, kinds: list[PiiType], around: str
) -> None:
    random = seeded(seed)
    text = f"\n{around}\n".join("".join(inserted(kind, random)) for kind in kinds)
    matches = screen(text).pii_matches
    redacted = redact(text, matches)
    assert matches
    for match in matches:
        assert text[match.start : match.end] not in redacted.text
    assert restore(redacted.text, redacted.values) == text
    assert screen(redacted.text).pii_matches == ()


@settings(quickly, max_examples=60)
@given(
    piece=st.text(min_size=1, max_size=30),
    length=st.sampled_from((1, 50, 1_000, 10_000, MAX_SCREENED_CHARACTERS)),
)
def test_any_text_is_answered_with_spans_that_are_in_it(piece: str, length: int) -> None:
    text = (piece * length)[:length]
    verdict = screen(text)
    places = [(match.start, match.end) for match in verdict.pii_matches]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(end <= start for (_, end), (start, _) in pairwise(places))
    attempts = verdict.injection_matches
    assert all(0 <= match.start < match.end <= len(text) for match in attempts)
    assert [match.start for match in attempts] == sorted(match.start for match in attempts)
    sure = [*(m.confidence for m in verdict.pii_matches), *(m.confidence for m in attempts)]
    assert all(0 <= confidence <= 1 for confidence in (*sure, verdict.injection_score))


@settings(quickly, max_examples=100)
@given(
    before=st.text(max_size=20),
    surrogate=st.characters(categories=["Cs"]),
    after=st.text(max_size=20),
)
def test_half_a_surrogate_pair_is_refused_by_the_contract(
    before: str, surrogate: str, after: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        ReflexRequest(text=before + surrogate + after)
    assert [error["loc"] for error in refused.value.errors()] == [("text",)]


ENGINE_SEARCHES = ("first", "is_whole", "stands_in")
RE2_SEARCHES = ("search", "match", "fullmatch", "finditer")


class Work:
    """Counts what is done inside a `with` block, without a clock: calls of functions, and
    characters handed to RE2, whose search is linear in them."""

    def __init__(self) -> None:
        self.units = 0

    def __enter__(self) -> Work:
        sys.setprofile(self._seen)
        return self

    def __exit__(self, *_: object) -> None:
        sys.setprofile(None)

    def _seen(self, frame: FrameType, event: str, _: object) -> None:
        if event in ("call", "c_call"):
            self.units += 1
        code = frame.f_code
        if event != "call":
            return
        given = frame.f_locals
        if code.co_filename.endswith("re2/__init__.py") and code.co_name in RE2_SEARCHES:
            end = len(given["text"]) if given["endpos"] is None else given["endpos"]
            self.units += end - (given["pos"] or 0)
        elif code.co_filename == engine.__file__ and code.co_name in ENGINE_SEARCHES:
            end = min(given.get("end", inf), len(given["data"]))
            self.units += int(end) - given.get("start", 0)


def work(task: Callable[[str], object], text: str) -> int:
    """Return how much is done for a text, leaving out what is done only the first time."""
    task(text)
    with Work() as counted:
        task(text)
    return counted.units


def grows_linearly(task: Callable[[str], object], make: Callable[[int], str]) -> bool:
    """Tell whether twice the text is at most twice the work, but for a tenth and a constant."""
    short, long = work(task, make(3_000)), work(task, make(6_000))
    return long <= 2.2 * short + 2_000


@pytest.mark.parametrize("name", HOSTILE)
def test_twice_a_hostile_text_is_twice_the_work(name: str) -> None:
    warm_up(UNHURRIED)
    assert grows_linearly(lambda text: screen(text, UNHURRIED), HOSTILE[name])


def test_what_a_character_reads_like_is_worked_out_once() -> None:
    every = "".join(map(chr, range(sys.maxunicode + 1)))
    assert work(lambda text: (shadow(text).native, shadow(text).is_foreign), every) < 200


def test_work_that_grows_faster_than_the_text_would_be_noticed() -> None:
    pattern = re2.compile(b"x")

    def every_suffix(text: str) -> None:
        for start in range(0, len(text), 50):
            pattern.search(text[start:].encode())

    def every_pair(text: str) -> None:
        for _ in range(len(text) // 50):
            for place in range(0, len(text), 50):
                text.find("x", place, place + 1)

    assert not grows_linearly(every_suffix, "y".__mul__)
    assert not grows_linearly(every_pair, "y".__mul__)
    whole = engine.compiled("x")

    def every_rest(text: str) -> None:
        data = text.encode()
        for start in range(0, len(data), 50):
            engine.first(whole, data, start, len(data))

    assert not grows_linearly(every_rest, "y".__mul__)
    assert grows_linearly(lambda text: pattern.search(text.encode()), "y".__mul__)
