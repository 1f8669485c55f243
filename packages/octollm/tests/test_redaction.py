"""Redacted text holds no private value, and restoring it gives back the text, exactly."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octollm.redaction import redact, restore
from octollm.verdict import PiiMatch

often = settings(database=None, deadline=None, max_examples=150)
PLACEHOLDER = r"<[A-Z0-9_]+_[0-9]+>"
PARTS = [
    "a",
    "1",
    " ",
    "é",
    "😀",
    "<",
    ">",
    "_",
    "EMAIL",
    "<EMAIL_1>",
    "<TEXT_1>",
    "<X_1>",
    "EMAIL_1>",
]
KINDS = st.sampled_from(["Email", "X", "IPv4", "GitHubToken", "a<b>", "", "TEXT", "é"])
texts = st.lists(st.sampled_from(PARTS) | st.text(max_size=3), max_size=12).map("".join)


def match(kind: str, start: int, end: int) -> PiiMatch:
    return PiiMatch(pii_type=kind, start=start, end=end, confidence=1)


@st.composite
def matched_texts(draw: st.DrawFn) -> tuple[str, list[PiiMatch]]:
    """A text of awkward parts, and matches anywhere in it, overlapping and empty ones too."""
    text = draw(texts)
    spot = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(KINDS, spot, spot), max_size=8))
    return text, [match(kind, min(a, b), max(a, b)) for kind, a, b in spans]


@often
@given(matched_texts())
def test_restoring_what_was_redacted_gives_back_the_text(case: tuple[str, list[PiiMatch]]) -> None:
    text, matches = case
    redacted = redact(text, matches)
    assert restore(redacted.text, redacted.values) == text


@often
@given(st.lists(matched_texts(), max_size=4))
def test_so_it_does_across_calls_that_know_earlier_values(
    cases: list[tuple[str, list[PiiMatch]]],
) -> None:
    known: dict[str, str] = {}
    for text, matches in cases:
        redacted = redact(text, matches, known)
        assert restore(redacted.text, redacted.values) == text
        assert known.items() <= redacted.values.items()
        known = redacted.values


@often
@given(
    st.lists(
        st.tuples(
            st.text("abc \n", max_size=5),
            st.from_regex(r"[p-z]{3,8}@[p-z]{3,8}\.example", fullmatch=True),
        ),
        max_size=6,
    )
)
def test_no_matched_value_survives(pieces: list[tuple[str, str]]) -> None:
    text, matches = "", []
    for filler, value in pieces:
        start = len(text + filler)
        text += filler + value
        matches.append(match("Email", start, len(text)))
    redacted = redact(text, matches)
    assert all(value not in redacted.text for _, value in pieces)
    assert re.sub(PLACEHOLDER, "", redacted.text) == "".join(filler for filler, _ in pieces)
    assert set(redacted.values.values()) == {value for _, value in pieces}
    assert sum(redacted.counts.values()) == len(pieces)


def test_the_same_value_gets_the_same_placeholder_throughout_and_across_calls() -> None:
    first = redact("a@b.c or a@b.c", [match("Email", 0, 5), match("Email", 9, 14)])
    second = redact("d@e.f, a@b.c", [match("Email", 0, 5), match("Email", 7, 12)], first.values)
    assert first.text == "<EMAIL_1> or <EMAIL_1>"
    assert second.text == "<EMAIL_2>, <EMAIL_1>"
    assert (first.counts, second.counts) == ({"Email": 2}, {"Email": 2})


def test_overlapping_spans_are_one_of_the_kind_that_starts_first() -> None:
    matches = [match("Phone", 2, 6), match("SSN", 0, 4), match("CreditCard", 0, 3)]
    redacted = redact("12345678", matches)
    assert (redacted.text, redacted.counts) == ("<SSN_1>78", {"SSN": 1})


def test_spans_that_only_touch_are_two() -> None:
    assert redact("ab", [match("X", 0, 1), match("X", 1, 2)]).text == "<X_1><X_2>"


@pytest.mark.parametrize(
    ("kind", "placeholder"),
    [
        ("Email", "<EMAIL_1>"),
        ("CreditCard", "<CREDIT_CARD_1>"),
        ("IPv4", "<IPV4_1>"),
        ("GitHubToken", "<GIT_HUB_TOKEN_1>"),
        ("a<b>", "<A_B_1>"),
        ("", "<PRIVATE_1>"),
    ],
)
def test_a_placeholder_is_named_after_its_kind(kind: str, placeholder: str) -> None:
    assert redact("x", [match(kind, 0, 1)]).text == placeholder


def test_a_placeholder_that_stands_in_the_text_is_not_handed_out() -> None:
    assert redact("<X_1> v", [match("X", 6, 7)]).text == "<X_1> <X_2>"


def test_a_known_placeholder_typed_by_the_user_is_not_taken_for_the_value() -> None:
    redacted = redact("<X_1>", [], {"<X_1>": "secret"})
    assert redacted.counts == {}
    assert restore(redacted.text, redacted.values) == "<X_1>"


@pytest.mark.parametrize(("start", "end"), [(2, 1), (0, 4), (4, 4)])
def test_a_span_that_is_not_of_this_text_is_refused_rather_than_let_through(
    start: int, end: int
) -> None:
    with pytest.raises(ValueError, match="outside"):
        redact("abc", [match("X", start, end)])


def test_a_text_full_of_values_is_redacted_and_restored() -> None:
    """With a scan of all placeholders for each value this would take minutes."""
    values = [f"{number:05}" for number in range(15_000)]
    matches = [match("Phone", index * 6, index * 6 + 5) for index in range(len(values))]
    text = " ".join(values)
    redacted = redact(text, matches)
    assert len(redacted.values) == len(values)
    assert restore(redacted.text, redacted.values) == text


@pytest.mark.parametrize("values", [{}, {"<X_1>": "v"}])
def test_text_without_placeholders_is_restored_to_itself(values: dict[str, Any]) -> None:
    assert restore("plain <b>text</b> <X_2>", values) == "plain <b>text</b> <X_2>"
