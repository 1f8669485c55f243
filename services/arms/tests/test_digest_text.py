"""What the digest says of plain text, and how numbers and words are shown."""

from __future__ import annotations

from typing import Any

import pytest

from arms.digest.figures import show, show_duration
from arms.digest.report import clip, code, plural, render
from arms.digest.text_format import digest

STORY = """\
The harbour

Ships enter the harbour at dawn. The harbour master counts the ships!
Does the tide matter? It does: ships wait for the tide.

Gulls cry. Nobody counts the gulls.
"""


def data(text: str, top: int = 5) -> dict[str, Any]:
    return digest(text, top).data


def test_counts_words_sentences_and_paragraphs() -> None:
    found = data(STORY)
    assert found["words"] == 31
    assert found["sentences"] == 7
    assert found["paragraphs"] == 3
    assert found["words_per_sentence"] == 4.4
    assert found["lines"] == 7


def test_tells_the_reading_time() -> None:
    text = "Some more words. " * 238
    assert data(text)["reading_minutes"] == 3.0
    assert "about 3 minutes" in render(digest(text, 5))
    assert "a minute or less" in render(digest(STORY, 5))


def test_names_the_terms_without_the_small_words() -> None:
    terms = {term["term"]: term["count"] for term in data(STORY)["terms"]}
    assert terms == {"harbour": 3, "ships": 3, "counts": 2, "tide": 2, "gulls": 2}


def test_shows_sentences_that_matter_in_order_with_their_lines() -> None:
    matters = data(STORY, top=3)["matters"]
    assert [m["line"] for m in matters] == sorted(m["line"] for m in matters)
    assert {"line": 3, "text": "The harbour master counts the ships!"} in matters
    assert all("Gulls cry" not in m["text"] for m in matters)


def test_says_a_repeated_sentence_once() -> None:
    found = data("Ships enter harbours daily. " * 5 + "Gulls follow fishing boats.")
    assert len(found["matters"]) == 2


def test_ends_sentences_of_other_scripts() -> None:
    assert data("今日は晴れ。明日は雨。")["sentences"] == 2


@pytest.mark.parametrize("text", ["!!!", "...\n\n", "?", ""])
def test_a_text_without_words_has_a_digest_too(text: str) -> None:
    found = data(text)
    assert (found["words"], found["sentences"], found["matters"]) == (0, 0, [])


def test_can_be_read_by_a_person() -> None:
    shown = render(digest(STORY, 2))
    assert shown.startswith("# Text: 31 words\n")
    assert "- `harbour`: 3 times" in shown
    assert "- line 3: `The harbour master counts the ships!`" in shown


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (1234567, "1,234,567"),
        (2.0, "2"),
        (1234.567, "1,234.57"),
        (0.000123, "0.000123"),
        (1e40, "1e+40"),
        (-3.5, "-3.50"),
        (None, "None"),
    ],
)
def test_numbers_are_shown_as_people_write_them(value: Any, shown: str) -> None:
    assert show(value) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (0, "0 seconds"),
        (1.25, "1.25 seconds"),
        (119, "119 seconds"),
        (120, "2 minutes"),
        (9_000, "2.5 hours"),
        (864_000, "10 days"),
    ],
)
def test_durations_are_shown_in_a_sensible_unit(seconds: float, shown: str) -> None:
    assert show_duration(seconds) == shown


def test_nouns_follow_their_number() -> None:
    assert [plural(n, "line") for n in (0, 1, 1200)] == ["0 lines", "1 line", "1,200 lines"]
    assert plural(2, "entry") == "2 entries"


def test_long_content_is_clipped() -> None:
    assert clip("a" * 20, 10) == "a" * 9 + "…"
    assert clip(" " * 100 + "a", 10) == "…"
    assert clip("a\n\tb  c", 10) == "a b c"


def test_empty_content_is_named() -> None:
    assert code("\u200e") == "(empty)"
