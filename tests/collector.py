"""What traces are sent to: a receiver of OTLP over HTTP (protobuf), on a free loopback port."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Self

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest


@dataclass(frozen=True)
class Seen:
    """A span as it arrived. Ids are in hex; `parent` is empty for a root."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent: str
    kind: int
    status: int
    attributes: dict[str, Any]


class Collector:
    """To be used as an async context manager. `bodies` are all requests' bytes."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.spans: list[Seen] = []
        self._arrived = asyncio.Condition()
        self._server: asyncio.Server | None = None

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._server is not None
        self._server.close()

    @property
    def environment(self) -> dict[str, str]:
        """The variables that send a process's traces here, soon after they are made."""
        assert self._server is not None
        host, port = self._server.sockets[0].getsockname()
        return {
            "OTEL_EXPORTER_OTLP_ENDPOINT": f"http://{host}:{port}",
            "OTEL_BSP_SCHEDULE_DELAY": "50",
        }

    async def has(self, wanted: Callable[[list[Seen]], bool]) -> list[Seen]:
        """Return all spans as soon as they are what is wanted."""
        async with asyncio.timeout(60), self._arrived:
            await self._arrived.wait_for(lambda: wanted(self.spans))
            return list(self.spans)

    def named(self, name: str, service: str = "") -> list[Seen]:
        return [s for s in self.spans if s.name == name and service in ("", s.service)]

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
                length = int(head.split("content-length:")[1].split("\r\n")[0])
                self._read(await reader.readexactly(length))
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                await writer.drain()
                async with self._arrived:
                    self._arrived.notify_all()
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    def _read(self, body: bytes) -> None:
        self.bodies.append(body)
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
            service = _attributes(resource.resource.attributes)["service.name"]
            for scope in resource.scope_spans:
                for span in scope.spans:
                    self.spans.append(
                        Seen(
                            service,
                            span.name,
                            span.trace_id.hex(),
                            span.span_id.hex(),
                            span.parent_span_id.hex(),
                            span.kind,
                            span.status.code,
                            _attributes(span.attributes),
                        )
                    )


def _attributes(pairs: Iterable[Any]) -> dict[str, Any]:
    return {p.key: getattr(p.value, p.value.WhichOneof("value") or "string_value") for p in pairs}
