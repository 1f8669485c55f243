"""What `octollm demo` plays with a model, which a script plays on loopback, its bill included.

No real model is asked and no key is needed, whatever OCTOLLM_MODEL says.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import SecretStr

from app import call_store, event_store
from app.database import Database
from app.demo_scenarios import LOG, WAIT_SECONDS, Scenario, Story
from app.models import ModelCall
from arms.config import ModelSettings, TokenPrice
from arms.roster import load_arms
from arms.scripted import Reply, ScriptedProvider
from octollm.arm import Arm
from octollm.client import AsyncClient
from octollm.contracts import ResourceBudget, TaskRequest, TaskResponse, TaskStatus

MODEL = "openai-compatible:scripted"
USD_PER_MILLION = (Decimal(3), Decimal(15))
"""What input and output cost: about what a large model does in 2026."""

BUDGET = ResourceBudget(max_tokens=6_000, max_cost_usd=0.05)
FIRST = '{"volume": "data"}'
SECOND = '{"volume": "data", "first_step": "Free space on it, then start job 8841 again."}'
SENTENCE = "It says what to do first."
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "properties": {"volume": {"type": "string"}, "first_step": {"type": "string"}},
    "required": ["volume", "first_step"],
}
CRITERIA: list[Any] = [{"type": "json_schema", "schema": SCHEMA}, SENTENCE]


def scripted() -> ScriptedProvider:
    """Return the model's part, in order: an answer, its judge, the answer mended, its judge."""
    of_input, of_output = (price / 1_000_000 for price in USD_PER_MILLION)
    script = [
        Reply(FIRST),
        _judging("failed", "No first step is named."),
        Reply(SECOND),
        _judging("passed", "Free space on it"),
    ]
    return ScriptedProvider(script, usd_per_input_token=of_input, usd_per_output_token=of_output)


def arms(
    provider: ScriptedProvider,
    *,
    model: str = MODEL,
    max_output_tokens: int = 300,
    retries: int = 2,
) -> Mapping[str, Arm]:
    """Return the arms there are, with that model. Each setting is given, so that nothing of the
    environment makes them ask another."""
    of_input, of_output = USD_PER_MILLION
    price = TokenPrice(input_per_million=of_input, output_per_million=of_output)
    settings = ModelSettings(
        model=model,
        model_fallbacks=[],
        model_base_url=provider.base_url,
        model_api_key=SecretStr("none"),
        model_prices={model: price},
        model_max_output_tokens=max_output_tokens,
        model_retries=retries,
        judge_model="",
    )
    return load_arms(settings).arms


def scenario(provider: ScriptedProvider, database: Database) -> Scenario:
    """Return the scenario, played with that model; the task's history is read from `database`."""

    async def within_budget(client: AsyncClient, story: Story) -> None:
        """A model works on a goal within its budget (scripted model)"""
        request = TaskRequest(
            goal="Name the volume that fails in this log, and what to do first, as JSON.",
            context=LOG,
            acceptance_criteria=CRITERIA,
            assigned_arm="assistant",
            budget=BUDGET,
        )
        story.sent = (
            f"POST /submit  goal: {request.goal}  criteria: 0 a JSON Schema, 1 “{SENTENCE}”  "
            f"budget: {BUDGET.max_tokens:,} tokens, ${BUDGET.max_cost_usd}"
        )
        story.answer("the model is played by a script: no real model, no key")
        accepted = await client.submit(request)
        task = await client.wait(accepted.task_id, timeout=WAIT_SECONDS)
        async with database.transaction() as session:
            calls = await call_store.list_calls(session, task.task_id)
        verdicts = _tell_work(story, task, await _judged(database, task.task_id))
        story.passed = (
            verdicts == ["failed", "failed", "passed", "passed"]
            and _tell_account(story, task, calls, provider)
            and provider.left == []
        )

    return within_budget


def _tell_work(story: Story, task: TaskResponse, judged: list[dict[str, Any]]) -> list[str]:
    """Tell each answer with the judgements on it, and how it ended; return the verdicts."""
    if task.result is None:
        raise AssertionError(f"the task ended {task.status}: {task.error}")
    for at, judgement in enumerate(judged):
        if at % len(CRITERIA) == 0:
            answer = FIRST if at == 0 else task.result.output
            story.answer(f"{'answer' if at == 0 else 'mended'}: {answer}")
        quoted = judgement["judged_by"] == "judge" and judgement["verdict"] == "passed"
        evidence = f"quotes “{judgement['evidence']}”" if quoted else judgement["evidence"]
        story.answer(
            f"  {judgement['criterion']} {judgement['verdict']} by {judgement['judged_by']}: "
            f"{evidence}"
        )
    ending = "accepted" if task.result.accepted else "not accepted"
    story.answer(f"{task.status}, {ending}, after {task.result.repairs} repair")
    return [judgement["verdict"] for judgement in judged]


def _tell_account(
    story: Story, task: TaskResponse, calls: list[ModelCall], provider: ScriptedProvider
) -> bool:
    """Tell what each call reserved and used; return whether all of it is within the caps and what
    the provider billed, to the last digit."""
    for number, call in enumerate(calls, start=1):
        used = (call.input_tokens or 0) + (call.output_tokens or 0)
        story.answer(
            f"  call {number}  reserved {call.reserved_tokens:,} tokens, "
            f"${call.reserved_usd:.6f}; used {used:,}, ${call.cost_usd or 0:.6f}"
        )
    spend, ledger = task.spend, provider.ledger
    story.answer(
        f"spent {spend.tokens:,} of {BUDGET.max_tokens:,} tokens, "
        f"${spend.cost_usd:.6f} of ${BUDGET.max_cost_usd:.2f}"
    )
    tokens, usd = ledger.spent_tokens(), ledger.spent_usd()
    same = tokens == spend.tokens and usd == Decimal(str(spend.cost_usd))
    story.answer(
        f"the provider billed {tokens:,} tokens, ${usd:.6f}: {'the same' if same else 'NOT so'}"
    )
    return (
        same
        and len(calls) == len(ledger.calls)
        and spend.tokens <= BUDGET.max_tokens
        and spend.cost_usd <= BUDGET.max_cost_usd
        and task.status is TaskStatus.COMPLETED
    )


async def _judged(database: Database, task_id: UUID) -> list[dict[str, Any]]:
    """Return every judgement of a task's history, oldest first."""
    async with database.transaction() as session:
        events = await event_store.list_events(session, task_id)
    return [event.data for event in events if event.type == "criterion.judged"]


def _judging(verdict: str, evidence: str) -> Reply:
    return Reply(output={"opinions": [{"criterion": 0, "verdict": verdict, "evidence": evidence}]})
