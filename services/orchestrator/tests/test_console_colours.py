"""The colours of the console's sheet, in both themes, by WCAG 2.2 AA (w3.org/TR/WCAG22: 1.4.3 for
text, 1.4.11 for what else must be seen, 2.4.7 for the focus)."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from app.console import assets

SHEET = (Path(assets.__file__).parent / "static" / "console.css").read_text("utf-8")
TEXT, PARTS = 4.5, 3.0

GROUNDS = ("ground", "sheet", "raised", "sunk")
ON_PAPER = {
    **dict.fromkeys(("ink", "soft", "faint", "accent", "good", "bad", "warn", "private"), TEXT),
    **dict.fromkeys(("run", "calm"), TEXT),  # a status is a word
    **dict.fromkeys(("edge", "c1", "c2", "c3", "c4", "c5", "c6"), PARTS),
}
"""What stands on any of the grounds."""

PAIRS = [
    *((colour, ground, least) for colour, least in ON_PAPER.items() for ground in GROUNDS),
    *((f"{colour}", f"{colour}-soft", TEXT) for colour in ("good", "bad", "warn", "run")),
    ("private", "private-soft", TEXT),
    ("accent", "accent-soft", TEXT),
    ("accent-ink", "accent", TEXT),
    ("ink", "bad-soft", TEXT),
    ("soft", "bad-soft", TEXT),
    ("faint", "accent-soft", TEXT),
    *((fill, "line", PARTS) for fill in ("accent", "warn")),  # how full a bar is
]
DECORATION = {"line", "shadow", "sans", "mono", "kind"}
"""What tells nothing: hairlines beside a ground of another shade, fonts, and a stand-in."""


def colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6})", block))


def themes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", SHEET, re.DOTALL)
    return {"light": colours(light), "dark": colours(dark)}


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def ratio(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_contrast_is_counted_as_the_guidelines_do() -> None:
    assert ratio("#000000", "#ffffff") == pytest.approx(21)
    assert ratio("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_that_is_to_be_read_or_seen_stands_out(theme: str) -> None:
    known = themes()[theme]
    low = [
        f"{one} on {other}: {ratio(known[one], known[other]):.2f}, not {least}"
        for one, other, least in PAIRS
        if ratio(known[one], known[other]) < least
    ]
    assert low == []


def test_no_colour_is_used_that_was_not_looked_at() -> None:
    known = themes()
    assert set(known["light"]) == set(known["dark"])
    looked_at = {name for one, other, _ in PAIRS for name in (one, other)} | DECORATION
    assert set(re.findall(r"var\(--([a-z0-9-]+)\)", SHEET)) <= looked_at
    outside = SHEET.replace("\n", " ")
    for block in re.findall(r":root \{.*?\}", outside):
        outside = outside.replace(block, "")
    assert re.findall(r"#[0-9a-f]{3,8}\b|rgba?\(", outside) == []


def test_who_goes_by_keyboard_sees_where_the_focus_is() -> None:
    (rule,) = re.findall(r"^:focus-visible \{(.*?)\}", SHEET, re.MULTILINE)
    assert "outline: 2px solid var(--accent)" in rule
    hidden = re.findall(r"^(.*?) \{[^}]*outline: (?:none|0)[;\s}]", SHEET, re.MULTILINE)
    assert hidden == ["main:focus"]  # where "Skip to the content" leads: not itself a control
