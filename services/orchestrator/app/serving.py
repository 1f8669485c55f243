"""Runs an application under uvicorn on a port checked first; runs a process until a signal."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading

import structlog
import uvicorn
from fastapi import FastAPI

from app.config import MAX_CONNECTIONS
from octollm.service.addresses import proxies
from octollm.service.connections import Connections, with_files_for

GRACE_SECONDS = 10
KEEP_ALIVE_SECONDS = 30
BACKLOG = 2_048
FORCED = 130
LEAVING_SECONDS = 5.0
"""How long a worker may take, beyond the grace of its tasks, to write what became of them."""

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM)


log = structlog.get_logger(__name__)


class PortTaken(Exception):
    """Somebody else listens on that address; the message says so and what to do."""


def listen(host: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 takes any free one. Raises PortTaken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without its protocol asyncio does not know that it may send at once: answers wait for 40 ms.
    listener = socket.socket(family, proto=socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise PortTaken(
            f"Cannot listen on {host}:{port}: {error.strerror}. Is another OctoLLM running there? "
            "Choose another port with --port."
        ) from None
    return listener


def url_of(listener: socket.socket) -> str:
    """Return the base URL of what listens there."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(uvicorn.Server):
    """Lets those go who wait for a task, before it waits for their connections to end."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._state = app.state

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if (completions := getattr(self._state, "completions", None)) is not None:
            completions.close()
        await super().shutdown(sockets)


def server_of(
    app: FastAPI, trusted_proxies: str = "", max_connections: int = MAX_CONNECTIONS
) -> uvicorn.Server:
    """Return a uvicorn server for `app`; `await server.serve(sockets=[...])` runs it.

    `trusted_proxies` are those whose `X-Forwarded-For` counts, separated by commas. Of more than
    `max_connections` at a time the others are answered 503, but for what probes ask.
    """
    trusted = proxies(trusted_proxies)
    return Server(
        uvicorn.Config(
            app,
            http=Connections(with_files_for(max_connections)),  # type: ignore[arg-type]  # it calls it
            ws="none",  # nothing here is a WebSocket, and one would be outside of all limits
            log_config=None,
            access_log=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=GRACE_SECONDS,
            server_header=False,
            # Else uvicorn believes whoever asks from this machine, and FORWARDED_ALLOW_IPS.
            proxy_headers=bool(trusted),
            forwarded_allow_ips=trusted,
            lifespan="on",
        ),
        app,
    )


async def until_started(server: uvicorn.Server, serving: asyncio.Task[None]) -> None:
    """Return when `server` answers. Raises RuntimeError if it gave up; its log says why."""
    while not server.started:
        if serving.done():
            raise RuntimeError("the API did not start")
        await asyncio.sleep(0.01)  # uvicorn offers a flag and no event


def stop_signal(within: float | None = None) -> asyncio.Event:
    """Return an event that SIGINT and SIGTERM set; a second signal ends the process at once, and so
    do, after the first, `within` seconds.

    Nothing is lost by that: tasks that were running are found again as after a crash.
    """
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()

    def signalled() -> None:
        if stop.is_set():
            os._exit(FORCED)
        stop.set()
        if within is not None:
            # A thread, since what holds the process up may be the loop itself, or its end.
            leaving = threading.Timer(within, _leave, (within,))
            leaving.daemon = True
            leaving.start()

    for number in STOP_SIGNALS:
        loop.add_signal_handler(number, signalled)
    return stop


def _leave(after: float) -> None:
    log.warning("stopped at once: its tasks are found as a dead worker's", seconds=after)
    os._exit(0)
