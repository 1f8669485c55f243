"""What the database and the wire cannot hold is refused, by a reason that quotes nothing."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octollm.fields import (
    MAX_JSON_CHARACTERS,
    MAX_JSON_DEPTH,
    MAX_JSON_INTEGER_BITS,
    json_value,
    not_blank,
    storable,
)


def nested(levels: int, innermost: Any) -> Any:
    """Return `innermost` within that many objects and lists in turn."""
    for level in range(levels):
        innermost = {"k": innermost} if level % 2 else [innermost]
    return innermost


@settings(database=None, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")))
def test_any_text_postgresql_takes_passes_unchanged(text: str) -> None:
    assert storable(text) is text


@pytest.mark.parametrize("text", ["\x00", "a\x00b", "\ud800", "ok \udfff", "\udc00é"])
def test_nul_and_lone_surrogates_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="must not contain"):
        storable(text)


@pytest.mark.parametrize("text", ["", " ", "\n\t", "\u3000"])
def test_blank_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="blank"):
        not_blank(text)


def test_text_with_something_in_it_is_kept_with_its_margins() -> None:
    assert not_blank(" a ") == " a "


def test_levels_are_objects_and_lists_not_what_they_hold() -> None:
    assert json_value(nested(MAX_JSON_DEPTH, 1))
    with pytest.raises(ValueError, match="16 levels"):
        json_value(nested(MAX_JSON_DEPTH + 1, 1))


def test_nesting_far_past_the_limit_is_refused_without_recursing() -> None:
    with pytest.raises(ValueError, match="levels"):
        json_value(nested(100_000, 1))


def test_text_is_counted_over_keys_and_strings() -> None:
    half = "x" * (MAX_JSON_CHARACTERS // 2)
    assert json_value({half: [half]})
    with pytest.raises(ValueError, match="characters of text"):
        json_value({half: [half, "x"]})


@pytest.mark.parametrize(
    "value",
    [
        {"a": float("nan")},
        {"a": [float("-inf")]},
        {"a": {"b": "\x00"}},
        {"\ud800": 1},
        {"a": 1 << MAX_JSON_INTEGER_BITS},
        {"a": -(10**5000)},
    ],
)
def test_what_json_or_postgresql_cannot_hold_is_refused_at_any_depth(value: Any) -> None:
    with pytest.raises(ValueError, match="must not contain"):
        json_value(value)


@pytest.mark.parametrize("value", [{}, {"a": None, "b": True, "c": [1.5, -2]}, {"n": 2**63}])
def test_plain_json_passes_unchanged(value: Any) -> None:
    assert json_value(value) is value
