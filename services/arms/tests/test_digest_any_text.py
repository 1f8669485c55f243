"""Whatever the text is: a digest or a clear refusal, storable data, a short answer."""

from __future__ import annotations

import json

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from arms.digest.arm import MAX_TOP, Wishes, read
from arms.digest.report import MAX_CHARACTERS, NotThisFormat, bounded, render
from octollm.fields import json_value

FORMATS = ["log", "csv", "json", "text"]
TOKENS = [
    *["ERROR ", "[warn] ", "level=info ", "2024-05-01T10:00:00Z ", "May  1 10:00:00 ", "10:00:00 "],
    *[
        "Traceback (most recent call last)\n",
        "  at x\n",
        "Caused by: y\n",
        '"GET /a HTTP/1.1" 500 ',
    ],
    *["a,b\n", "1,2\n", "1,5;", '"', "\t", "|", "\r\n", "\n", " ", ",", ". ", "! ", "。"],
    *['{"a": ', "[", "]", "}", "NaN", "Infinity", "1e999", "-", "9" * 400, "null", "true", ":"],
    *['"\\ud800"', '"\\u0000"', "\x00", "\ud800", "\u2028", "\ufeff", "`", "word ", "𝟙٣", "字"],
]
anything = st.text(st.characters(exclude_categories=[]), max_size=400)
lookalikes = st.lists(st.sampled_from(TOKENS), max_size=60).map("".join)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda below: st.lists(below, max_size=5) | st.dictionaries(st.text(max_size=9), below),
    max_leaves=30,
)
quick = settings(deadline=None, max_examples=100, derandomize=True)


def check(text: str, kind: str | None, top: int) -> None:
    digested = read(text, Wishes(kind, top))
    assert len(render(digested)) <= MAX_CHARACTERS
    render(digested).encode()
    data = bounded(digested.data)
    json_value(data)
    json.dumps(data, allow_nan=False)


@quick
@given(anything | lookalikes, st.integers(1, MAX_TOP))
@example("", 5)
@example("1e308,1e308\n1e308,-1e308\n", 5)
def test_any_text_has_a_digest(text: str, top: int) -> None:
    check(text, None, top)


@pytest.mark.parametrize("kind", FORMATS)
@quick
@given(text=anything | lookalikes)
def test_a_forced_format_gives_a_digest_or_a_refusal(kind: str, text: str) -> None:
    try:
        check(text, kind, 50)
    except NotThisFormat:
        assert kind != "text"


@quick
@given(values | st.lists(values))
def test_any_json_has_a_digest(value: object) -> None:
    check(json.dumps(value), "json", 50)


@quick
@given(st.lists(st.lists(st.text(max_size=9) | st.floats().map(repr), max_size=6)))
def test_any_table_has_a_digest(rows: list[list[str]]) -> None:
    check("\n".join(",".join(row) for row in rows), None, 50)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 50_000,
        '{"a":' * 10_000,
        "[" * 900 + "]" * 900,
        "[" + "9" * 49_998 + "]",
        '{"a": 1e999, "b": -1e999, "c": NaN, "d": Infinity}',
        "a,b\n" + "9" * 49_990 + ",1\n",
        'a,b\n1,"' + "x\n" * 20_000,
        "," * 50_000,
        '"' * 50_000,
        "." * 49_999 + "x",
        "\n" + " " * 49_000 + "x",
        "\n" * 50_000,
        "0001-01-01T00:00:00+14:00 ERROR x\n" * 1_000,
        "d,e\n" + "9999-12-31T23:59:59-14:00,2\n" * 1_000,
        "ERROR(" * 8_000,
        '"GET ' * 10_000,
        "\x00\ud800" * 20_000,
        "".join(f"{chr(97 + n % 26)}. " for n in range(16_000)),
    ],
    ids=range(18),
)
@pytest.mark.parametrize("kind", [None, *FORMATS])
def test_hostile_text_does_no_harm(text: str, kind: str | None) -> None:
    try:
        check(text, kind, MAX_TOP)
    except NotThisFormat:
        assert kind not in (None, "text")
