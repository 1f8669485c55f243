"""The scripted server, and both clients behind one blocking face."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from contextvars import copy_context
from typing import Any

import pytest

from octollm import AsyncClient, Client

from .scripted_server import ScriptedServer


@pytest.fixture(autouse=True)
def _no_settings_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OCTOLLM_URL", "OCTOLLM_API_KEY", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def server() -> Iterator[ScriptedServer]:
    scripted = ScriptedServer()
    yield scripted
    scripted.close()


class Blocking:
    """An AsyncClient whose calls block and whose iterators are lists, as Client is used."""

    def __init__(self, runner: asyncio.Runner, **options: Any) -> None:
        self._runner = runner
        self._client = AsyncClient(**options)

    def __getattr__(self, name: str) -> Any:
        member = getattr(self._client, name)
        return self._blocking(member) if callable(member) else member

    def _blocking(self, method: Callable[..., Any]) -> Callable[..., Any]:
        async def collect(items: Any) -> list[Any]:
            return [item async for item in items]

        def call(*args: Any, **kwargs: Any) -> Any:
            made = method(*args, **kwargs)
            work = made if inspect.iscoroutine(made) else collect(made)
            return self._runner.run(work, context=copy_context())  # its own would be an old one

        return call


@pytest.fixture(params=["Client", "AsyncClient"])
def connect(request: pytest.FixtureRequest, server: ScriptedServer) -> Iterator[Callable[..., Any]]:
    """Return what makes a client of the scripted server, of either class."""
    with ExitStack() as stack:

        def make(**options: Any) -> Any:
            options = {"url": server.url} | options
            if request.param == "Client":
                return stack.enter_context(Client(**options))
            runner = stack.enter_context(asyncio.Runner())
            client = Blocking(runner, **options)
            stack.callback(client.aclose)
            return client

        yield make


@pytest.fixture
def client(connect: Callable[..., Any]) -> Any:
    return connect()
