"""The provider in the loop of whoever uses it, on a loopback port of its own."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from contextlib import AsyncExitStack
from decimal import Decimal
from typing import Self

from arms.scripted.app import App, Manners
from arms.scripted.exchange import Prices
from arms.scripted.gates import Gates
from arms.scripted.ledger import Entry, Ledger
from arms.scripted.line import serving
from arms.scripted.script import Prompter, Reply, Script

LOOPBACK = "127.0.0.1"


class ScriptedProvider:
    """A model provider that says what it is told, over HTTP, in OpenAI's formats.

    `async with ScriptedProvider([Reply("Hello")]) as provider:` serves until the end of the
    block; give a client `provider.base_url` and any key.

    `script`: replies, or a function from a request to a reply. `default`: what a request gets
    that the script has nothing for; without it such a request is refused. `api_key`, `models`,
    `context_tokens`: what is refused, see `Manners`. Prices are US dollars for a token. `changed`
    is told of each change of the ledger. `port` 0 takes any that is free.
    """

    def __init__(
        self,
        script: Script = (),
        *,
        default: Reply | None = None,
        api_key: str | None = None,
        models: Sequence[str] = (),
        context_tokens: int | None = None,
        usd_per_input_token: Decimal = Decimal(0),
        usd_per_output_token: Decimal = Decimal(0),
        changed: Callable[[Entry], None] = lambda entry: None,
        port: int = 0,
    ) -> None:
        prices = Prices(usd_per_input_token, usd_per_output_token)
        manners = Manners(api_key, tuple(models), context_tokens, prices)
        self.ledger = Ledger(changed)
        self._gates = Gates()
        self._prompter = Prompter(script, default)
        self._app = App(manners, self._prompter, self.ledger, self._gates)
        self._port = port
        self._running = AsyncExitStack()

    @property
    def base_url(self) -> str:
        """What a client of OpenAI takes as its base URL. Known once the provider runs."""
        return f"http://{LOOPBACK}:{self._port}/v1"

    @property
    def left(self) -> list[Reply]:
        """The replies nobody got yet; empty when a test used up its script."""
        return self._prompter.left

    def gate(self, name: str) -> asyncio.Event:
        """Return the gate of that name: replies that wait for it go on once it is `set()`."""
        return self._gates.named(name)

    async def __aenter__(self) -> Self:
        """Start to listen. Raises OSError if the port is taken."""
        async with AsyncExitStack() as stack:
            listener = stack.enter_context(socket.socket(proto=socket.IPPROTO_TCP))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((LOOPBACK, self._port))
            self._port = listener.getsockname()[1]
            await stack.enter_async_context(serving(self._app, listener))
            self._running = stack.pop_all()
        return self

    async def __aexit__(self, *raised: object) -> None:
        """Drop what is open and stop."""
        await self._running.aclose()
