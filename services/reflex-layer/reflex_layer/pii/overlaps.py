"""Pure: what is told of findings that overlap.

Nothing that blocks may stay readable in a redacted text, so that every character of such a
finding is told, by it or by another; what does not block gives way as a whole.
"""

from __future__ import annotations

from operator import attrgetter
from typing import Final

from reflex_layer.pii.recogniser import Found

_START: Final = attrgetter("start")
_SEPARATORS: Final = b" \t\r\n\x0b\x0c,;:.|/&=+-_\"'`()[]{}<>"


def resolved(found: list[Found], block_confidence: float, seen: bytes) -> list[Found]:
    """Return `found` by position and apart from each other; `seen` is the shadow they are of.

    A finding inside another is left out, unless only the inner one blocks. Of two that have a
    part in common the more confident keeps it, then the longer; the other is cut, and loses the
    separators it would begin or end with there. Of those that do not block, the longer stays.
    """
    if len(found) <= 1:
        return found
    told: list[Found] = []
    together: list[Found] = []
    reached = 0
    for one in sorted(found, key=_START):
        if one.start < reached:
            together.append(one)
            reached = max(reached, one.end)
            continue
        told += together if len(together) <= 1 else _told(together, block_confidence, seen)
        together, reached = [one], one.end
    return told + (together if len(together) <= 1 else _told(together, block_confidence, seen))


def _told(together: list[Found], block_confidence: float, seen: bytes) -> list[Found]:
    """Return what is told of findings each of which begins within those before."""
    by_place = sorted(together, key=lambda f: (f.start, -f.end, -f.confidence))
    blocking = _apart([f for f in by_place if f.confidence >= block_confidence], seen)
    lesser = _longest([f for f in by_place if f.confidence < block_confidence])
    if not lesser:
        return blocking
    return sorted(blocking + _clear_of(blocking, lesser), key=lambda f: f.start)


def _apart(found: list[Found], seen: bytes) -> list[Found]:
    """Return findings, cut where they overlap; in time linear in their number."""
    kept: list[Found] = []
    whole: list[Found] = []
    reached = 0
    for one in found:
        if one.end <= reached:
            continue
        reached = one.end
        place = one.start
        while kept and place < kept[-1].end:
            if _worth(whole[-1]) >= _worth(one):
                place = kept[-1].end
            elif kept[-1].start < place:
                kept[-1] = _trimmed(kept[-1]._replace(end=place), seen)
                break
            else:
                kept.pop()
                whole.pop()
        kept.append(_trimmed(one._replace(start=place), seen) if place > one.start else one)
        whole.append(one)
    return [one for one in kept if one.end > one.start]


def _worth(one: Found) -> tuple[float, int]:
    return one.confidence, one.end - one.start


def _trimmed(one: Found, seen: bytes) -> Found:
    """Return what is left of a finding without separators at its ends; empty if it has no more."""
    left = seen[one.start : one.end].rstrip(_SEPARATORS)
    end = one.start + len(left)
    return one._replace(start=end - len(left.lstrip(_SEPARATORS)), end=end)


def _longest(found: list[Found]) -> list[Found]:
    kept: list[Found] = []
    for one in found:
        if not kept or one.start >= kept[-1].end:
            kept.append(one)
        elif (one.end - one.start, one.confidence) > (
            kept[-1].end - kept[-1].start,
            kept[-1].confidence,
        ):
            kept[-1] = one
    return kept


def _clear_of(blocking: list[Found], lesser: list[Found]) -> list[Found]:
    """Return those of `lesser` that touch nothing in `blocking`; both are in order and apart."""
    clear: list[Found] = []
    index = 0
    for one in lesser:
        while index < len(blocking) and blocking[index].end <= one.start:
            index += 1
        if index == len(blocking) or blocking[index].start >= one.end:
            clear.append(one)
    return clear
