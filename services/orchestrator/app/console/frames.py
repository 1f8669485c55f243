"""Pure: a stream of events as a browser's script can hear all of it."""

from __future__ import annotations

import re
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

_NAME: Final = re.compile(rb"^event: [^\r\n]*\r?\n", re.MULTILINE)


async def unnamed(frames: AsyncGenerator[bytes, None]) -> AsyncGenerator[bytes, None]:
    """Pass frames on without their types, which stand in their data as well.

    An EventSource hands events of a type to those alone who asked for it by name, and arms of
    other packages have types of their own. Data are JSON on one line: no line break stands in them.
    """
    async with aclosing(frames):
        async for frame in frames:
            yield _NAME.sub(b"", frame)
