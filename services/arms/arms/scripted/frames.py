"""One event of a streamed answer (server-sent events: html.spec.whatwg.org §9.2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from pydantic import JsonValue


@dataclass(frozen=True)
class Frame:
    """The bytes of an event; `says` is the piece of the answer in it, if it has one."""

    data: bytes
    says: str | None = None


def event(body: Mapping[str, JsonValue], *, name: str = "", says: str | None = None) -> Frame:
    """Return an event with a JSON object as its data, and a name if it is given one."""
    head = f"event: {name}\n" if name else ""
    return Frame(f"{head}data: {json.dumps(body, separators=(',', ':'))}\n\n".encode(), says)
