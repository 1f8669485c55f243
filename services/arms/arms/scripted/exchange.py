"""One request being answered: what is sent, in which order, and what is billed on the way."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from pydantic import JsonValue
from starlette.types import Send

from arms.scripted.answer import Answer
from arms.scripted.errors import Refusal
from arms.scripted.frames import Frame
from arms.scripted.gates import Gates
from arms.scripted.ledger import Entry, Ledger, State
from arms.scripted.line import Line
from arms.scripted.script import Reply


@dataclass(frozen=True)
class Prices:
    """US dollars for one token."""

    input_usd: Decimal = Decimal(0)
    output_usd: Decimal = Decimal(0)


@dataclass(frozen=True)
class Exchange:
    """A request that was read, and the connection its answer goes to."""

    entry: Entry
    line: Line
    send: Send
    ledger: Ledger
    gates: Gates
    prices: Prices

    async def refuse(self, refusal: Refusal) -> None:
        """Send an error."""
        body = json.dumps(refusal.body).encode()
        await self._head(refusal.status, "application/json", refusal.headers, len(body))
        await self._last(body, State.REFUSED)

    async def say(self, body: Mapping[str, JsonValue]) -> None:
        """Send a JSON object that costs nothing."""
        data = json.dumps(body).encode()
        await self._head(200, "application/json", length=len(data))
        await self._last(data, State.ANSWERED)

    async def hang(self) -> None:
        """Send nothing until the client has had enough."""
        await self.line.lost.wait()

    async def whole(self, answer: Answer, reply: Reply, body: Mapping[str, JsonValue]) -> None:
        """Send an answer as one object.

        It is billed in full before anything is sent: a model that has begun works to the end,
        whether or not the client is still there to see it.
        """
        self._bill(answer, answer.chunks)
        await self.gates.passed(reply.delay)
        if reply.cut_after == 0:
            return await self._cut()
        data = json.dumps(body).encode()
        await self._head(200, "application/json", length=len(data))
        if reply.cut_after is not None:
            await self._body(data[: len(data) // 2])
            return await self._cut()
        await self._last(data, State.ANSWERED)
        return None

    async def stream(self, answer: Answer, reply: Reply, frames: Iterable[Frame]) -> None:
        """Send an answer as events. Its input is billed at once, of its output what is sent."""
        self._bill(answer, 0)
        await self.gates.passed(reply.delay)
        if reply.cut_after == 0:
            return await self._cut()
        await self._head(200, "text/event-stream")
        cut_at = None if reply.cut_after is None else min(reply.cut_after, answer.chunks)
        for frame in frames:
            if frame.says is not None:
                await self._before_chunk(reply)
            await self._body(frame.data)
            if frame.says is not None:
                self.entry.chunks_sent += 1
                self._bill(answer, self.entry.chunks_sent)
            if self.entry.chunks_sent == cut_at:
                return await self._cut()
            if self.entry.chunks_sent == reply.fades_after:
                return await self._last(b"", State.PROVIDER_CUT)
        await self._last(b"", State.ANSWERED)
        return None

    async def _before_chunk(self, reply: Reply) -> None:
        number = self.entry.chunks_sent
        await self.gates.passed(reply.gates.get(number, 0.0))
        if number:
            await self.gates.passed(reply.pace)

    async def _head(
        self,
        status: int,
        kind: str,
        headers: Mapping[str, str] = {},
        length: int | None = None,
    ) -> None:
        sent = {"content-type": kind, "x-request-id": f"req_{self.entry.number}", **headers}
        if length is not None:
            sent["content-length"] = str(length)
        self.entry.status = status
        await self.send(
            {
                "type": "http.response.start",
                "status": status,
                "headers": [(name.encode(), value.encode()) for name, value in sent.items()],
            }
        )
        self.entry.state = State.ANSWERING
        self.ledger.note(self.entry)

    async def _body(self, data: bytes) -> None:
        await self.send({"type": "http.response.body", "body": data, "more_body": True})

    async def _last(self, data: bytes, state: State) -> None:
        await self.send({"type": "http.response.body", "body": data, "more_body": False})
        # Sending to a connection that is closed is not an error, and not an answer either.
        self.ledger.end(self.entry, State.CLIENT_CUT if self.line.lost.is_set() else state)

    async def _cut(self) -> None:
        self.line.cut()
        self.ledger.end(self.entry, State.PROVIDER_CUT)
        await self.line.lost.wait()

    def _bill(self, answer: Answer, chunks: int) -> None:
        entry = self.entry
        entry.input_tokens = answer.input_tokens
        entry.output_tokens = answer.tokens_after(chunks)
        entry.usd = (
            entry.input_tokens * self.prices.input_usd
            + entry.output_tokens * self.prices.output_usd
        )
        self.ledger.note(entry)
