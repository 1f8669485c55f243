"""What goes wrong on purpose: errors, cut connections, clients that go away."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import httpx2
import openai as client
import pytest

from arms.scripted import Reply, State

HI = [{"role": "user", "content": "Hi"}]


async def ask(openai: Any, api: str, **options: Any) -> Any:
    """Ask in either format."""
    if api == "chat":
        return await openai.chat.completions.create(model="m", messages=HI, **options)
    return await openai.responses.create(model="m", input="Hi", **options)


async def read(stream: Any, said: list[str]) -> None:
    """Add what a stream says to a list, until it ends or breaks."""
    async for event in stream:
        if getattr(event, "choices", None):
            said.append(event.choices[0].delta.content)
        elif getattr(event, "type", "") == "response.output_text.delta":
            said.append(event.delta)


both = pytest.mark.parametrize("api", ["chat", "responses"])


@both
@pytest.mark.parametrize(
    ("status", "raised", "code"),
    [
        (400, client.BadRequestError, "context_length_exceeded"),
        (401, client.AuthenticationError, "invalid_api_key"),
        (403, client.PermissionDeniedError, "model_not_allowed"),
        (404, client.NotFoundError, "model_not_found"),
        (418, client.APIStatusError, None),
        (429, client.RateLimitError, "rate_limit_exceeded"),
        (500, client.InternalServerError, None),
        (503, client.InternalServerError, None),
        (529, client.InternalServerError, None),
    ],
)
async def test_an_error_is_the_one_the_client_knows(
    scripted: Any, api: str, status: int, raised: type[client.APIStatusError], code: str | None
) -> None:
    provider, openai = await scripted([Reply(status=status)])
    with pytest.raises(raised) as caught:
        await ask(openai, api)
    assert caught.value.code == code
    assert caught.value.type
    (entry,) = provider.ledger.calls
    assert (entry.state, entry.status, entry.usd) == (State.REFUSED, status, 0)


async def test_retry_after_is_sent_and_the_next_try_gets_the_next_reply(scripted: Any) -> None:
    late = Reply(status=429, retry_after=0.01, code="insufficient_quota", message="No money.")
    provider, openai = await scripted([late, Reply("Hello"), late])
    answer = await ask(openai.with_options(max_retries=1), "chat")
    assert answer.choices[0].message.content == "Hello"
    with pytest.raises(client.RateLimitError, match="No money") as caught:
        await ask(openai, "chat")
    assert caught.value.response.headers["retry-after"] == "0.01"
    assert caught.value.code == "insufficient_quota"
    assert [entry.status for entry in provider.ledger.calls] == [429, 200, 429]


async def test_a_wrong_key_and_an_unknown_model_are_refused(scripted: Any) -> None:
    provider, openai = await scripted(default=Reply("Hello"), api_key="secret", models=["n"])
    with pytest.raises(client.NotFoundError, match="`m` does not exist"):
        await ask(openai, "chat")
    assert [model.id async for model in openai.models.list()] == ["n"]
    assert (await openai.models.retrieve("n")).id == "n"
    with pytest.raises(client.NotFoundError):
        await openai.models.retrieve("m")
    with pytest.raises(client.AuthenticationError):
        await ask(openai.with_options(api_key="other"), "responses")
    assert "secret" not in str([entry.as_json() for entry in provider.ledger.entries])
    assert provider.ledger.spent_tokens() == 0


@both
async def test_an_input_that_is_too_long_is_refused(scripted: Any, api: str) -> None:
    _, openai = await scripted(default=Reply("Hello"), context_tokens=1)
    await ask(openai, "chat")
    with pytest.raises(client.BadRequestError, match="maximum context length is 1") as caught:
        await ask(openai, api, tools=[{"type": "function", "name": "f", "parameters": {}}])
    assert caught.value.code == "context_length_exceeded"


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/chat/completions", b"no JSON"),
        ("/chat/completions", b"[]"),
        ("/chat/completions", b'{"model": "m"}'),
        ("/responses", b'{"input": "Hi"}'),
        ("/responses", b'{"input": "Hi", "model": "m", "max_output_tokens": 0}'),
    ],
)
async def test_a_body_that_is_no_request_is_refused(scripted: Any, path: str, body: bytes) -> None:
    provider, openai = await scripted(default=Reply("Hello"))
    with pytest.raises(client.BadRequestError):
        await openai.post(path, content=body, cast_to=object)
    assert provider.ledger.calls[0].state is State.REFUSED


async def test_an_endpoint_that_is_not_there_is_refused(scripted: Any) -> None:
    _, openai = await scripted()
    with pytest.raises(client.NotFoundError, match="Invalid URL"):
        await openai.embeddings.create(model="m", input="Hi")


async def test_what_the_script_has_no_reply_for_is_refused_and_not_retried(scripted: Any) -> None:
    provider, openai = await scripted([Reply("Hello")])
    await ask(openai, "chat")
    with pytest.raises(client.BadRequestError, match="no reply left"):
        await ask(openai.with_options(max_retries=5), "chat")
    assert len(provider.ledger.calls) == 2


async def test_what_a_script_raises_is_told_to_the_client(scripted: Any) -> None:
    def script(request: Any) -> Reply:
        raise AssertionError("the prompt lacks the criteria")

    _, openai = await scripted(script)
    with pytest.raises(client.BadRequestError, match="AssertionError: the prompt lacks"):
        await ask(openai, "chat")


@both
@pytest.mark.parametrize("stream", [False, True])
async def test_a_connection_cut_before_the_first_byte(
    scripted: Any, api: str, stream: bool
) -> None:
    provider, openai = await scripted([Reply("Hello there!", cut_after=0)])
    with pytest.raises(client.APIConnectionError):
        await ask(openai, api, stream=stream)
    (entry,) = provider.ledger.calls
    assert (entry.state, entry.status, entry.chunks_sent) == (State.PROVIDER_CUT, None, 0)
    # A model that has begun on a whole answer ends it; of a stream only the input was used.
    assert entry.output_tokens == (0 if stream else 3)


@both
async def test_a_stream_cut_after_two_chunks(scripted: Any, api: str) -> None:
    provider, openai = await scripted([Reply("Hello there!", cut_after=2)])
    stream = await ask(openai, api, stream=True)
    said = [""]
    with pytest.raises(client.APIConnectionError):
        await read(stream, said)
    assert "".join(said) == "Hello th"
    (entry,) = provider.ledger.calls
    assert (entry.state, entry.chunks_sent, entry.output_tokens) == (State.PROVIDER_CUT, 2, 2)


async def test_a_cut_past_the_end_comes_before_the_end(scripted: Any) -> None:
    _, openai = await scripted([Reply("Hello there!", cut_after=99)])
    stream, said = await ask(openai, "chat", stream=True), [""]
    with pytest.raises(client.APIConnectionError):
        await read(stream, said)
    assert "".join(said) == "Hello there!"


async def test_a_whole_answer_cut_half_way(scripted: Any) -> None:
    provider, openai = await scripted([Reply("Hello there!", cut_after=1), Reply("Again.")])
    with pytest.raises(client.APIConnectionError):
        await ask(openai, "chat")
    assert provider.ledger.calls[0].state is State.PROVIDER_CUT
    assert (await ask(openai, "chat")).choices[0].message.content == "Again."


@both
async def test_a_client_that_goes_mid_stream_is_seen_and_billed_what_was_sent(
    scripted: Any, api: str
) -> None:
    never = asyncio.Event()
    provider, openai = await scripted([Reply("Hello there!", gates={2: never}, input_tokens=7)])
    stream = await ask(openai, api, stream=True)
    before = time.time()
    async with asyncio.timeout(10):
        await provider.ledger.until(lambda ledger: ledger.calls[0].chunks_sent == 2)
        await stream.close()
        await provider.ledger.calls[0].ended.wait()
    (entry,) = provider.ledger.calls
    assert entry.state is State.CLIENT_CUT
    assert before <= entry.ended_at <= time.time()
    assert (entry.input_tokens, entry.output_tokens) == (7, 2)


@pytest.mark.parametrize("reply", [Reply("Hello", delay="later"), Reply(hang=True)])
async def test_a_client_that_is_tired_of_waiting_is_seen(scripted: Any, reply: Reply) -> None:
    provider, openai = await scripted([reply])
    asking = asyncio.create_task(ask(openai, "chat"))
    async with asyncio.timeout(10):
        entry = await provider.ledger.received()
        asking.cancel()
        await entry.ended.wait()
    assert (entry.state, entry.status) == (State.CLIENT_CUT, None)


async def test_a_reply_that_hangs_times_the_client_out(scripted: Any) -> None:
    _, openai = await scripted([Reply(hang=True)])
    with pytest.raises(client.APITimeoutError):
        await ask(openai.with_options(timeout=0.05), "chat")


async def test_gates_open_one_after_the_other(scripted: Any) -> None:
    provider, openai = await scripted([Reply(["a", "b"], delay="start", gates={1: "rest"})])
    asking = asyncio.create_task(ask(openai, "chat", stream=True))
    async with asyncio.timeout(10):
        entry = await provider.ledger.received()
        assert not entry.ended.is_set()
        provider.gate("start").set()
        stream = await asking
        await provider.ledger.until(lambda ledger: entry.chunks_sent == 1)
        assert not entry.ended.is_set()
        async with httpx2.AsyncClient() as http:
            opened = await http.post(provider.base_url.removesuffix("/v1") + "/scripted/gates/rest")
        assert opened.status_code == 204
        said = [chunk.choices[0].delta.content async for chunk in stream]
    assert said == ["", "a", "b", None]
    assert entry.state is State.ANSWERED


async def test_a_provider_that_stops_drops_what_is_open(scripted: Any) -> None:
    provider, openai = await scripted([Reply(hang=True)])
    asking = asyncio.create_task(ask(openai, "chat"))
    async with asyncio.timeout(10):
        entry = await provider.ledger.received()
        await provider.__aexit__()
        with pytest.raises(client.APIConnectionError):
            await asking
    assert entry.state is State.PROVIDER_CUT
