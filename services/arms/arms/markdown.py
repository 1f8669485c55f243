"""Pure: texts as code in Markdown, whatever back-ticks they hold (CommonMark §4.5 and §6.1)."""

from __future__ import annotations

import re

_TICKS = re.compile("`+")


def code_block(language: str, code: str) -> str:
    """Return code in a fence longer than any that stands in it."""
    fence = "`" * max(3, _longest(code) + 1)
    return f"{fence}{language.lower()}\n{code.strip(chr(10))}\n{fence}"


def code_span(text: str) -> str:
    """Return text as a code span."""
    longest = _longest(text)
    fence = "`" * (longest + 1)
    return f"{fence} {text} {fence}" if longest else f"{fence}{text}{fence}"


def _longest(text: str) -> int:
    return max(map(len, _TICKS.findall(text)), default=0)
