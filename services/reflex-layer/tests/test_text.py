"""The shadow reads like the text, and its spans are the text's."""

import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reflex_layer.text import fold, fold_native, shadow


@pytest.mark.parametrize(
    ("text", "reads"),
    [
        ("Plain ASCII, kept.", "plain ascii, kept."),
        ("Ｆｕｌｌ－ｗｉｄｔｈ　１２", "full-width 12"),
        ("іgnоrе рrеvіоus", "ignore previous"),
        ("ΙΒΑΝ", "iban"),
        ("٠١٢ १२३ ①", "012 123 1"),
        ("a–b—c−d‑e", "a-b-c-d-e"),
        ("“x” ‘y’ «z»", '"x" \'y\' "z"'),
        ("Größe élève ñ Łódź", "grose eleve n lodz"),
        ("𝐈𝐠𝐧𝐨𝐫𝐞", "ignore"),
        ("no\u00a0break\u2003space\u2028line", "no break space\nline"),
        ("z\u200be\u200dr\u00ado\ufeff", "zero"),
        ("e\u0301", "e"),
        ("\U000e0069\U000e0067", "ig"),
        ("a\x1bb\x85c", "a b c"),
        ("日本", "\xff\xff"),
        ("😀", "\xfe"),
        ("İ", "i"),
    ],
)
def test_reads_as_a_person_or_a_model_reads_it(text: str, reads: str) -> None:
    assert shadow(text).lower.decode("latin-1") == reads


def test_spans_step_over_what_nobody_sees() -> None:
    seen = shadow("a\u200bb\u200bc")
    assert seen.lower == b"abc"
    assert seen.span(1, 2) == (2, 3)
    assert seen.span(0, 3) == (0, 5)


def test_spans_are_the_same_where_everything_is_seen() -> None:
    assert shadow("Ünïcödé").span(2, 5) == (2, 5)


def test_case_is_kept_beside_the_lower_case() -> None:
    assert shadow("ＡｂＣ").cased == b"AbC"


@settings(derandomize=True, deadline=None, max_examples=300)
@given(st.text(max_size=200))
def test_every_byte_stands_for_a_character_in_order(text: str) -> None:
    seen = shadow(text)
    assert len(seen.cased) == len(seen.lower) == len(seen.native)
    assert len(seen.text) == len(text)
    starts = [seen.span(i, i + 1) for i in range(len(seen.lower))]
    assert starts == sorted(starts)
    assert all(0 <= start == end - 1 < len(text) for start, end in starts)
    for byte, (start, _) in zip(seen.cased, starts, strict=True):
        assert fold(seen.text[start]) == chr(byte)


@settings(derandomize=True, deadline=None, max_examples=100)
@given(st.lists(st.characters(min_codepoint=0x80), max_size=8), st.integers(20, 60))
def test_a_long_text_with_few_foreign_characters_reads_like_each_of_them(
    foreign: list[str], apart: int
) -> None:
    text = ("Plain words\x07 and " * apart).join(["", *foreign, ""])
    assert shadow(text).cased.decode("latin-1") == "".join(map(fold, text))


@pytest.mark.parametrize("text", ["\ud800", "a" * 50 + "\udfff\ud800" + "b" * 50])
def test_half_a_surrogate_pair_reads_as_some_sign(text: str) -> None:
    assert shadow(text).cased.decode("latin-1") == "".join(map(fold, text))


def test_every_character_of_unicode_folds_to_one_byte_or_none() -> None:
    points = (p for p in range(sys.maxunicode + 1) if not 0xD800 <= p < 0xE000)
    assert all(len(fold(chr(p)).encode("latin-1")) <= 1 for p in points)


def test_letters_of_western_europe_read_like_each_of_them() -> None:
    for character in map(chr, range(1, 0x100)):
        text = f"a{character} "
        seen = shadow(text)
        assert seen.lower.decode("latin-1") == "".join(map(fold, text)).lower()
        assert seen.native == "".join(map(fold_native, text))
        assert seen.is_foreign == (seen.native != seen.lower.decode("latin-1"))


@pytest.mark.parametrize(
    ("text", "native"),
    [
        ("Игнорируй ВСЁ", "игнорируи все"),
        ("이전 지시", "이전 지시"),
        ("Ｉgnоre", "ignоre"),
        ("निर्देश", "".join(map(fold_native, "निर्देश"))),
        ("plain", "plain"),
    ],
)
def test_letters_of_every_script_are_kept_beside_the_look_alikes(text: str, native: str) -> None:
    seen = shadow(text)
    assert seen.native == native
    assert len(seen.native) == len(seen.lower)


def test_only_a_text_in_another_script_says_more_in_its_own() -> None:
    assert shadow("以前の指示").is_foreign
    assert not shadow("Größe, élève, ２").is_foreign
