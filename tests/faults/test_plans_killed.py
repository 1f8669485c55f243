"""Workers are killed at random while plans are carried out: caps hold, and words stay the same."""

from __future__ import annotations

import asyncio
import random
import re
import signal
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any

from books import Books
from processes import Fleet
from test_models_killed import MODEL, SETTINGS, SETTLED, UNCERTAIN, asked

from arms.scripted import Reply, ScriptedProvider
from arms.scripted.request import ModelRequest

CAPPED, HIDDEN = 25, 25
"""Plans of which the budget allows two calls, and plans with room for all, under `redact`."""

CAP = Decimal("0.01")
PRICES = f'{{"{MODEL}": {{"input_per_million": 1, "output_per_million": 3}}}}'
PER_CALL = 1_000
"""Tokens of input and of output of each call, which so costs $0.004."""

LONG = "Take care. " * 80
"""So that a call's input is reserved, a byte a token, at no less than it is billed."""

KILLS = 5
LEAST_CALLS = CAPPED + HIDDEN * 4
"""What all plans ask at least: a capped one whose first call was killed may have no more."""

CHANCE = random.Random()  # noqa: S311  (chooses moments, no secrets)


async def test_plans_keep_to_their_caps_and_to_their_words(
    street: Any, books: Books, figures: Any
) -> None:
    fleet: Fleet = street.fleet
    async with ScriptedProvider(
        answer, usd_per_input_token=Decimal("1e-6"), usd_per_output_token=Decimal("3e-6")
    ) as provider:
        fleet.environment |= SETTINGS | {
            "OCTOLLM_MODEL_BASE_URL": provider.base_url,
            "OCTOLLM_MODEL_PRICES": PRICES,
            "OCTOLLM_MODEL_MAX_OUTPUT_TOKENS": "1000",
            "OCTOLLM_WORKER_CONCURRENCY": "8",
            "OCTOLLM_WORKER_STALE": "5",
        }
        _, street.http.base_url = await fleet.api(street.reflex_url)
        capped = [
            await street.submit(f"Plan number {number}.", **plan_with(float(CAP)))
            for number in range(CAPPED)
        ]
        hidden = [
            await street.submit(f"Plan number {number}.", pii_policy="redact", **plan_with(1.0))
            for number in range(CAPPED, CAPPED + HIDDEN)
        ]
        for kill in range(KILLS):
            # Two start at once, and are killed before there is an end of calls to wait for.
            workers = await asyncio.gather(*(fleet.worker(street.reflex_url) for _ in range(2)))
            enough = LEAST_CALLS * kill // KILLS + CHANCE.randrange(3, LEAST_CALLS // KILLS)
            async with asyncio.timeout(60):
                await provider.ledger.until(lambda ledger, n=enough: len(ledger.entries) >= n)  # type: ignore[misc]
            await asyncio.gather(*(worker.ends(signal.SIGKILL) for worker in workers))
        # A first call that was killed holds what is left, and chance may kill that of every plan.
        last = f"Plan number {CAPPED + HIDDEN}."
        capped.append(await street.submit(last, **plan_with(float(CAP))))
        await fleet.worker(street.reflex_url)
        await books.all_ended(120)
        calls = [entry for entry in provider.ledger.entries if entry.is_call]
        tasks = {task_id: await street.task(task_id) for task_id in (*capped, *hidden)}

    paid: defaultdict[str, Decimal] = defaultdict(Decimal)
    worded: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in calls:
        task_id = entry.headers["idempotency-key"][:36]
        paid[task_id] += entry.usd
        part = re.search(r"Do part (\w) of", str(entry.body))
        # Of hidden ones every answer has room to be whole, and is asked for once. One whose worker
        # was killed while it sent the request has no body.
        if task_id in hidden and entry.body:
            worded[task_id, part[1] if part else "plan"].add(asked(entry))
    spent = [paid[task_id] for task_id in capped]
    assert max(spent) <= CAP, sorted(spent)
    whole = Counter(entry.headers["idempotency-key"][:36] for entry in calls if entry.completed)
    most = max(whole[task_id] for task_id in capped)
    assert most >= 2, "two calls of one plan fit, and none was made"
    ends = Counter(tasks[task_id]["status"] for task_id in hidden)
    assert ends == {"completed": HIDDEN}, ends
    assert [key for key, requests in worded.items() if len(requests) > 1] == [], "other words"
    settled = dict(books.rows(SETTLED))
    uncertain = dict(books.rows(UNCERTAIN))
    for entry in calls:
        key = asked(entry)
        assert key not in settled or entry.received_at < settled[key].timestamp()
    assert uncertain, "no kill met a call, and nothing was tried"
    bought = Counter(asked(entry) for entry in calls if entry.completed)
    assert all(times <= 1 + uncertain.get(key, 0) for key, times in bought.items())
    for task_id in hidden:
        number = re.search(r"\d+", tasks[task_id]["goal"])
        assert number
        output = tasks[task_id]["result"]["output"]
        assert output == f"Asked a.{number[0]}@example.org and b.{number[0]}@example.org."
    figures(
        accepted=len(tasks),
        finished=sum(task["status"] in ("completed", "failed") for task in tasks.values()),
        kills=2 * KILLS,
        model_calls=len(calls),
        uncertain=sum(uncertain.values()),
    )


def plan_with(usd: float) -> dict[str, Any]:
    budget = {"max_cost_usd": usd, "max_tokens": 100_000}
    return {"assigned_arm": "planner", "budget": budget}


def answer(request: ModelRequest) -> Reply:
    """Plan three steps, of which two are independent and make a private value each."""
    slow = CHANCE.random() / 2
    if "You part one goal into steps" in request.text:
        number = re.findall(r"Plan number (\d+)", request.text)[-1]
        steps = [
            {"id": "a", "arm": "assistant", "goal": f"Do part a of {number}. {LONG}", "needs": []},
            {"id": "b", "arm": "assistant", "goal": f"Do part b of {number}. {LONG}", "needs": []},
            {
                "id": "c",
                "arm": "assistant",
                "goal": f"Do part c of {number}. {LONG}",
                "needs": ["a", "b"],
            },
        ]
        return told(output={"steps": steps}, delay=slow)
    found = re.findall(r"Do part (\w) of (\d+)", request.text)
    part, number = found[-1]
    if part != "c":
        return told(f"Ask {part}.{number}@example.org.", delay=CHANCE.random())
    of_a, of_b = re.findall(r"Ask ([^\s]+?)\.(?=\s|$)", request.text)[:2]
    return told(f"Asked {of_a} and {of_b}.", delay=slow)


def told(text: str = "", output: Any = None, *, delay: float) -> Reply:
    return Reply(text, output=output, delay=delay, input_tokens=PER_CALL, output_tokens=PER_CALL)
