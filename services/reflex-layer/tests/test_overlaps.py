"""Of findings that overlap every character is told, and each once."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octollm.redaction import redact
from reflex_layer.pii import Recognisers
from reflex_layer.pii.overlaps import resolved
from reflex_layer.pii.recogniser import Found
from reflex_layer.screen import screen
from reflex_layer.text import shadow

BUILT_IN = Recognisers()
BLOCKING = 0.5
CARD = "4111 1111 1111 1111"
VALUES = (
    *(CARD, "4111-1111-1111-1111", "ada@example.org", "+1 415-555-2671", "415-555-2671"),
    *("536-22-8714", "8.8.8.8", "hunter2Xk9!", "s8d7f6g5h4j3k2l1", "AKIAIOSFODNN7EXAMPLE"),
    *("DE89 3704 0044 0532 0130 00", "https://ada:hunter2Xk9@octollm.dev/?u=ada@example.org"),
    *("password=", "token: ", "passport ", "account no. ", "born on 12/03/1980", "tel "),
)
GLUE = st.sampled_from(["", ", ", *" ,_-/:=@\n是", "&nbsp;", "\\n"])
TEXTS = st.lists(st.tuples(st.sampled_from(VALUES), GLUE), min_size=1, max_size=6).map(
    lambda pieces: "".join(value + glue for value, glue in pieces)
)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (f"token=s8d7f6g5h4j3k2l1,{CARD}", ["s8d7f6g5h4j3k2l1", CARD]),
        ("password: hunter2Xk9!,ada@example.org", ["hunter2Xk9!", "ada@example.org"]),
        (f"+1 415-555-2671 {CARD}", ["+1 415-555-2671", CARD]),
    ],
)
def test_values_side_by_side_are_told_each(text: str, values: list[str]) -> None:
    assert [text[m.start : m.end] for m in screen(text).pii_matches] == values


@settings(derandomize=True, deadline=None, max_examples=500)
@given(TEXTS)
def test_redaction_leaves_nothing_of_any_value_that_blocks(text: str) -> None:
    seen = shadow(text)
    matches = screen(text).pii_matches
    told = {place for match in matches for place in range(match.start, match.end)}
    for one in BUILT_IN.find_all(seen):
        if one.confidence >= BLOCKING:
            start, end = seen.span(one.start, one.end)
            left = {text[i] for i in range(start, end) if i not in told}
            assert not any(map(str.isalnum, left)), (text[start:end], matches)
    assert all(a.end <= b.start for a, b in pairwise(matches))


@settings(derandomize=True, deadline=None, max_examples=300)
@given(TEXTS)
def test_a_placeholder_is_no_finding(text: str) -> None:
    redacted = redact(text, screen(text).pii_matches).text
    for match in screen(redacted).pii_matches:
        found = redacted[match.start : match.end]
        assert "<" not in found
        assert redacted[match.start - 1] != "<" or redacted[match.end] != ">"


@pytest.mark.parametrize(
    "text",
    [
        "u:<PASSWORD_1>@host",
        "postgresql://u:<PASSWORD_1>@host/db",
        "postgresql://<EMAIL_1>:<PASSWORD_12>@<IPV4_1>/db",
        'password=<PASSWORD_1>, token: "<GENERIC_API_KEY_3>", <GIT_HUB_TOKEN_1>',
        "passport <PASSPORT_1>, order <PHONE_2>; my password is <PASSWORD_2>",
    ],
)
def test_a_text_that_was_redacted_is_clean(text: str) -> None:
    assert screen(text).pii_matches == ()


def test_what_only_looks_like_a_placeholder_is_read() -> None:
    hidden = "<AKIAIOSFODNN7EXAMPLE_1> and <4111111111111111_1>"
    assert [m.pii_type for m in screen(hidden).pii_matches] == ["AWSKey", "CreditCard"]
    assert [m.pii_type for m in screen("key <AKIAIOSFODNN7EXAMPLE>").pii_matches] == ["AWSKey"]


def found(kind: str, start: int, end: int, confidence: float) -> Found:
    return Found(kind, start, end, confidence)


LETTERS = b"abcdefghijklmnop"


@pytest.mark.parametrize(
    ("other", "told"),
    [
        (found("B", 0, 9, 0.6), [found("B", 0, 9, 0.6)]),
        (found("B", 0, 9, 0.3), [found("A", 0, 5, 0.9)]),
        (found("B", 4, 9, 0.8), [found("A", 0, 5, 0.9), found("B", 5, 9, 0.8)]),
        (found("B", 4, 9, 0.95), [found("A", 0, 4, 0.9), found("B", 4, 9, 0.95)]),
        (found("B", 4, 9, 0.3), [found("A", 0, 5, 0.9)]),
        (found("B", 5, 9, 0.3), [found("A", 0, 5, 0.9), found("B", 5, 9, 0.3)]),
    ],
)
def test_of_two_that_overlap_the_better_stays_whole(other: Found, told: list[Found]) -> None:
    short = found("A", 0, 5, 0.9)
    assert resolved([short, other], BLOCKING, LETTERS) == told
    assert resolved([other, short], BLOCKING, LETTERS) == told


def test_a_rest_of_nothing_but_separators_is_not_told() -> None:
    both = [found("A", 0, 5, 0.9), found("B", 3, 8, 0.6)]
    assert resolved(both, BLOCKING, b"abcde,; f") == [found("A", 0, 5, 0.9)]
    assert resolved(both, BLOCKING, b"abcde, fg") == [both[0], found("B", 7, 8, 0.6)]


SPANS = st.lists(
    st.tuples(st.integers(0, 30), st.integers(1, 12), st.sampled_from((0.3, 0.5, 0.6, 0.9))).map(
        lambda drawn: found("K", drawn[0], drawn[0] + drawn[1], drawn[2])
    ),
    max_size=12,
)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(SPANS)
def test_what_is_told_lies_apart_and_covers_all_that_blocks(spans: list[Found]) -> None:
    told = resolved(spans, BLOCKING, b"x" * 50)
    assert all(a.end <= b.start for a, b in pairwise(told))
    covered = {place for one in told for place in range(one.start, one.end)}
    assert all(
        covered.issuperset(range(one.start, one.end)) for one in spans if one.confidence >= BLOCKING
    )
    assert all(one.start < one.end for one in told)
