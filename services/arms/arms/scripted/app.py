"""The endpoints: what a request is refused for, and which reply answers it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus

from pydantic import JsonValue
from starlette.types import Receive, Scope, Send

from arms.scripted import chat, errors, responses
from arms.scripted.answer import compose
from arms.scripted.errors import Refusal
from arms.scripted.exchange import Exchange, Prices
from arms.scripted.gates import Gates
from arms.scripted.ledger import Entry, Ledger, State
from arms.scripted.line import Line
from arms.scripted.request import Api, Json, ModelRequest
from arms.scripted.script import Prompter, Reply

CREATES: dict[str, Api] = {"/v1/chat/completions": "chat", "/v1/responses": "responses"}
COUNTS = "/v1/responses/input_tokens"
MODELS = "/v1/models"
GATES = "/scripted/gates/"
_INPUT: dict[Api, str] = {"chat": "messages", "responses": "input"}
_FORMATS = {"chat": chat, "responses": responses}
_SECRET = {"authorization", "api-key", "x-api-key", "cookie", "proxy-authorization"}


@dataclass(frozen=True)
class Manners:
    """How the provider treats all requests alike.

    `api_key`: the only one it takes; None takes any. `models`: those there are; none named means
    any. `context_tokens`: the longest input. `prices`: what tokens cost.
    """

    api_key: str | None = None
    models: tuple[str, ...] = ()
    context_tokens: int | None = None
    prices: Prices = field(default_factory=Prices)


@dataclass(frozen=True)
class App:
    """The provider as an ASGI application."""

    manners: Manners
    prompter: Prompter
    ledger: Ledger
    gates: Gates

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, and stop at once where the client is gone."""
        line: Line = scope["state"]["line"]
        data = await _read(receive)
        if scope["path"].startswith(GATES):
            return await self._open_gate(scope, send)
        entry = _entry(len(self.ledger.entries) + 1, scope, data)
        self.ledger.note(entry)
        exchange = Exchange(entry, line, send, self.ledger, self.gates, self.manners.prices)
        key = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        answering = asyncio.create_task(self._answer(exchange, key))
        lost = asyncio.create_task(line.lost.wait())
        try:
            await asyncio.wait({answering, lost}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (answering, lost):
                task.cancel()
        await asyncio.wait({answering, lost})
        self.ledger.end(entry, State.PROVIDER_CUT if line.cut_here else State.CLIENT_CUT)
        if not answering.cancelled():
            answering.result()
        return None

    async def _answer(self, exchange: Exchange, key: str) -> None:
        entry = exchange.entry
        if self.manners.api_key is not None and key != f"Bearer {self.manners.api_key}":
            return await exchange.refuse(errors.wrong_key())
        if entry.method == "GET" and (entry.path + "/").startswith(MODELS + "/"):
            return await self._tell_models(exchange)
        api: Api | None = "responses" if entry.path == COUNTS else CREATES.get(entry.path)
        if api is None or entry.method != "POST":
            return await exchange.refuse(errors.no_such_route(entry.method, entry.path))
        if not isinstance(entry.body, dict):
            return await exchange.refuse(errors.malformed("The body must be a JSON object."))
        request = ModelRequest(api, entry.body, entry.headers)
        if refusal := self._refusal(request):
            return await exchange.refuse(refusal)
        if entry.path == COUNTS:
            counted: Json = {"object": "response.input_tokens"}
            return await exchange.say(counted | {"input_tokens": request.input_tokens})
        return await self._perform(exchange, request)

    def _refusal(self, request: ModelRequest) -> Refusal | None:
        """Return what a request is refused for, whatever the script says, or None."""
        name, models = _INPUT[request.api], self.manners.models
        if not request.model:
            return errors.malformed("You must provide a model parameter.", "model")
        if not request.body.get(name):
            return errors.malformed(f"Missing required parameter: '{name}'.", name)
        if models and request.model not in models:
            return errors.unknown_model(request.model)
        if request.limit is not None and request.limit < 1:
            return errors.malformed("The limit of output tokens must be at least 1.", "max_tokens")
        most = self.manners.context_tokens
        if most is not None and request.input_tokens > most:
            return errors.too_long(most, request.input_tokens, name)
        return None

    async def _perform(self, exchange: Exchange, request: ModelRequest) -> None:
        reply = self._reply(request)
        if isinstance(reply, Refusal):
            return await exchange.refuse(reply)
        if reply.hang:
            return await exchange.hang()
        if reply.fails:
            await self.gates.passed(reply.delay)
            return await exchange.refuse(errors.scripted(reply))
        entry, form = exchange.entry, _FORMATS[request.api]
        seed = entry.body_sha256[:24]
        answer = compose(reply, request, seed=seed, created=int(entry.received_at))
        if request.stream:
            return await exchange.stream(answer, reply, form.stream(answer, request))
        return await exchange.whole(answer, reply, form.whole(answer, request))

    def _reply(self, request: ModelRequest) -> Reply | Refusal:
        """Return the script's reply. What a function of the test raises is told to the client."""
        try:
            reply = self.prompter.choose(request)
        except Exception as error:
            return errors.off_script(f"The script raised {type(error).__name__}: {error}")
        return reply or errors.off_script("The script has no reply left for this request.")

    async def _tell_models(self, exchange: Exchange) -> None:
        """Answer `GET /v1/models` and `GET /v1/models/{model}`."""
        name = exchange.entry.path[len(MODELS) + 1 :]
        if not name:
            models: list[JsonValue] = [_model(model) for model in self.manners.models]
            return await exchange.say({"object": "list", "data": models})
        if name not in self.manners.models:
            return await exchange.refuse(errors.unknown_model(name))
        return await exchange.say(_model(name))

    async def _open_gate(self, scope: Scope, send: Send) -> None:
        """Answer `POST /scripted/gates/{name}`: what waits for that gate goes on."""
        found = scope["method"] == "POST"
        if found:
            self.gates.named(scope["path"].removeprefix(GATES)).set()
        status = HTTPStatus.NO_CONTENT if found else HTTPStatus.METHOD_NOT_ALLOWED
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _read(receive: Receive) -> bytes:
    parts = []
    while (message := await receive())["type"] == "http.request":
        parts.append(message["body"])
        if not message["more_body"]:
            break
    return b"".join(parts)


def _entry(number: int, scope: Scope, data: bytes) -> Entry:
    """Return the entry of a request that was read. Keys do not get into it."""
    return Entry(
        number=number,
        method=scope["method"],
        path=scope["path"],
        headers=dict(_open(scope["headers"])),
        body=_parsed(data),
        body_sha256=hashlib.sha256(data).hexdigest(),
    )


def _open(headers: Iterable[tuple[bytes, bytes]]) -> Iterable[tuple[str, str]]:
    for name, value in headers:
        if (known := name.decode("latin-1").lower()) not in _SECRET:
            yield known, value.decode("latin-1")


def _parsed(data: bytes) -> JsonValue:
    try:
        body: JsonValue = json.loads(data)
    except ValueError:
        return None
    return body


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": 0, "owned_by": "scripted"}
