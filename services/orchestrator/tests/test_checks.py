"""Checks are judged by what they say, whatever the output is."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter

from app.checks import judge
from app.checks.json_text import equal, resolve
from app.checks.schemas import prepare
from octollm.criteria import Check

often = settings(database=None, deadline=None, max_examples=150)
TEXT = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats(-5, 5) | st.text(TEXT, max_size=3),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.sampled_from(["a", "b", "~/", ""]), inner, max_size=3),
    max_leaves=8,
)
ANY_TEXT = st.text(st.characters(), max_size=40) | JSON.map(json.dumps)


_CHECK: TypeAdapter[Check] = TypeAdapter(Check)


def check(kind: str, **fields: Any) -> Check:
    return _CHECK.validate_python({"type": kind, **fields})


def schema(**document: Any) -> Check:
    return check("json_schema", schema=document)


CHECKS = [
    schema(type="object", required=["a"], properties={"a": {"type": "integer"}}),
    schema(anyOf=[{"pattern": "^a"}, {"items": {"$ref": "#"}}], uniqueItems=True),
    check("regex", pattern="(?i)a+|$"),
    check("contains", text="ß", ignore_case=True),
    check("contains", text="a"),
    check("equals", value={"a": [1, None, True]}),
    check("equals", value="a"),
    check("max_words", words=2),
    check("number_between", minimum=0, path="/a"),
    check("number_between", maximum=1),
]


def passes(made: Check, output: str) -> bool:
    verdict, _ = judge(made, output)
    assert verdict != "undecided"
    return verdict == "passed"


@often
@given(st.sampled_from(CHECKS), ANY_TEXT)
def test_every_output_gets_a_verdict_that_can_be_stored(made: Check, output: str) -> None:
    verdict, evidence = judge(made, output)
    assert verdict in ("passed", "failed")
    assert len(evidence) <= 500
    evidence.encode()
    assert "\x00" not in evidence
    assert judge(made, output) == (verdict, evidence)


@often
@given(JSON, st.sampled_from(["{}", " {}\n", "```json\n{}\n```", "Here:\n~~~\n{}\n~~~\nDone."]))
def test_a_value_equals_itself_bare_and_in_one_fenced_block(value: Any, frame: str) -> None:
    assert passes(check("equals", value=value), frame.replace("{}", json.dumps(value)))


@often
@given(JSON, JSON)
def test_values_are_equal_exactly_when_a_schema_says_so(left: Any, right: Any) -> None:
    assert equal(left, right) == (prepare({"const": left}).errors(right) == [])


@pytest.mark.parametrize(
    ("value", "output", "same"),
    [
        (1, "1.0", True),
        (1, "true", False),
        (True, "1", False),
        (0, "null", False),
        ({"a": 1, "b": 2}, '{"b": 2.0, "a": 1}', True),
        ("yes", "  yes\n", True),
        ("yes", '"yes"', True),
        ("yes", "Yes", False),
        ("1", "1", True),
        ([1], "1", False),
    ],
)
def test_equals_is_that_of_json_schema_or_of_texts(value: Any, output: str, same: bool) -> None:
    assert passes(check("equals", value=value), output) == same


def test_two_fenced_blocks_are_not_one() -> None:
    assert not passes(check("equals", value=1), "```\n1\n```\n```\n1\n```")


@pytest.mark.parametrize("output", ["NaN", "Infinity", "1e999", "9" * 400, '"\\ud800"', "[" * 9999])
def test_what_few_programs_read_alike_is_not_json(output: str) -> None:
    verdict, evidence = judge(schema(), output)
    assert verdict == "failed"
    assert evidence.startswith("The output is not JSON")


@pytest.mark.parametrize(
    ("fields", "output", "holds"),
    [
        ({"minimum": 1, "maximum": 2}, " 1.0 ", True),
        ({"minimum": 1, "maximum": 2}, "2", True),
        ({"minimum": 1, "maximum": 2}, "2.0000001", False),
        ({"minimum": 0}, "true", False),
        ({"minimum": 0}, '"1"', False),
        ({"minimum": 0}, "1 EUR", False),
        ({"minimum": 0}, "1e999", False),
        ({"minimum": 0, "path": "/a~1b/1/~0"}, '{"a/b": [0, {"~": 1}]}', True),
        ({"minimum": 0, "path": "/"}, '{"": 1}', True),
        ({"minimum": 0, "path": "/01"}, "[0, 1]", False),
        ({"minimum": 0, "path": "/-"}, "[0]", False),
        ({"minimum": 0, "path": "/9"}, "[0]", False),
    ],
)
def test_a_number_is_held_to_its_limits(fields: Any, output: str, holds: bool) -> None:
    assert passes(check("number_between", **fields), output) == holds


@often
@given(JSON, st.data())
def test_a_pointer_leads_to_every_value(value: Any, data: st.DataObject) -> None:
    pointer, target = "", value
    while isinstance(target, dict | list) and target:
        step: Any = data.draw(
            st.sampled_from([*target] if isinstance(target, dict) else range(len(target)))
        )
        pointer += "/" + str(step).replace("~", "~0").replace("/", "~1")
        target = target[step]
    assert resolve(value, pointer) is target


@pytest.mark.parametrize(
    ("made", "output", "verdict", "evidence"),
    [
        (check("regex", pattern="b+"), "abbc", "passed", "bb"),
        (check("regex", pattern="x"), "abbc", "failed", "Nothing in the output matches"),
        (check("contains", text="b"), "ab", "passed", "It stands behind 1 characters"),
        (check("contains", text="STRASSE", ignore_case=True), "straße", "passed", None),
        (check("contains", text="A"), "a", "failed", None),
        (check("max_words", words=2), " a\tb\n", "passed", "2 words; at most 2 allowed"),
        (check("max_words", words=2), "a b c", "failed", "3 words; at most 2 allowed"),
        (schema(properties={"a/b": {"type": "null"}}), '{"a/b": 1}', "failed", None),
        (schema(format="date"), '"2026-02-30"', "failed", None),
    ],
)
def test_the_evidence_says_what_a_verdict_rests_on(
    made: Check, output: str, verdict: str, evidence: str | None
) -> None:
    found = judge(made, output)
    assert found[0] == verdict
    assert evidence is None or found[1] == evidence


def test_the_place_of_an_error_is_a_json_pointer() -> None:
    made = schema(properties={"a/b": {"items": {"type": "null"}}})
    assert judge(made, '{"a/b": [null, 1]}')[1].startswith("/a~1b/1: ")
