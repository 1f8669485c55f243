"""What a model call costs beyond the call: the door to models beside the bare library.

    make bench BENCH=calls

The same question goes to a provider that answers at once (`arms.scripted`, a process of its own):
by pydantic-ai alone; by pydantic-ai through our door, which recalls, reserves and settles on a
task's account in PostgreSQL and keeps the answer encrypted; and through LiteLLM's proxy, which logs
to PostgreSQL. One call at a time, each asking something else; rounds go round all, the first one
warm. Told are medians over all calls, and what each adds to the bare call. Prints a table, then a
line of JSON.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal
from pathlib import Path
from statistics import median, quantiles
from typing import Any, Final

from measures.peers import LITELLM, CannotRun, Peer, database_for, versions
from measures.programs import provider
from measures.told import about, arguments, tell
from prometheus_client import CollectorRegistry
from pydantic_ai import Agent
from pydantic_ai.models import Model
from rich.console import Console
from rich.table import Table

from app import embedded, lifecycle_store, migrate
from app.account import Account
from app.api_keys import DEFAULT_TENANT
from app.config import IN_PROCESS, Settings
from app.parts import Parts, assembled
from app.vault import new_key
from arms.config import ModelSettings, TokenPrice
from arms.model import Models
from octollm.arm import ArmContext
from octollm.contracts import ResourceBudget, TaskRequest
from octollm.service import logs

BARE: Final = "pydantic-ai alone"
OURS: Final = "OctoLLM's door"
ROUNDS: Final = 3
NAME: Final = "openai-compatible:scripted"
PRICE: Final = TokenPrice(input_per_million=Decimal(1), output_per_million=Decimal(1))
MOST_ADDED: Final = 0.003
"""Seconds our door may add, the goal."""


def models_at(url: str) -> Models:
    """Return the model of a provider there."""
    return Models(ModelSettings(model=NAME, model_base_url=url, model_prices={NAME: PRICE}))


@asynccontextmanager
async def house(server: embedded.Server) -> AsyncIterator[Parts]:
    """Yield the parts of a worker on a database of its own."""
    server.create_database("ours")
    await asyncio.to_thread(migrate.upgrade, server.url("ours"))
    settings = Settings(
        database_url=server.url("ours"), reflex_url=IN_PROCESS, secret_key=new_key()
    )
    async with assembled(settings, {}, registry=CollectorRegistry()) as parts:
        yield parts


async def attempt(parts: Parts) -> ArmContext:
    """Begin a task and return what its arm would be given."""
    most = ResourceBudget(max_tokens=100_000, max_time_seconds=600, max_cost_usd=1)
    request = TaskRequest(goal="Answer some questions.", budget=most)
    accepted = await parts.pipeline.submit(request, tenant=DEFAULT_TENANT)
    async with parts.database.statements() as connection:
        begun = await lifecycle_store.claim(connection, {accepted.task_id: None})
    task, seconds = begun[accepted.task_id]
    if task.deadline_at is None or task.run_token is None:
        raise AssertionError("an attempt that has begun has both")
    return ArmContext(
        attempt=1,
        deadline_at=task.deadline_at,
        screen=parts.reflex.process,
        emit=_unheard,
        ledger=Account(parts.database, task.id, task.run_token, parts.vault),
        seconds_left=lambda: seconds,
    )


async def _unheard(event_type: str, data: dict[str, Any]) -> None:
    """Take an event of an arm and tell nobody."""


async def timed(model: Model, calls: int, turn: int) -> list[float]:
    """Return the seconds of each call."""
    agent, seconds = Agent(model), []
    for number in range(calls):
        began = time.perf_counter()
        await agent.run(f"Say something about report {turn}-{number:05}.")
        seconds.append(time.perf_counter() - began)
    return seconds


async def rounds(
    server: embedded.Server, calls: int, beside: dict[str, str]
) -> dict[str, list[float]]:
    """Return the seconds of all calls by the way they went; `beside` are URLs of proxies."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    with provider("Done.") as url:
        ways = {BARE: models_at(url)} | {name: models_at(at) for name, at in beside.items()}
        ours = models_at(url)
        async with AsyncExitStack() as stack:
            parts = await stack.enter_async_context(house(server))
            for models in (ours, *ways.values()):
                stack.push_async_callback(models.aclose)
            for turn in range(ROUNDS + 1):
                opened = {name: models.each()[0][0] for name, models in ways.items()}
                opened[OURS] = ours.opened(await attempt(parts))
                for name, model in opened.items():
                    seconds = await timed(model, calls, turn)
                    if turn:
                        found[name] += seconds
    return found


def measure(folder: Path, calls: int, peers: tuple[Peer, ...]) -> dict[str, Any]:
    """Return P50 and P99 by way, in seconds, and why a peer could not run."""
    absent: dict[str, str] = {}
    with embedded.running(folder) as server:
        found = {}
        for peer in peers:
            try:
                with (
                    peer.needs() as needed,
                    database_for(peer, server, needed) as url,
                    tempfile.NamedTemporaryFile("w") as log,
                    peer.serving(url, needed, log) as port,
                ):
                    beside = {peer.name: f"http://127.0.0.1:{port}/v1"}
                    found = asyncio.run(rounds(server, calls, beside))
            except CannotRun as why:
                absent[peer.name] = str(why)
        found = found or asyncio.run(rounds(server, calls, {}))
    return {"calls": {name: cut(seconds) for name, seconds in found.items()}, "absent": absent}


def cut(seconds: list[float]) -> dict[str, float]:
    return {"p50": median(seconds), "p99": quantiles(seconds, n=100)[98]}


def report(figures: dict[str, Any]) -> None:
    title = f"One call after the other, to a provider that takes no time, {figures['cpus']} CPUs"
    table = Table("", "P50", "P99", "added", "goal", title=title)
    bare = figures["calls"][BARE]["p50"]
    for name, one in figures["calls"].items():
        added = "" if name == BARE else f"{(one['p50'] - bare) * 1000:.1f} ms"
        goal = f"{MOST_ADDED * 1000:.0f} ms" if name == OURS else ""
        table.add_row(name, f"{one['p50'] * 1e3:.1f} ms", f"{one['p99'] * 1e3:.1f} ms", added, goal)
    for name, why in figures["absent"].items():
        table.add_row(name, "could not run", why)
    Console(highlight=False).print(table)


def main() -> None:
    given = arguments("Measure what a model call costs beyond the call.").parse_args()
    peers = () if given.alone else (LITELLM,)
    logs.configure("ERROR")
    with tempfile.TemporaryDirectory(prefix="octollm-bench-") as name:
        told = measure(Path(name), 40 if given.quick else 200, peers)
    figures = about("calls") | {"packages": versions(*peers)} | told
    report(figures)
    tell(figures, given.json)


if __name__ == "__main__":
    main()
