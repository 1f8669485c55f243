"""Values find back to their places however a placeholder was written, and whole or not at all."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from octollm.redaction import (
    MAX_HELD_CHARACTERS,
    StreamRestorer,
    placeholders_in,
    redact,
    restore,
    restore_json,
    restore_verbatim,
)
from octollm.verdict import PiiMatch

often = settings(database=None, deadline=None, max_examples=200)

VALUE = 'o"k\n\\'
VALUES = {"<EMAIL_1>": "ann@b.c", "<GIT_HUB_TOKEN_12>": VALUE}
WAYS = [
    "<EMAIL_1>",
    "<email_1>",
    "<Email_1>",
    "<Email 1>",
    "< EMAIL_1 >",
    "<EMAIL-1>",
    r"<EMAIL\_1>",
    r"<EMAIL\\_1>",
    r"\<EMAIL\_1\>",
    "&lt;EMAIL_1&gt;",
    r"\u003cEMAIL_1\u003e",
    r"\u003Cemail_1\u003E",
    r"\\u003cEMAIL_1\\u003e",
]
OTHERS = ["<EMAIL_2>", "<EMAIL_11>", "<b>", "EMAIL_1", "<EMAIL_1", "<EMAIL_1&gt;", "a < b > c"]
PARTS = st.sampled_from([*WAYS, *OTHERS, *"<>&\\;_ 1E", "&lt", r"\u003", r"\u003c", "u003e", "é"])
texts = st.lists(PARTS | st.text(max_size=3), max_size=10).map("".join)


@pytest.mark.parametrize("written", WAYS)
def test_a_placeholder_is_known_however_a_model_wrote_it(written: str) -> None:
    assert restore(f"To {written}.", VALUES) == "To ann@b.c."


@pytest.mark.parametrize("written", OTHERS)
def test_what_is_none_of_ours_stays(written: str) -> None:
    assert restore(written, VALUES) == written


@pytest.mark.parametrize("written", WAYS)
def test_a_placeholder_that_the_text_held_before_is_never_confused(written: str) -> None:
    text = f"x {written}"
    first = redact(text, [PiiMatch(pii_type="Email", start=0, end=1, confidence=1)])
    assert first.text.startswith("<EMAIL_2>")
    assert restore(first.text, first.values) == text
    again = redact(text, [], VALUES)
    assert restore(again.text, again.values) == text


def test_what_stands_in_another_text_is_not_handed_out_when_it_is_said_to_be_taken() -> None:
    taken = placeholders_in("as in &lt;email_1&gt;")
    assert taken == {"<EMAIL_1>"}
    match = PiiMatch(pii_type="Email", start=0, end=1, confidence=1)
    assert redact("x", [match], taken=taken).text == "<EMAIL_2>"


@st.composite
def matched(draw: st.DrawFn) -> tuple[str, list[PiiMatch]]:
    text = draw(texts)
    spot = st.integers(0, len(text))
    spans = draw(st.lists(st.tuples(spot, spot), max_size=5))
    return text, [
        PiiMatch(pii_type="Email", start=min(span), end=max(span), confidence=1) for span in spans
    ]


@often
@given(st.lists(matched(), max_size=3))
def test_what_was_redacted_is_restored_exactly(cases: list[tuple[str, list[PiiMatch]]]) -> None:
    taken = set().union(*(placeholders_in(text) for text, _ in cases))
    known: dict[str, str] = {}
    done = []
    for text, matches in cases:
        redacted = redact(text, matches, known, taken)
        known = redacted.values
        done.append((text, redacted.text))
    for text, redacted_text in done:
        assert restore_verbatim(redacted_text, known) == text


@often
@given(texts, st.data())
def test_any_pieces_of_a_text_give_what_the_whole_gives(text: str, data: st.DataObject) -> None:
    restorer = StreamRestorer(VALUES)
    pieces: list[str] = []
    position = 0
    while position < len(text):
        size = data.draw(st.integers(1, 5))
        pieces.append(restorer.feed(text[position : position + size]))
        position += size
    pieces.append(restorer.close())
    assert "".join(pieces) == restore_verbatim(text, VALUES)
    assert len(pieces[-1]) <= MAX_HELD_CHARACTERS


def test_a_value_comes_whole_in_one_piece() -> None:
    restorer = StreamRestorer(VALUES)
    pieces = [restorer.feed(letter) for letter in "To <EMAIL_1>, <b>"]
    assert [piece for piece in pieces if piece] == [*"To ", "ann@b.c", *", ", "<b>"]
    assert restorer.close() == ""


@pytest.mark.parametrize("begun", ["<", "&lt;", r"\\u003c", r"\\<"])
@pytest.mark.parametrize("filler", ["a", r"\\_", " "])
def test_what_is_held_back_is_bounded(begun: str, filler: str) -> None:
    restorer = StreamRestorer(VALUES)
    text = begun + filler * 500
    out = "".join(restorer.feed(letter) for letter in text)
    assert len(text) - len(out) <= MAX_HELD_CHARACTERS
    assert out + restorer.close() == text


def test_plain_text_is_not_held_back() -> None:
    assert StreamRestorer(VALUES).feed("Plain & simple > so") == "Plain & simple > so"


@often
@given(st.text(max_size=8), st.sampled_from(WAYS[:6]))
def test_a_json_document_stays_one_and_holds_the_value(value: str, written: str) -> None:
    text = json.dumps({"to": [written, 1], written: None}, indent=1)
    restored = json.loads(restore(text, {"<EMAIL_1>": f'"{value}"'}))
    assert restored == {"to": [f'"{value}"', 1], f'"{value}"': None}


def test_the_form_of_a_json_document_is_kept() -> None:
    text = '{ "a" : "\\u003cGIT_HUB_TOKEN_12\\u003e",\n "n": 1.50 }'
    assert restore(text, VALUES) == '{ "a" : "o\\"k\\n\\\\",\n "n": 1.50 }'


def test_a_json_document_that_was_redacted_as_text_is_restored_as_it_was() -> None:
    text = '{"a": "x\\"y"}'
    redacted = redact(text, [PiiMatch(pii_type="Email", start=7, end=11, confidence=1)])
    assert redacted.text == '{"a": "<EMAIL_1>"}'
    assert restore(redacted.text, redacted.values) == text


def test_values_are_put_back_in_the_strings_and_keys_of_json() -> None:
    value = {"<email_1>": ["see <EMAIL_1>", 1, None, {"k": r"\<GIT\_HUB\_TOKEN\_12\>"}]}
    assert restore_json(value, VALUES) == {"ann@b.c": ["see ann@b.c", 1, None, {"k": VALUE}]}  # type: ignore[arg-type] # dict is invariant


@pytest.mark.parametrize("piece", ["<", "<a", "&lt;", "\\", "\\u003c", "<a _", "\\\\<"])
def test_a_text_full_of_beginnings_takes_linear_time(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    assert restore(text, VALUES) == text
