"""Checks that cannot be judged are refused; those that can take bounded time, however hostile."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import TypeAdapter

from app.checks import judge, validate
from app.checks.graph import Shape
from app.checks.schemas import prepare
from octollm.criteria import Check, Criterion
from octollm.errors import InvalidRequest

SECONDS = 5
"""Measured are 1 s and less; a shared machine may be slower."""

_CHECK: TypeAdapter[Check] = TypeAdapter(Check)


def check(kind: str, **fields: Any) -> Check:
    return _CHECK.validate_python({"type": kind, **fields})


def schema(**document: Any) -> Check:
    return check("json_schema", schema=document)


def passes(made: Check, output: str) -> bool:
    return judge(made, output)[0] == "passed"


def refused(*criteria: Criterion) -> dict[str, str]:
    """Return what is said of criteria that cannot be judged, by field."""
    with pytest.raises(InvalidRequest) as caught:
        validate(list(criteria))
    return {error["field"]: error["message"] for error in caught.value.errors}


@pytest.mark.parametrize(
    ("document", "told"),
    [
        ({"$ref": "http://127.0.0.1:1/x"}, "no JSON Pointer"),
        ({"$ref": "https://json-schema.org/draft/2020-12/schema"}, "no JSON Pointer"),
        ({"$ref": "other.json"}, "no JSON Pointer"),
        ({"$ref": "#/$defs/nothing"}, "not there"),
        ({"$ref": "#"}, "recurses for ever"),
        ({"allOf": [{"not": {"$ref": "#"}}]}, "recurses for ever"),
        ({"$dynamicRef": "#x"}, "$dynamicRef"),
        ({"properties": {"a": {"$id": "http://x/"}}}, "$id"),
        ({"$schema": "http://json-schema.org/draft-03/schema#"}, "$schema"),
        ({"type": "canary"}, "#/type"),
        ({"properties": {"canary@b.c": {"minLength": -1}}}, "#/properties/*/minLength"),
        ({"pattern": "(?=canary)x"}, "#/pattern"),
        ({"patternProperties": {"(canary)\\1": {}}}, "#/patternProperties/*"),
        ({"$defs": {"a": {"pattern": "(canary"}}, "$ref": "#/$defs/a"}, "#/$defs/a/pattern"),
        ({"enum": [0] * 20_001}, "20,000 values"),
        ({"allOf": [{"minimum": 1} for _ in range(2_001)]}, "2,000 schemas"),
        ({"allOf": [{"pattern": "a"} for _ in range(101)]}, "100 regular expressions"),
    ],
)
def test_a_schema_that_cannot_be_judged_is_refused_without_quoting_it(
    document: dict[str, Any], told: str
) -> None:
    found = refused("A sentence.", check("json_schema", schema=document))
    assert told in found["acceptance_criteria.1.schema"]
    assert "canary" not in str(found)


def test_a_schema_may_recurse_into_what_is_below() -> None:
    tree = schema(required=["v"], properties={"l": {"$ref": "#"}, "r": {"$ref": "#"}})
    validate([tree])
    assert passes(tree, '{"v": 1, "l": {"v": 2}}')
    assert not passes(tree, '{"v": 1, "l": {"r": {"v": 2}}}')


@pytest.mark.parametrize(
    "dialect",
    [
        "http://json-schema.org/draft-04/schema#",
        "http://json-schema.org/draft-06/schema#",
        "http://json-schema.org/draft-07/schema#",
        "https://json-schema.org/draft/2019-09/schema",
        "https://json-schema.org/draft/2020-12/schema",
    ],
)
def test_dialects_in_use_are_understood(dialect: str) -> None:
    made = check("json_schema", schema={"$schema": dialect, "type": "integer"})
    validate([made])
    assert passes(made, "1")
    assert not passes(made, '"1"')


@pytest.mark.parametrize(
    ("pattern", "told"),
    [
        ("(?=canary)x", "invalid perl operator: (?="),
        ("(canary", "missing )"),
        (r"(\pL|\pN){500}", "too large"),
        (r"[^a]{999}", "too large"),
    ],
)
def test_a_pattern_re2_does_not_take_is_refused_with_its_reason(pattern: str, told: str) -> None:
    found = refused(check("regex", pattern=pattern))
    assert told in found["acceptance_criteria.0.pattern"]
    assert "canary" not in str(found)


def test_a_pointer_with_a_stray_tilde_is_refused() -> None:
    assert "acceptance_criteria.0.path" in refused(check("number_between", minimum=1, path="/~2"))


def test_all_patterns_of_a_request_are_counted_together() -> None:
    sixty = schema(allOf=[{"pattern": "a"} for _ in range(60)])
    validate([sixty])
    found = refused(sixty, sixty, sixty)
    assert [*found] == ["acceptance_criteria.1.schema"]


def _doubling(levels: int) -> dict[str, Any]:
    parts: dict[str, Any] = {
        f"a{level}": {"allOf": [{"$ref": f"#/$defs/a{level + 1}"}] * 2} for level in range(levels)
    }
    return {"$defs": parts | {f"a{levels}": {}}, "$ref": "#/$defs/a0"}


def test_a_schema_that_doubles_at_each_level_is_refused() -> None:
    found = refused(check("json_schema", schema=_doubling(100)))
    assert "too long" in found["acceptance_criteria.0.schema"]


BITS = random.Random(1).getrandbits(1_000_000)  # noqa: S311 -- no secret
LETTERS = f"{BITS:b}".translate({48: "a", 49: "b"})
BIG = json.dumps([999] * 150_000)
HOSTILE: dict[str, tuple[Check, Callable[[], str]]] = {
    "any of a thousand": (schema(items={"anyOf": [{"const": n} for n in range(999)]}), lambda: BIG),
    "doubling by depth": (
        schema(allOf=[{"items": {"$ref": "#"}}, {"items": {"$ref": "#"}}]),
        lambda: "[" * 40 + "]" * 40,
    ),
    "unevaluated in unevaluated": (
        schema(
            unevaluatedProperties=False,
            allOf=[{"unevaluatedProperties": False, "allOf": [{"unevaluatedProperties": False}]}],
        ),
        lambda: json.dumps({str(n): 1 for n in range(1_000)}),
    ),
    "many errors": (schema(items={"anyOf": [{"type": "null"}, {"items": {}}]}), lambda: BIG),
    "unique items": (
        schema(uniqueItems=True),
        lambda: json.dumps([{"a": n} for n in range(80_000)]),
    ),
    "multiples": (schema(items={"multipleOf": 0.1}), lambda: json.dumps([0.3] * 150_000)),
    "pattern in a schema": (schema(pattern="[ab]*a[ab]{60}c"), lambda: json.dumps(LETTERS)),
    "pattern": (check("regex", pattern="[ab]*a[ab]{80}c"), lambda: LETTERS),
    "larger pattern": (check("regex", pattern="[ab]*a[ab]{999}c"), lambda: LETTERS),
    "fences": (check("equals", value=1), lambda: "```\n" * 250_000),
    "backticks": (check("equals", value=1), lambda: "`" * 1_000_000),
    "words": (check("max_words", words=1), lambda: "a " * 500_000),
    "digits": (check("number_between", minimum=1), lambda: "9" * 1_000_000),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_neither_a_hostile_check_nor_a_hostile_output_takes_long(name: str) -> None:
    made, output = HOSTILE[name]
    text = output()
    begun = time.perf_counter()
    validate([made])
    judge(made, text)
    assert time.perf_counter() - begun < SECONDS


def test_what_would_take_too_long_is_undecided() -> None:
    for name in ("any of a thousand", "doubling by depth", "larger pattern"):
        made, output = HOSTILE[name]
        assert judge(made, output())[0] == "undecided"
    assert judge(schema(), "[" * 65 + "]" * 65)[0] == "undecided"


def test_the_work_of_a_value_grows_with_it_and_with_the_schema() -> None:
    small = prepare({"items": {"type": "integer"}}).graph
    large = prepare({"items": {"allOf": [{"type": "integer"}] * 9}}).graph
    one, many = Shape.of([1]), Shape.of([1] * 9)
    assert small.work(one) < small.work(many) < large.work(many)


def test_a_large_table_is_still_judged() -> None:
    row = {"id": {"type": "integer"}, "name": {"pattern": "^[a-z]+$", "maxLength": 30}}
    table = schema(items={"properties": row, "required": ["id", "name"]}, uniqueItems=True)
    rows = [{"id": n, "name": "abc"} for n in range(25_000)]
    assert passes(table, json.dumps(rows))
    assert judge(table, json.dumps([*rows, {"id": 1}]))[1].startswith("/25000: ")
