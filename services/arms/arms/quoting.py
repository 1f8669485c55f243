"""Pure: passages of documents as quotations, each with its source."""

from __future__ import annotations

import re
from collections.abc import Sequence

from pydantic import JsonValue

from arms.markdown import code_span
from octollm.arm import Found


def as_data(quoted: Sequence[Found]) -> list[JsonValue]:
    """Return passages as `{document, start, text, rank}`."""
    return [
        {
            "document": passage.document,
            "start": passage.start,
            "text": passage.text,
            "rank": round(passage.rank, 4),
        }
        for passage in quoted
    ]


def quotation(passage: Found, number: int | None = None) -> str:
    """Return a passage as a Markdown block quote; each of its lines is marked, so none escapes.

    `number` is what an answer cites it by.
    """
    lines = re.split(r"\r\n|\r|\n", passage.text)
    quote = "\n".join(f"> {line}".rstrip() for line in lines)
    mark = "—" if number is None else f"[{number}]"
    return f"{quote}\n\n{mark} {code_span(passage.document)}, from character {passage.start:,}"
