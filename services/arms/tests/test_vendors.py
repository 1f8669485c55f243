"""The official clients of Anthropic and Google pass the door as OpenAI's does.

Their packages are extras. Without them these tests are skipped, and say which one is missing.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from functools import partial
from importlib.util import find_spec
from typing import Any

import pytest
import vendor_servers as servers
from vendor_servers import Answer, Asked, Server

from arms.asking import ModelAway
from arms.assistant import Assistant
from arms.config import ModelSettings
from arms.model import Models
from octollm.errors import BudgetExceeded, ModelFailed

KEY = "sk-canary"


@dataclass(frozen=True)
class Vendor:
    """One of them: its client, what it is set by, how it answers and refuses."""

    package: str
    model: str
    url: str
    key: str
    answers: Callable[..., Answer]
    refuses: Callable[..., Answer]
    busy: int

    def limit_of(self, asked: Asked) -> int:
        """The most tokens that were asked for."""
        if self.package == "anthropic":
            return int(asked.body["max_tokens"])
        return int(asked.body["generationConfig"]["maxOutputTokens"])


VENDORS = (
    Vendor(
        "anthropic",
        "anthropic:claude-sonnet-5",
        "ANTHROPIC_BASE_URL",
        "ANTHROPIC_API_KEY",
        servers.anthropic,
        servers.anthropic_error,
        529,
    ),
    Vendor(
        "google.genai",
        "google:gemini-2.5-flash",
        "GOOGLE_GEMINI_BASE_URL",
        "GEMINI_API_KEY",
        servers.google,
        servers.google_error,
        503,
    ),
)


def is_here(package: str) -> bool:
    try:
        return find_spec(package) is not None
    except ModuleNotFoundError:
        return False


@pytest.fixture(params=VENDORS, ids=lambda vendor: vendor.package)
def vendor(request: pytest.FixtureRequest) -> Vendor:
    chosen: Vendor = request.param
    if not is_here(chosen.package):
        pytest.skip(f"the client {chosen.package} is not installed: it is an extra of octollm-arms")
    return chosen


@pytest.fixture
async def answer(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch, make_context: Any, contract: Any
) -> AsyncIterator[Callable[..., Any]]:
    """Have the assistant work on a task: `server, run = await answer(vendor.answers)`."""
    async with AsyncExitStack() as stack:

        async def start(serves: servers.Vendor, **settings: Any) -> tuple[Server, Any]:
            server = await stack.enter_async_context(servers.serving(serves))
            monkeypatch.setenv(vendor.url, server.base_url)
            monkeypatch.setenv(vendor.key, KEY)
            models = Models(ModelSettings(model=vendor.model, **settings))
            assert models.unavailable is None
            stack.push_async_callback(models.aclose)
            arm = Assistant(models)

            async def run(account: Any) -> Any:
                return await arm.run(contract("What is 6*7?"), make_context(account))

            return server, run

        yield start


class InTurn:
    """Answers with one after the other; what is only counted takes no turn."""

    def __init__(self, vendor: Vendor, *replies: Answer | None) -> None:
        self._vendor, self._replies = vendor, list(replies)

    def __call__(self, asked: Asked) -> Answer:
        reply = None if asked.counts else self._replies.pop(0)
        return self._vendor.answers(asked) if reply is None else reply


async def test_a_task_is_answered_and_settled_at_what_was_used(
    vendor: Vendor, answer: Any, account: Any
) -> None:
    server, run = await answer(vendor.answers)
    outcome = await run(account)
    assert (outcome.output, outcome.partial) == ("Six times seven is 42.", False)
    usage = account.settled[0].usage
    assert (usage.input_tokens, usage.output_tokens) == (30, 10)
    assert usage.cost_usd > 0
    (asked,) = server.calls
    assert vendor.limit_of(asked) == account.grants[0].output_tokens == 4_096
    assert asked.headers["idempotency-key"] == account.grants[0].key
    assert KEY in str(asked.headers)
    assert (await run(account)).output == outcome.output
    assert len(server.asked) == 1, "the same again is replayed"


async def test_where_bytes_do_not_fit_the_vendor_counts(
    vendor: Vendor, answer: Any, make_account: Any
) -> None:
    server, run = await answer(vendor.answers)
    account = make_account(tokens=200)
    assert (await run(account)).output == "Six times seven is 42."
    assert [one.counts for one in server.asked] == [True, False]
    limit = vendor.limit_of(server.calls[0])
    assert limit == account.grants[0].output_tokens == 200 - account.asks[0].input_tokens


async def test_what_does_not_fit_is_not_asked(
    vendor: Vendor, answer: Any, make_account: Any
) -> None:
    server, run = await answer(vendor.answers)
    with pytest.raises(BudgetExceeded):
        await run(make_account(tokens=40))
    assert server.calls == []


async def test_a_key_that_is_refused_is_not_tried_again(
    vendor: Vendor, answer: Any, account: Any
) -> None:
    server, run = await answer(InTurn(vendor, vendor.refuses(401)))
    with pytest.raises(ModelFailed, match="key") as raised:
        await run(account)
    assert "canary" not in str(raised.value)
    assert len(server.calls) == 1
    assert account.ended == ["released"]


async def test_a_busy_vendor_is_waited_for_as_long_as_it_says(
    vendor: Vendor, answer: Any, account: Any
) -> None:
    server, run = await answer(InTurn(vendor, vendor.refuses(429, {"retry-after": "1"}), None))
    began = time.monotonic()
    assert (await run(account)).output == "Six times seven is 42."
    assert time.monotonic() - began >= 1
    assert len(server.calls) == 2
    assert account.ended == ["released", "settled"]


async def test_an_overloaded_vendor_is_asked_no_more_often_than_was_set(
    vendor: Vendor, answer: Any, account: Any
) -> None:
    """The clients would ask again by themselves, behind the account's back."""
    busy = vendor.refuses(vendor.busy)
    server, run = await answer(InTurn(vendor, busy, busy), model_retries=1)
    with pytest.raises(ModelAway):
        await run(account)
    assert len(server.calls) == 2
    assert account.ended == ["released"] * 2


async def test_a_stream_that_ends_too_soon_is_uncertain(
    vendor: Vendor, answer: Any, account: Any
) -> None:
    _, run = await answer(partial(vendor.answers, ends=False))
    with pytest.raises(ModelAway):
        await run(account)
    assert account.ended == ["uncertain"]
    assert "Six times seven is 42." in str(account.ends)
