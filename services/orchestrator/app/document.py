"""Pure: the texts of a task as few documents to screen, and findings back to their fields."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import NamedTuple

from pydantic import JsonValue

from octollm.contracts import TaskRequest
from octollm.verdict import MAX_SCREENED_CHARACTERS

SEPARATOR = "\n\n"
OVERLAP = 1_000
"""Characters that two documents cut from one long text share, so that nothing hides in the cut."""

_PLAIN_KEY = re.compile(r"[A-Za-z_]{1,40}")


class Part(NamedTuple):
    """A text and the field it stands in; `offset` is where in the field it begins, `place` the
    number of the text among all: keys of one object have one field."""

    field: str
    text: str
    offset: int = 0
    place: int = 0


@dataclass(frozen=True)
class Document:
    """Parts joined by blank lines."""

    parts: tuple[Part, ...]
    starts: tuple[int, ...]
    text: str

    def locate(self, start: int, end: int) -> tuple[str, int, int]:
        """Return the field a span of this document begins in, and the span inside that field.

        A span that begins between two parts belongs to the second.
        """
        part, first, last = self.locate_part(start, end)
        return part.field, first, last

    def locate_part(self, start: int, end: int) -> tuple[Part, int, int]:
        """Return, as `locate` does, the part itself, whose `place` tells it from all others."""
        index = max(0, bisect_right(self.starts, start) - 1)
        following = index + 1 < len(self.parts)
        if following and start >= self.starts[index] + len(self.parts[index].text):
            index += 1
        part, base = self.parts[index], self.starts[index]
        first, last = max(start - base, 0), min(end - base, len(part.text))
        return part, first + part.offset, last + part.offset


def parts_of_request(request: TaskRequest) -> Iterator[Part]:
    """Yield every text a user sent: goal, context, criteria, and each string in the objects."""
    yield Part("goal", request.goal)
    if request.context:
        yield Part("context", request.context)
    yield from leaves("acceptance_criteria", criteria_of(request))
    yield from leaves("constraints", request.constraints)
    yield from leaves("metadata", request.metadata)


def criteria_of(request: TaskRequest) -> list[JsonValue]:
    """Return the criteria as JSON: sentences, and checks as objects."""
    return [
        criterion if isinstance(criterion, str) else criterion.model_dump(mode="json")
        for criterion in request.acceptance_criteria
    ]


def leaves(field: str, value: object) -> Iterator[Part]:
    """Yield the strings and numbers of a JSON value, keys included, each with its path.

    Numbers, since a card's number is as private without quotes. A key that is not a plain word is
    written `*` in the path, since it may be private itself.
    """
    if isinstance(value, str) and value:
        yield Part(field, value)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield Part(field, str(value))
    elif isinstance(value, list):
        for index, item in enumerate(value):
            yield from leaves(f"{field}.{index}", item)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key:
                yield Part(field, key)
            name = key if _PLAIN_KEY.fullmatch(key) else "*"
            yield from leaves(f"{field}.{name}", item)


def documents(parts: Iterable[Part], limit: int = MAX_SCREENED_CHARACTERS) -> Iterator[Document]:
    """Join parts into documents of at most `limit` characters, in order."""
    batch: list[Part] = []
    length = 0
    for part in _pieces(parts, limit):
        added = len(part.text) + (len(SEPARATOR) if batch else 0)
        if batch and length + added > limit:
            yield _join(batch)
            batch, length, added = [], 0, len(part.text)
        batch.append(part)
        length += added
    if batch:
        yield _join(batch)


def _pieces(parts: Iterable[Part], limit: int) -> Iterator[Part]:
    """Cut parts that are longer than a document may be, with an overlap."""
    for place, (field, text, offset, _) in enumerate(parts):
        step = limit - OVERLAP if len(text) > limit else limit
        for begin in range(0, len(text), step):
            yield Part(field, text[begin : begin + limit], offset + begin, place)
            if begin + limit >= len(text):
                break


def _join(parts: list[Part]) -> Document:
    starts, position = [], 0
    for part in parts:
        starts.append(position)
        position += len(part.text) + len(SEPARATOR)
    return Document(tuple(parts), tuple(starts), SEPARATOR.join(part.text for part in parts))
