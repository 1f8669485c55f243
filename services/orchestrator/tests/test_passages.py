"""A document is cut where a reader would pause, and every passage stands where it says."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.passages import LEAST_CHARACTERS, MAX_WORDS, MOST_CHARACTERS, Wanted, pieces, wanted

FAMILY = "\U0001f469\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466"
WHOLE = ["e\u0301", FAMILY, "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "❤\ufe0f"]
SCRAPS = [
    *WHOLE,
    "\r\n",
    "word ",
    ". ",
    "\n",
    "\n\n",
    " ",
    "。",
    "漢",
    "\u200d",
    "\u0301",
    "x" * 400,
]


@pytest.mark.parametrize(
    ("border", "follows"),
    [
        ("\n\n", "Next"),
        (". ", "Next"),
        (".” ", "Next"),
        ("。", "次"),
        ("\n", "next"),
        (" ", "next"),
    ],
)
def test_a_long_text_is_cut_at_its_best_border(border: str, follows: str) -> None:
    weaker = "x" if border == " " else "word "  # a text with words is cut elsewhere if it must
    first = (weaker * 1_000)[:895] + "y" + border
    text = first + follows + (" z" * 600 if border != " " else "z" * 1_500)
    one, two, *_ = pieces(text)
    assert one.text == first.strip()
    assert two.text.startswith(follows)


def test_a_paragraph_s_end_wins_over_a_later_sentence_s() -> None:
    text = "a " * 350 + "b.\n\n" + "c " * 100 + "d. " + "e " * 500
    assert next(pieces(text)).text.endswith("b.")


def test_a_short_text_is_one_passage_without_its_margins() -> None:
    (one,) = pieces("\n\n  A\n\nB. C  \n")
    assert (one.start, one.text) == (4, "A\n\nB. C")


def test_blank_stretches_are_no_passages() -> None:
    one, two = pieces("a" + " " * 5_000 + "b")
    assert [(one.start, one.text), (two.start, two.text)] == [(0, "a"), (5_001, "b")]


@pytest.mark.parametrize("whole", WHOLE)
def test_what_is_one_character_to_a_reader_is_never_parted(whole: str) -> None:
    for shift in range(len(whole)):
        text = "x" * shift + whole * 2_000
        texts = [piece.text.removeprefix("x" * shift) for piece in pieces(text)]
        assert len(texts) > 1
        assert all(text == whole * (len(text) // len(whole)) for text in texts)


def test_a_letter_with_endless_marks_is_parted_all_the_same() -> None:
    assert all(len(p.text) <= MOST_CHARACTERS for p in pieces("e" + "\u0301" * 10_000))


@given(st.lists(st.sampled_from(SCRAPS) | st.text(max_size=30), max_size=200).map("".join))
def test_passages_are_the_text_in_order_and_within_bounds(text: str) -> None:
    found = list(pieces(text))
    end = 0
    for piece in found:
        assert text[piece.start : piece.start + len(piece.text)] == piece.text
        assert text[end : piece.start].strip() == ""
        assert 0 < len(piece.text) <= MOST_CHARACTERS
        end = piece.start + len(piece.text)
    assert text[end:].strip() == ""


@pytest.mark.parametrize("unit", ["a", " ", "\n", ".", "\n \n", "e\u0301", "\U0001f1e9", "a. "])
def test_cutting_takes_no_longer_than_the_text_is_long(unit: str) -> None:
    text = (unit * 250_000)[:250_000]
    began = time.process_time()
    assert sum(1 for _ in pieces(text)) <= len(text) / (LEAST_CHARACTERS - 64) + 1
    assert time.process_time() - began < 2  # a few hundredths of it, unless it grows by squares


@pytest.mark.parametrize(
    ("query", "words", "unwanted"),
    [
        ("parental leave", ["parental", "leave"], []),
        ("leave or holiday", ["leave", "holiday"], []),
        ('"parental leave" weeks', ['"parental leave"', "weeks"], []),
        ("leave -unpaid", ["leave"], ["unpaid"]),
        ('leave -"without pay"', ["leave"], ['"without pay"']),
        ("is --json -5 ° - or -", ["is", "json", "5"], []),
        ('an "open quote', ["an", '"open"', "quote"], []),
        ('-" ! " ?!', [], []),
        ("a\0b \ud800c", ["a", "b", "c"], []),
        ("again again", ["again"], []),
    ],
)
def test_a_question_is_read_as_words_and_what_to_leave_out(
    query: str, words: list[str], unwanted: list[str]
) -> None:
    assert wanted(query) == Wanted(tuple(words), tuple(unwanted))


def test_only_so_many_words_are_looked_for() -> None:
    assert len(wanted(" ".join(map(str, range(5_000)))).words) == MAX_WORDS
