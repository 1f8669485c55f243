"""The built-in arms, their models being those of a scripted provider."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from app import event_store
from app.vault import new_key
from arms.config import ModelSettings
from arms.roster import load_arms
from arms.scripted import ScriptedProvider
from arms.scripted.script import Script
from octollm.arm import Arm, ArmContext, Outcome
from octollm.contracts import TaskContract

MODEL = "openai-compatible:scripted"
USD_PER_TOKEN = Decimal("0.000001")
PRICE = {"input_per_million": 1, "output_per_million": 1}


def roster(
    base_url: str, *, model_prices: Mapping[str, Any] | None = None, **settings: Any
) -> Mapping[str, Arm]:
    """Return the arms by name; `model_prices` is the price of the model itself."""
    return load_arms(
        ModelSettings(
            model=MODEL,
            model_base_url=base_url,
            model_api_key=SecretStr("sk-canary"),
            model_prices={MODEL: model_prices or PRICE},
            **settings,
        )
    ).arms


@asynccontextmanager
async def thinking(
    make_house: Callable[..., Any],
    script: Script = (),
    *,
    provider: Mapping[str, Any] | None = None,
    models: Mapping[str, Any] | None = None,
    **changes: Any,
) -> AsyncIterator[tuple[Any, ScriptedProvider]]:
    """Run a house and a worker whose arms ask a provider of that script. A token costs
    `USD_PER_TOKEN`."""
    manners = {"usd_per_input_token": USD_PER_TOKEN, "usd_per_output_token": USD_PER_TOKEN}
    async with ScriptedProvider(script, **(manners | dict(provider or {}))) as serving:
        # A busy machine must not make a worker count as dead.
        changes = {"worker_stale": 60, "secret_key": new_key()} | changes
        house = await make_house(arms=roster(serving.base_url, **(models or {})), **changes)
        house.start_worker()
        yield house, serving
        await house.stop_workers()


async def events_of(house: Any, task_id: str, event_type: str) -> list[dict[str, Any]]:
    """Return the data of a task's events of one type, oldest first."""
    async with house.parts.database.transaction() as session:
        events = await event_store.list_events(session, UUID(task_id))
    return [event.data for event in events if event.type == event_type]


class Heard:
    """An arm of a house that tells when it has drafted a text."""

    def __init__(self, house: Any, name: str, text: str) -> None:
        self._arm, self._text = house.parts.pipeline.arms[name], text
        self.drafted = asyncio.Event()
        house.parts.pipeline.arms[name] = self

    def __getattr__(self, name: str) -> Any:
        return getattr(self._arm, name)

    async def run(self, contract: TaskContract, context: ArmContext) -> Outcome:
        def draft(text: str) -> None:
            context.draft(text)
            if text == self._text:
                self.drafted.set()

        made: Outcome = await self._arm.run(contract, replace(context, draft=draft))
        return made


async def cancelled_at(house: Any, text: str) -> dict[str, Any]:
    """Submit a task to the assistant, cancel it once it has drafted a text; return how it ended."""
    heard = Heard(house, "assistant", text)
    task_id = await house.submit("Tell me a story.", assigned_arm="assistant")
    async with asyncio.timeout(20):
        await heard.drafted.wait()
    await house.http.post(f"/tasks/{task_id}/cancel")
    task: dict[str, Any] = await house.ended(task_id)
    return task
