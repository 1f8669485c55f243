"""A model provider that answers every request with an error, and quotes the request in it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

STATUSES = (400, 401, 403, 404, 409, 413, 422, 429, 500, 503)


class Echo:
    """`asked` are the bodies of its requests. Each is answered by the next of the statuses, and
    after them all with 200 and a quotation that is no JSON."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self._statuses = iter(STATUSES)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        lengths = [line for line in head.lower().split(b"\r\n") if b"content-length" in line]
        asked = (await reader.readexactly(int(lengths[0].split(b":")[1]))).decode()
        self.asked.append(asked)
        status = next(self._statuses, 200)
        error = {"error": {"message": f"I do not like: {asked}", "type": asked, "code": asked}}
        body = (json.dumps(error) if status != 200 else f"<<<{asked}").encode()
        writer.write(
            f"HTTP/1.1 {status} Because-{len(asked)}\r\ncontent-type: application/json\r\n"
            f"x-request-id: 1\r\ncontent-length: {len(body)}\r\nconnection: close\r\n\r\n".encode()
            + body
        )
        await writer.drain()
        writer.close()


@asynccontextmanager
async def echoing() -> AsyncIterator[tuple[Echo, str]]:
    """Yield the provider and the base URL of what it serves."""
    echo = Echo()
    async with await asyncio.start_server(echo.serve, "127.0.0.1", 0, limit=1 << 22) as server:
        port = server.sockets[0].getsockname()[1]
        yield echo, f"http://127.0.0.1:{port}/v1"
