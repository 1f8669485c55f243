"""Pure: a JSON Schema as a graph of its parts, and at most how much work a value is for it.

Nothing interrupts a validation once it runs, so its work is known before: how often each part is
applied to the values of each depth. A unit is 20 ns of jsonschema-rs 0.61 on the machine where
the weights were measured. They err on the side of more.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Self

from pydantic import JsonValue

MAX_WORK = 40_000_000
"""Units one validation may take: 0.8 s."""

MAX_DEPTH = 64
_MOST = 10**12


class TooDeep(ValueError):
    """A value nests deeper than `MAX_DEPTH`."""


@dataclass(frozen=True)
class Shape:
    """How many values and bytes of text stand at each depth, and the most a value has in it."""

    values: list[int]
    characters: list[int]
    members: int
    items: int

    @classmethod
    def of(cls, value: JsonValue) -> Self:
        """Measure a value. Raises TooDeep."""
        values: list[int] = []
        characters = [0]
        members = items = 0
        level = [value]
        while level:
            if len(values) == MAX_DEPTH:
                raise TooDeep
            objects = [item for item in level if isinstance(item, dict)]
            lists = [item for item in level if isinstance(item, list)]
            names = sum(_bytes(name) for item in objects for name in item)
            texts = sum(_bytes(item) for item in level if isinstance(item, str))
            values.append(len(level))
            # Names are read where they stand by `patternProperties`, and below by `propertyNames`.
            characters[-1] += texts + names
            characters.append(names)
            members = max([members, *map(len, objects)])
            items = max([items, *map(len, lists)])
            level = [below for item in objects for below in item.values()]
            level += [below for item in lists for below in item]
        return cls(values, characters[: len(values)], members, items)


@dataclass
class Part:
    """A schema within the schema: its own work for a value and for a byte of text, the parts it
    applies to the same value, and to values below, where one of each group meets a value."""

    value_work: int = 1
    byte_work: int = 1
    same: list[int] = field(default_factory=list)
    below: list[list[int]] = field(default_factory=list)
    asks_by_member: bool = False
    asks_by_item: bool = False


@dataclass(frozen=True)
class Graph:
    """The parts of a schema that are ever applied; the first is the whole."""

    parts: list[Part]
    order: list[int]
    branches: bool
    """Whether there is an `anyOf` or a `oneOf`."""

    patterns: int
    """How many regular expressions there are."""

    def work(self, shape: Shape) -> int:
        """Return how many units of work a value of this shape is at most."""
        by_value = self._spread([part.value_work for part in self.parts], shape)
        by_byte = self._spread([part.byte_work for part in self.parts], shape)
        values = sum(a * b for a, b in zip(by_value, shape.values, strict=True))
        return values + sum(a * b for a, b in zip(by_byte, shape.characters, strict=True)) // 2

    def _spread(self, own: list[int], shape: Shape) -> list[int]:
        """Return the work the whole schema is for one value at each depth.

        `unevaluated…` asks the parts beside it anew for each member, and those of them that do
        so too, again.
        """
        found: list[int] = []
        above = [0] * len(own)
        for depth in range(len(shape.values)):
            here = [0] * len(own)
            for index in self.order:
                part = self.parts[index]
                work = sum(here[other] for other in part.same)
                if depth == 0:
                    work += own[index]
                else:
                    work += sum(max(above[other] for other in group) for group in part.below)
                again = part.asks_by_member * shape.members + part.asks_by_item * shape.items
                here[index] = min(work * (1 + again), _MOST)
            found.append(here[0])
            above = here
        return found


def order_of(parts: list[Part]) -> list[int] | None:
    """Return the parts' places, each behind those it applies to the same value.

    None if one applies itself to the same value, in the end: such a schema never comes to one.
    """
    order: list[int] = []
    entered: set[int] = set()
    left: set[int] = set()
    for start in range(len(parts)):
        stack = [(start, False)]
        while stack:
            index, done = stack.pop()
            if done:
                left.add(index)
                order.append(index)
            elif index not in entered:
                entered.add(index)
                stack.append((index, True))
                stack += [(other, False) for other in parts[index].same if other not in left]
            elif index not in left:
                return None
    return order


def _bytes(text: str) -> int:
    return len(text) if text.isascii() else len(text.encode())
