"""Workers are killed while their models answer: no cap breaks, nothing settled is bought again."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from decimal import Decimal
from typing import Any

from books import Books
from processes import Fleet

from app.vault import new_key
from arms.scripted import Reply, ScriptedProvider
from arms.scripted.ledger import Entry, Ledger
from arms.scripted.request import ModelRequest

TASKS = 24
STOPPED = (2, 15, 30)
"""Which answers stop half-way, counted from 1 in the order of the requests."""

CAP = Decimal("0.01")
MODEL = "openai-compatible:scripted"
PRICES = f'{{"{MODEL}": {{"input_per_million": 2, "output_per_million": 2}}}}'
SETTINGS = {
    "OCTOLLM_MODEL": MODEL,
    "OCTOLLM_SECRET_KEY": new_key(),
    "OCTOLLM_MODEL_PRICES": PRICES,
    "OCTOLLM_MODEL_MAX_OUTPUT_TOKENS": "600",
    "OCTOLLM_MAX_ATTEMPTS": "100",
    "OCTOLLM_WORKER_CONCURRENCY": "3",
}
SETTLED = """
    SELECT task_id::text || '-' || left(request_hash, 32), settled_at
    FROM model_calls WHERE state = 'settled'
"""
UNCERTAIN = """
    SELECT task_id::text || '-' || left(request_hash, 32), count(*)
    FROM model_calls WHERE state <> 'settled' GROUP BY 1
"""


async def test_no_cap_breaks_and_nothing_is_bought_twice(street: Any, books: Books) -> None:
    """Now and then an answer stops half-way: then all workers are killed, and new ones started."""
    fleet: Fleet = street.fleet
    price = Decimal("2e-6")
    async with ScriptedProvider(
        Moody(), usd_per_input_token=price, usd_per_output_token=price
    ) as provider:
        fleet.environment |= SETTINGS | {"OCTOLLM_MODEL_BASE_URL": provider.base_url}
        _, street.http.base_url = await fleet.api(street.reflex_url)
        for number in range(TASKS):
            await street.submit(
                f"Say yes, number {number}.",
                assigned_arm="assistant",
                acceptance_criteria=[{"type": "contains", "text": "yes"}],
                budget={"max_cost_usd": float(CAP), "max_tokens": 100_000},
            )
        for kill in range(len(STOPPED)):
            workers = [await fleet.worker(street.reflex_url) for _ in range(2)]
            async with asyncio.timeout(60):
                await provider.ledger.until(lambda ledger, nth=kill: stopped(ledger) > nth)  # type: ignore[misc]
            await asyncio.gather(*(worker.ends(signal.SIGKILL) for worker in workers))
        await fleet.worker(street.reflex_url)
        await books.all_ended(120)
        calls = [entry for entry in provider.ledger.entries if entry.is_call]
    for (task_id,) in books.rows("SELECT id::text FROM tasks"):
        assert 0 < sum(entry.usd for entry in calls if entry.contains(task_id)) <= CAP
    settled = dict(books.rows(SETTLED))
    uncertain = dict(books.rows(UNCERTAIN))
    for entry in calls:
        key = asked(entry)
        assert key not in settled or entry.received_at < settled[key].timestamp()
    bought = Counter(asked(entry) for entry in calls if entry.completed)
    assert all(times <= 1 + uncertain.get(key, 0) for key, times in bought.items())
    assert len(uncertain) >= len(STOPPED)


class Moody:
    """Says no to everything, and stops half-way through some of its answers."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, request: ModelRequest) -> Reply:
        self.asked += 1
        gates = {1: "never"} if self.asked in STOPPED else {}
        return Reply(["no ", "and no"], input_tokens=700, output_tokens=600, gates=gates)


def asked(entry: Entry) -> str:
    """Return whose request it is and which: the key without the tokens that were granted."""
    return entry.headers["idempotency-key"].rpartition("-")[0]


def stopped(ledger: Ledger) -> int:
    """Count the answers that stopped half-way."""
    return sum(entry.number in STOPPED and entry.chunks_sent > 0 for entry in ledger.entries)
