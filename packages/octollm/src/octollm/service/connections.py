"""How many connections a server has open at a time, and what becomes of those past that.

uvicorn's `limit_concurrency` counts the same, but refuses requests on connections that were there
before, health checks too, in plain text.
"""

from __future__ import annotations

import asyncio
import resource
import time
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn import Config
from uvicorn.server import ServerState

from octollm.errors import TooManyConnections
from octollm.service import problems
from octollm.service.edge import add_header
from octollm.service.heads import HeadLimitProtocol, answer_of

RETRY_AFTER_SECONDS: Final = 2

HEARD: Final = 64
"""So many past the limit may ask: probes are answered, all else is 503."""

TOLD: Final = 64
"""So many past those are answered 503 unheard. What comes then is cut off without a word."""

OTHER_FILES: Final = 256
"""What a process opens beside connections of its callers: database, logs, models, and some room."""

LOG_SECONDS: Final = 60.0

_PAST: Final = "octollm.past-the-limit"


def _error() -> TooManyConnections:
    return TooManyConnections(retry_after=RETRY_AFTER_SECONDS)


_REFUSAL: Final = answer_of(_error(), "Service Unavailable")

log = structlog.get_logger(__name__)


class Connections:
    """Makes the protocols of a server that has `most` connections at a time: uvicorn's `http`.

    One past that takes the place of one that waits for a next request, if there is one.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self._told_at = float("-inf")

    def __call__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> HeadLimitProtocol:
        return _Protocol(self, config, server_state, app_state, _loop)

    def tell(self) -> None:
        """Log that connections are refused, once a minute."""
        now = time.monotonic()
        if now - self._told_at >= LOG_SECONDS:
            self._told_at = now
            log.warning("too many connections; those past the limit are refused", limit=self.most)


class _Protocol(HeadLimitProtocol):
    def __init__(self, limit: Connections, *uvicorns: Any) -> None:
        super().__init__(*uvicorns)
        self._limit, self._past = limit, False

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn
        super().connection_made(transport)
        past = len(self.connections) - self._limit.most
        if past <= 0 or (past <= HEARD and self._takes_a_place()):
            return
        self._past = True
        self._limit.tell()
        if past > HEARD + TOLD:
            transport.abort()
        elif past > HEARD:
            self._refuse(_REFUSAL)

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._past:
            self.scope["extensions"] = {_PAST: {}}

    def _takes_a_place(self) -> bool:
        for other in self.connections:
            if isinstance(other, _Protocol) and other._gives_way():
                other.transport.close()
                return True
        return False

    def _gives_way(self) -> bool:
        return not self._past and self.waits_for_a_next_request()


class CrowdMiddleware:
    """Answers requests on a connection past the limit 503, but those for paths of `always`."""

    def __init__(self, app: ASGIApp, always: tuple[str, ...]) -> None:
        self.app, self._always = app, always

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _PAST in scope.get("extensions", ()):
            add_header(scope, "Connection", "close")
            if scope["path"] not in self._always:
                await problems.render(_error())(scope, receive, send)
                return
        await self.app(scope, receive, send)


def with_files_for(connections: int) -> int:
    """Have the system let this process open that many connections; return how many it will have.

    The soft limit of open files, often 1,024, is raised; past the hard one there are fewer.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = connections + OTHER_FILES
    if soft == resource.RLIM_INFINITY or soft >= needed:
        return connections
    raised = needed if hard == resource.RLIM_INFINITY else min(needed, hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
    if raised < needed:
        log.warning("this process may open too few files for its connections", files=raised)
    return max(1, min(connections, raised - OTHER_FILES))
