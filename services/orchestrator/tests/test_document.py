"""Texts become few documents within the limit, and findings find back to their fields."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document import OVERLAP, Document, Part, documents, leaves, parts_of_request
from octollm.contracts import TaskRequest
from octollm.verdict import MAX_SCREENED_CHARACTERS

LIMIT = OVERLAP + 500
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
LENGTHS = st.one_of(
    st.integers(1, 40), st.integers(LIMIT - 3, LIMIT + 3), st.integers(1, 4 * LIMIT)
)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """A text of any length around the limits, whose places can be told apart."""
    length, word = draw(LENGTHS), draw(WORDS)
    counted = "".join(f"{number}{word}" for number in range(length // (len(word) + 1) + 1))
    return (word + counted)[:length]


PARTS = st.lists(texts(), max_size=8).map(
    lambda found: [Part(f"field.{index}", text) for index, text in enumerate(found)]
)
quiet = settings(database=None, deadline=None)


def made(*found: str, limit: int = LIMIT) -> list[Document]:
    return list(documents([Part(f"field.{i}", text) for i, text in enumerate(found)], limit))


@quiet
@given(PARTS)
def test_no_document_is_empty_or_past_the_limit(parts: list[Part]) -> None:
    assert all(1 <= len(document.text) <= LIMIT for document in documents(parts, LIMIT))


@quiet
@given(PARTS, st.data())
def test_every_span_of_every_part_is_found_back_in_its_field(
    parts: list[Part], data: st.DataObject
) -> None:
    originals = {part.field: part.text for part in parts}
    for document in documents(parts, LIMIT):
        for part, base in zip(document.parts, document.starts, strict=True):
            start = data.draw(st.integers(0, len(part.text) - 1))
            end = data.draw(st.integers(start + 1, len(part.text)))
            field, first, last = document.locate(base + start, base + end)
            assert field == part.field
            assert originals[field][first:last] == document.text[base + start : base + end]
            assert first == part.offset + start


@quiet
@given(PARTS)
def test_every_character_is_screened_in_order(parts: list[Part]) -> None:
    seen: dict[str, str] = {}
    for document in documents(parts, LIMIT):
        for piece in document.parts:
            before = seen.get(piece.field, "")
            assert piece.offset <= len(before)
            seen[piece.field] = before[: piece.offset] + piece.text
    assert seen == {part.field: part.text for part in parts}
    assert list(seen) == [part.field for part in parts]


@quiet
@given(PARTS)
def test_whatever_stands_in_a_cut_stands_whole_in_one_of_its_pieces(parts: list[Part]) -> None:
    pieces = [piece for document in documents(parts, LIMIT) for piece in document.parts]
    for piece, following in pairwise(pieces):
        if piece.field == following.field:
            assert piece.text[-OVERLAP:] == following.text[:OVERLAP]
            assert following.offset == piece.offset + len(piece.text) - OVERLAP


@quiet
@given(st.integers(1, LIMIT))
def test_a_text_within_the_limit_is_not_cut(length: int) -> None:
    (document,) = made("x" * length)
    assert document.text == "x" * length


def test_as_many_parts_as_fit_share_a_document() -> None:
    half = "x" * (LIMIT // 2 - 1)
    assert [d.text for d in made(half, half, "y")] == [f"{half}\n\n{half}", "y"]
    assert len(made(*"abcdef")) == 1


def test_empty_texts_and_no_texts_need_no_screening() -> None:
    assert made() == []
    assert made("", "") == []
    assert [d.text for d in made("", "a", "")] == ["a"]


def test_a_span_that_runs_over_its_part_ends_with_it() -> None:
    (document,) = made("ab", "cd")
    assert document.locate(1, 5) == ("field.0", 1, 2)
    assert document.locate(4, 6) == ("field.1", 0, 2)


def test_the_limit_is_the_reflex_layer_s_own() -> None:
    (one,) = documents([Part("context", "x" * MAX_SCREENED_CHARACTERS)])
    assert len(one.text) == MAX_SCREENED_CHARACTERS
    assert len(list(documents([Part("context", "x" * (MAX_SCREENED_CHARACTERS + 1))]))) == 2


def fields(value: Any) -> list[tuple[str, str]]:
    return [(part.field, part.text) for part in leaves("metadata", value)]


def test_every_string_of_an_object_is_screened_with_its_path() -> None:
    assert fields({"a": {"b": ["x", {"c": "y"}]}, "n": None, "t": True}) == [
        ("metadata", "a"),
        ("metadata.a", "b"),
        ("metadata.a.b.0", "x"),
        ("metadata.a.b.1", "c"),
        ("metadata.a.b.1.c", "y"),
        ("metadata", "n"),
        ("metadata", "t"),
    ]


@pytest.mark.parametrize("key", ["ada@example.org", "555-0142", "two words", "x" * 41, "ключ"])
def test_a_key_that_is_no_plain_word_is_screened_and_not_named(key: str) -> None:
    assert fields({key: "value"}) == [("metadata", key), ("metadata.*", "value")]


def test_empty_keys_and_strings_are_nothing_to_screen() -> None:
    assert fields({"": ["", "x"]}) == [("metadata.*.1", "x")]


def test_every_text_of_a_request_is_screened() -> None:
    request = TaskRequest(
        goal="the goal",
        context="the context",
        acceptance_criteria=["first", "second"],
        constraints={"format": "csv"},
        metadata={"team": ["a"]},
    )
    assert [(part.field, part.text) for part in parts_of_request(request)] == [
        ("goal", "the goal"),
        ("context", "the context"),
        ("acceptance_criteria.0", "first"),
        ("acceptance_criteria.1", "second"),
        ("constraints", "format"),
        ("constraints.format", "csv"),
        ("metadata", "team"),
        ("metadata.team.0", "a"),
    ]
    assert [part.field for part in parts_of_request(TaskRequest(goal="a", context=""))] == ["goal"]


@pytest.mark.parametrize("start", [2, 3])
def test_a_span_that_begins_between_two_parts_belongs_to_the_second(start: int) -> None:
    [document] = documents([Part("goal", "ab"), Part("context", "cd")])
    assert document.locate(start, 6) == ("context", 0, 2)


def test_a_field_of_the_request_that_holds_text_cannot_be_forgotten() -> None:
    """A new field of the request must be added to `parts_of_request`, or to those without text."""
    without_text = {"budget", "assigned_arm", "priority", "pii_policy", "max_repairs"}
    sent: dict[str, object] = {
        "goal": "canary goal",
        "context": "canary context",
        "constraints": {"a": ["canary constraints"]},
        "acceptance_criteria": ["canary acceptance_criteria"],
        "metadata": {"a": {"b": "canary metadata"}},
    }
    assert set(sent) == set(TaskRequest.model_fields) - without_text
    seen = {part.text for part in parts_of_request(TaskRequest.model_validate(sent))}
    assert {f"canary {field}" for field in sent} <= seen
