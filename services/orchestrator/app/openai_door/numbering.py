"""Pure: the numbers of a stream's events, from which any process knows where a reader is.

Clients only compare them (`starting_after`), so that they may have gaps. The number of a piece
of text says how much of its item the reader has by then and, by a checksum, of which text: so a
stream is taken up where it broke off, by a process that keeps nothing, as long as the text has not
been written anew meanwhile. All stay below 2^53, where JavaScript still counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from zlib import crc32

CREATED, IN_PROGRESS = 0, 1
ENDED = 1 << 52
MAX_ITEMS = 16
"""A text that was written anew so often is not followed any more, but sent when it is done."""

_ITEM = 1 << 40
_CHECKSUM_BITS = 16
_REPLACED = 1 << 38
"""From here on an item is closed because its text was written anew,"""
_WHOLE = 1 << 39
"""and from here on because it is the output."""
_MOST = (_REPLACED >> _CHECKSUM_BITS) - 2


@dataclass(frozen=True)
class Place:
    """How far a reader has come: `characters` of the message `item`, with that `checksum`; and
    whether the message was replaced, or has begun to be closed as the whole output."""

    item: int = 0
    characters: int = 0
    checksum: int = 0
    replaced: bool = False
    whole: bool = False

    def is_of(self, text: str) -> bool:
        """Say whether what the reader has read is the beginning of a text."""
        read = text[: self.characters]
        return len(read) == self.characters and checksum(read) == self.checksum


def opening(item: int, step: int) -> int:
    """Return the number of the message's beginning (step 0), or of its text's (1)."""
    return _base(item) + step


def piece(item: int, text: str) -> int:
    """Return the number of the piece with which a message has become `text`."""
    characters = min(len(text), _MOST)
    return _base(item) + 2 + (characters << _CHECKSUM_BITS) + checksum(text[:characters])


def closing(item: int, step: int, *, whole: bool) -> int:
    """Return the number of a message's ending, in its steps 0 (text), 1 (part) and 2 (message)."""
    return _base(item) + (_WHOLE if whole else _REPLACED) + step


def place_of(number: int) -> Place | None:
    """Return where the reader of an event is. None: it has read the last one."""
    if number >= ENDED:
        return None
    if number < _base(0):
        return Place()
    item, within = number // _ITEM - 1, number % _ITEM
    if within >= _WHOLE:
        return Place(item, whole=True)
    if within >= _REPLACED:
        return Place(item, replaced=True)
    read = max(within - 2, 0)
    return Place(item, read >> _CHECKSUM_BITS, read & ((1 << _CHECKSUM_BITS) - 1))


def checksum(text: str) -> int:
    """Return 16 bits that tell texts apart, mostly."""
    return crc32(text.encode("utf-8", "surrogatepass")) & ((1 << _CHECKSUM_BITS) - 1)


def _base(item: int) -> int:
    return (item + 1) * _ITEM
