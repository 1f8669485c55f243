"""Pure: the names of fields as who sent them wrote them: `input[0].content[1].type`."""

from __future__ import annotations

import re
from typing import Any

from pydantic import Discriminator

TEXT, LIST = "<text>", "<list>"
"""What pydantic puts in a place to say which of two forms was read: no part of a name."""

TEXT_OR_LIST = Discriminator(lambda value: LIST if isinstance(value, list) else TEXT)

_INDEX = re.compile(r"\.(\d+)(?=\.|$)")


def as_written(field: str) -> str:
    """Return `octollm.acceptance_criteria[0].words` for `octollm.acceptance_criteria.0.words`."""
    return _INDEX.sub(r"[\1]", field)


def location(found: tuple[int | str, ...]) -> tuple[int | str, ...]:
    """Return where something is wrong in a body: as one name, behind the `body` it stands in."""
    if found[:1] != ("body",) or len(found) == 1 or isinstance(found[1], int):
        return found
    place: list[Any] = [part for part in found[1:] if part not in (TEXT, LIST)]
    if place[:2] == ["text", "format"]:
        del place[2:3]  # the kind of format that was read
    return "body", as_written(".".join(map(str, place)))
