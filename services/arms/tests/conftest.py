"""What an arm is given in these tests: a real screening of a few kinds, a list of events, an
account that is strict about what is written into it, and models of a scripted provider."""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from in_memory import Account
from openai import AsyncOpenAI
from pydantic import JsonValue, SecretStr
from pydantic_ai.models import Model

from arms.config import ModelSettings
from arms.model import Models
from arms.scripted import ScriptedProvider
from octollm.arm import Arm, ArmContext, Found, Outcome
from octollm.contracts import PiiPolicy, TaskContract
from octollm.verdict import PiiMatch, ReflexResponse

PRIVATE = {"Email": r"[\w.]+@\w+(?:\.\w+)*", "SSN": r"(?<=SSN )\d{9}\b"}


def verdict(matches: list[PiiMatch]) -> ReflexResponse:
    return ReflexResponse(
        request_id="r-1",
        status="blocked" if matches else "success",
        pii_detected=bool(matches),
        pii_matches=matches,
        injection_detected=False,
        injection_matches=[],
        injection_score=0,
        details="",
        cache_hit=False,
        processing_time_ms=0.1,
        ruleset="test",
    )


async def screen(text: str) -> ReflexResponse:
    if not 1 <= len(text) <= 100_000:
        raise ValueError("the Reflex Layer takes 1 to 100,000 characters")
    return verdict(
        [
            PiiMatch(pii_type=kind, start=found.start(), end=found.end(), confidence=0.9)
            for kind, pattern in PRIVATE.items()
            for found in re.finditer(pattern, text)
        ]
    )


@dataclass
class Attempt:
    """Runs an arm on a contract, as a worker would, and keeps the events it emitted."""

    number: int = 1
    screen: Callable[[str], Awaitable[ReflexResponse]] = screen
    library: list[Found] = field(default_factory=list)
    searches: list[tuple[str, int]] = field(default_factory=list)
    events: list[tuple[str, dict[str, JsonValue]]] = field(default_factory=list)

    async def emit(self, kind: str, data: dict[str, JsonValue]) -> None:
        self.events.append((kind, data))

    async def search(self, query: str, limit: int) -> list[Found]:
        self.searches.append((query, limit))
        return self.library[:limit]

    async def run(
        self,
        arm: Arm,
        goal: str = "Do it",
        context: str | None = None,
        constraints: dict[str, JsonValue] = {},
        pii_policy: PiiPolicy = "block",
    ) -> Outcome:
        contract = TaskContract(
            task_id="t",
            goal=goal,
            context=context,
            constraints=constraints,
            pii_policy=pii_policy,
        )
        deadline = datetime(2100, 1, 1, tzinfo=UTC)
        given = ArmContext(self.number, deadline, self.screen, self.emit, search=self.search)
        return await arm.run(contract, given)


@pytest.fixture
def attempt() -> Attempt:
    return Attempt()


@pytest.fixture
def make_attempt() -> type[Attempt]:
    return Attempt


@pytest.fixture
def contract() -> Callable[..., TaskContract]:
    def make(goal: str = "Do it", **fields: object) -> TaskContract:
        return TaskContract.model_validate({"task_id": "t", "goal": goal, **fields})

    return make


@pytest.fixture
def found() -> Callable[[list[tuple[int, int]]], ReflexResponse]:
    """Make a verdict of bare spans."""

    def make(spans: list[tuple[int, int]]) -> ReflexResponse:
        return verdict([PiiMatch(pii_type="Email", start=s, end=e, confidence=1) for s, e in spans])

    return make


@pytest.fixture
async def scripted() -> AsyncIterator[Callable[..., Any]]:
    """Start a scripted provider: `provider, openai = await scripted([Reply("Hi")])`."""
    async with AsyncExitStack() as stack:

        async def start(script: Any = (), **manners: Any) -> tuple[ScriptedProvider, AsyncOpenAI]:
            provider = await stack.enter_async_context(ScriptedProvider(script, **manners))
            openai = AsyncOpenAI(base_url=provider.base_url, api_key="secret", max_retries=0)
            return provider, await stack.enter_async_context(openai)

        yield start


@pytest.fixture
def make_account() -> Iterator[Callable[..., Account]]:
    """Make accounts that are checked at the end: each grant was ended, exactly once."""
    made: list[Account] = []

    def make(**limits: Any) -> Account:
        made.append(Account(**limits))
        return made[-1]

    yield make
    for account in made:
        account.close()


@pytest.fixture
def account(make_account: Callable[..., Account]) -> Account:
    return make_account()


PRICE = {"input_per_million": 1, "output_per_million": 2}


@pytest.fixture
async def make_models() -> AsyncIterator[Callable[..., Models]]:
    """Make the models of a provider: `make_models(provider, model_retries=0)`."""
    async with AsyncExitStack() as stack:

        def made(
            provider: ScriptedProvider, model: str = "openai-compatible:one", **changes: Any
        ) -> Models:
            names = [model, *changes.get("model_fallbacks", [])]
            settings: dict[str, Any] = {
                "model": model,
                "model_base_url": provider.base_url,
                "model_api_key": SecretStr("sk-canary"),
                "model_prices": {name: PRICE for name in names if name.startswith("openai-c")},
            }
            models = Models(ModelSettings(**(settings | changes)))
            stack.push_async_callback(models.aclose)
            return models

        yield made


def context_of(account: Account, seconds: float = 30, **fields: Any) -> ArmContext:
    ends = time.monotonic() + seconds
    return ArmContext(
        1,
        datetime.now(UTC) - timedelta(days=1),  # by a clock that somebody has set
        screen,
        Attempt().emit,
        ledger=account,
        seconds_left=lambda: ends - time.monotonic(),
        **fields,
    )


def opened(models: Models, account: Account, seconds: float = 30) -> Model:
    return models.opened(context_of(account, seconds))


@pytest.fixture
def make_context() -> Callable[..., ArmContext]:
    """Make what an arm is given: `make_context(account, draft=drafts.append)`."""
    return context_of


@pytest.fixture
def open_model(make_models: Callable[..., Models]) -> Callable[..., Model]:
    """Open the model of a provider on an account: `open_model(provider, account)`."""

    def open_one(
        provider: ScriptedProvider, account: Account, *, seconds: float = 30, **changes: Any
    ) -> Model:
        return opened(make_models(provider, **changes), account, seconds)

    return open_one


@pytest.fixture
def reopen() -> Callable[..., Model]:
    """Open models again: `reopen(models, account)`."""
    return opened


@pytest.fixture(params=["openai-compatible:one", "openai:gpt-5-mini"])
async def start(
    request: pytest.FixtureRequest,
    scripted: Any,
    open_model: Callable[..., Model],
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., Any]:
    """Start a provider; return it and what opens a model there, over either of OpenAI's APIs."""

    async def begin(script: Any = (), **manners: Any) -> tuple[Any, Callable[..., Model]]:
        provider, _ = await scripted(script, **manners)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-canary")
        monkeypatch.setenv("OPENAI_BASE_URL", provider.base_url)
        return provider, lambda account, **changes: open_model(
            provider, account, model=request.param, **changes
        )

    return begin
