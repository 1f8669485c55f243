"""What the console is shown with: a house whose models a script plays, and tasks of all kinds."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from console_scenes import DOCUMENTS, REFUSED, SCENES, SCRIPT
from sqlalchemy import text

from app import demo_model, key_store
from app.api_keys import PREFIX_CHARACTERS, SCOPES, hash_of, new_key
from app.config import Settings
from app.demo_model import USD_PER_MILLION
from app.models import ApiKey
from app.serving import listen
from app.standalone import Stack, running
from arms.scripted import Reply, ScriptedProvider
from octollm.client import AsyncClient
from octollm.contracts import TaskRequest
from octollm.errors import RefusedByPolicy

MODEL = "openai-compatible:large-2026"
WAIT_SECONDS = 60

# One evening's tasks stand for a week of them: charts of a minute would show nothing.
_PAST = text("""
    WITH made AS (
        SELECT gen_random_uuid() AS new, tasks.*, ago,
               now() - make_interval(secs => ago) AS at, random() AS luck
        FROM tasks, generate_series(1, :copies) AS n,
             LATERAL (
                SELECT (random() ^ 1.7) * 604800 + 90 + 0 * (n + length(goal)) AS ago
             ) AS spread
        WHERE status IN ('completed', 'failed', 'cancelled')
    ), inserted AS (
        INSERT INTO tasks (id, tenant, goal, status, constraints, context, acceptance_criteria,
            max_repairs, budget, assigned_arm, metadata, pii_policy, priority, attempt,
            max_attempts, drawn_tokens, drawn_usd, head_hash, created_at, updated_at, started_at,
            finished_at)
        SELECT new, tenant, goal, status, constraints, context, acceptance_criteria, max_repairs,
            budget, assigned_arm, metadata, pii_policy, priority, attempt, max_attempts,
            drawn_tokens, drawn_usd * CAST(0.5 + luck * 3 AS numeric), head_hash, at, at,
            at + make_interval(secs => 0.02 + luck * luck),
            at + make_interval(secs => 0.02 + luck * luck
                + extract(epoch FROM finished_at - started_at) * (0.6 + 3 * luck ^ 4))
        FROM made WHERE started_at IS NOT NULL AND (status = 'completed' OR luck < 0.25)
        RETURNING id
    )
    INSERT INTO task_results (task_id, result, error, error_type, processing_time_ms)
    SELECT new, result, error, error_type, processing_time_ms
    FROM made JOIN inserted ON inserted.id = made.new
              JOIN task_results ON task_results.task_id = made.id
    """)

_PAST_REFUSALS = text("""
    INSERT INTO audit_events (tenant, type, data, created_at)
    SELECT tenant, type, data, now() - make_interval(secs => random() * 500000)
    FROM audit_events, generate_series(1, :copies) WHERE random() < 0.7
    """)


@asynccontextmanager
async def stage(folder: Path, port: int = 0) -> AsyncIterator[tuple[Stack, dict[str, str]]]:
    """Yield a running house with tasks in it, and the id of each by its goal."""
    of_input, of_output = (price / 1_000_000 for price in USD_PER_MILLION)
    provider = ScriptedProvider(
        SCRIPT,
        default=Reply("Done.", delay=0.1),
        usd_per_input_token=of_input,
        usd_per_output_token=of_output,
    )
    settings = Settings(
        host="127.0.0.1", port=port, log_level="ERROR", worker_instances=1, worker_concurrency=2
    )
    async with provider:
        arms = demo_model.arms(provider, model=MODEL, max_output_tokens=600, retries=1)
        async with (
            running(settings, folder, listen("127.0.0.1", port), arms=arms) as stack,
            AsyncClient(stack.url) as client,
        ):
            yield stack, await _play(client, stack)


async def _play(client: AsyncClient, stack: Stack) -> dict[str, str]:
    for name, document in DOCUMENTS.items():
        await client.add_document(name, document)
    for goal in REFUSED:
        try:
            await client.submit(TaskRequest(goal=goal))
        except RefusedByPolicy:
            continue
    ids: dict[str, str] = {}
    past = False
    for scene in SCENES:
        if not scene.ends and not past:
            await _spread(stack)
            past = True
        accepted = await client.submit(TaskRequest.model_validate(scene.request))
        ids[scene.request["goal"]] = str(accepted.task_id)
        if scene.ends:
            await client.wait(accepted.task_id, timeout=WAIT_SECONDS)
    return ids


async def _spread(stack: Stack) -> None:
    async with stack.database.transaction() as session:
        await session.execute(_PAST, {"copies": 70})
        await session.execute(_PAST_REFUSALS, {"copies": 9})


async def lock(stack: Stack) -> str:
    """Make the house's first key, without which nobody comes in from now on, and return it."""
    key = new_key()
    row = ApiKey(
        tenant="default",
        name="screenshots",
        key_hash=hash_of(key),
        prefix=key[:PREFIX_CHARACTERS],
        scopes=list(SCOPES),
    )
    async with stack.database.transaction() as session:
        await key_store.add_key(session, row, None)
    return key
