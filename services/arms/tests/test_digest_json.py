"""What the digest says of JSON."""

from __future__ import annotations

import json
from typing import Any

import pytest

from arms.digest.json_format import digest
from arms.digest.report import NotThisFormat, render

PEOPLE = [
    {"name": "ann", "age": 31, "tags": ["a", "b"], "since": "2024-05-01", "on": True},
    {"name": "bob", "age": None, "tags": [], "since": "2024-05-03", "on": False},
    {"name": "ann", "age": 29, "tags": ["a"], "since": "2024-05-02"},
]


def data(text: str, top: int = 5) -> dict[str, Any]:
    return digest(text, top).data


def fields(value: object) -> dict[str, dict[str, Any]]:
    return {found["path"]: found for found in data(json.dumps(value))["fields"]}


@pytest.mark.parametrize(
    ("text", "form", "size", "depth"),
    [
        ('{"a": {"b": 1}}', "object", 1, 3),
        ("[1, 2, 3]", "array", 3, 2),
        ('{"a": 1}\n\n{"a": 2}\n', "lines", 2, 3),
        ("17", "value", 1, 1),
        ("\ufeff{}", "object", 0, 1),
    ],
)
def test_tells_the_shape(text: str, form: str, size: int, depth: int) -> None:
    found = data(text)
    assert (found["form"], found["size"], found["depth"]) == (form, size, depth)


def test_counts_types() -> None:
    assert data(json.dumps(PEOPLE))["types"] == {
        "array": 3,
        "boolean": 2,
        "null": 1,
        "number": 2,
        "object": 3,
        "string": 9,
    }


def test_gathers_each_field_over_all_objects() -> None:
    found = fields(PEOPLE)
    assert list(found) == [
        *("$[]", "$[].name", "$[].age", "$[].tags", "$[].since", "$[].on", "$[].tags[]"),
    ]
    assert found["$[].name"]["top"] == [{"value": "ann", "count": 2}, {"value": "bob", "count": 1}]
    assert (found["$[].on"]["count"], found["$[].on"]["of"]) == (2, 3)
    assert found["$[].age"]["nulls"] == 1
    assert found["$[].age"]["types"] == ["null", "number"]
    assert found["$[].age"]["numbers"] == {"min": 29, "median": 30.0, "max": 31, "mean": 30.0}
    assert found["$[].tags"]["lengths"]["max"] == 2
    assert found["$[].since"]["dates"]["latest"] == "2024-05-03"


def test_an_object_with_very_many_keys_is_a_map() -> None:
    found = fields({f"user{n}": {"age": n} for n in range(200)})
    assert list(found) == ["$.*", "$.*.age"]
    assert found["$.*.age"]["numbers"]["max"] == 199


def test_describes_so_many_fields_and_counts_the_rest() -> None:
    text = json.dumps([{f"a{n}": n for n in range(90)}])
    assert (data(text)["field_count"], len(data(text)["fields"])) == (91, 80)
    assert "Only the first 80 fields are described" in render(digest(text, 5))


def test_long_paths_keep_both_their_ends() -> None:
    value: object = 1
    for n in range(30):
        value = {f"key{n}": value}
    paths = list(fields(value))
    assert max(map(len, paths)) == 80
    assert paths[-1].startswith("$.key29.")
    assert paths[-1].endswith(".key0")


def test_numbers_past_all_limits_are_counted_not_computed() -> None:
    found = data('{"a": [1e999, -1e999, NaN, Infinity, ' + "9" * 5_000 + ", 1]}")
    assert found["types"]["number past all limits"] == 5
    assert found["fields"][1]["numbers"]["max"] == 1


def test_long_whole_numbers_become_floats() -> None:
    assert fields([10**40])["$[]"]["numbers"]["max"] == 1e40


def test_unstorable_characters_are_replaced() -> None:
    found = data('{"\\u0000k\\ud800": "\\udfff"}')["fields"][0]
    assert found["path"] == "$.k\ufffd"
    assert found["top"][0]["value"] == "\ufffd"


def test_tells_the_lines_that_cannot_be_read() -> None:
    text = "\n".join(['{"a": 1}'] * 30 + ['{"a": ', "plain"])
    found = data(text)
    assert (found["bad_lines"], found["bad_line_count"], found["size"]) == ([31, 32], 2, 30)
    assert "- Lines that cannot be read: 2 (line 31, 32)" in render(digest(text, 5))


def test_counts_keys_that_repeat() -> None:
    text = '{"a": 1, "a": 2, "b": {"c": 1, "c": 2}}'
    assert data(text)["repeated_keys"] == 2
    assert "Keys that repeat within one object: 2" in render(digest(text, 5))


def test_names_where_it_cannot_be_read() -> None:
    with pytest.raises(NotThisFormat, match="cannot be read at line 2, column 3"):
        digest('{"a": 1,\n  secret}', 5)


def test_refuses_what_nests_too_deep() -> None:
    with pytest.raises(NotThisFormat, match="nests too deep"):
        digest("[" * 50_000 + "]" * 50_000, 5)


def test_counts_a_line_that_nests_too_deep_as_bad() -> None:
    assert data("{}\n{}\n" + "[" * 50_000)["bad_lines"] == [3]


@pytest.mark.parametrize("text", ["words", "{}\nwords\nmore", '{"a"', "{}\n{}\nx\ny\nz"])
def test_refuses_what_is_no_json(text: str) -> None:
    with pytest.raises(NotThisFormat):
        digest(text, 5)


def test_can_be_read_by_a_person() -> None:
    shown = render(digest(json.dumps({"people": PEOPLE, "n": 3}), 1))
    assert shown.startswith("# JSON: an object with 2 keys\n")
    assert "- Nests 5 levels deep; 9 fields:" in shown
    assert "- Keys: `people`, …" in shown
    assert "| `$.n` | number | 1 | 3 |" in shown
    assert "| `$.people[].age` | null/number | 3 (1 null) | 29 to 31, median 30, mean 30 |" in shown
    assert "| `$.people[].on` | boolean | 2 of 3 | 2 distinct: `true` ×1 |" in shown
    assert "| `$.people[].tags` | array | 3 | length 0 to 2, median 1, mean 1 |" in shown
    assert "`2024-05-01` to `2024-05-03` (2 days)" in shown


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("[1]", "an array of 1 item"),
        ("[{}]", "an array of 1 item"),
        ("{}\n{}", "2 lines"),
        ("true", "a single value"),
    ],
)
def test_the_title_names_the_form(text: str, title: str) -> None:
    assert digest(text, 5).title == f"JSON: {title}"
