"""What console and metrics ask of the database goes along indexes, however many tasks there are."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app import backlog_store, console_store, overview_store
from app.console_store import Wanted
from octollm.contracts import TaskStatus

OTHERS, OURS = 20_000, 300

FILL = text("""
    INSERT INTO tasks (id, tenant, goal, status, constraints, acceptance_criteria, max_repairs,
        budget, metadata, pii_policy, priority, attempt, max_attempts, drawn_tokens, drawn_usd,
        head_hash, created_at, updated_at, started_at, finished_at)
    SELECT gen_random_uuid(), CASE WHEN n % :every = 0 THEN 'ours' ELSE 'others' END,
        'Count ' || n, CAST(CASE WHEN n % 9 = 0 THEN 'failed' ELSE 'completed' END AS task_status),
        '{}', '[]', 2, '{"max_tokens": 1, "max_cost_usd": 1, "max_time_seconds": 1}', '{}', 'block',
        0, 1, 3, n % 2, 0, '', at, at, at, at + interval '1 second'
    FROM generate_series(1, :all) AS n, LATERAL (SELECT now() - n * interval '20 seconds' AS at) a
    """)
SCANS = text("""
    SELECT coalesce(sum(seq_tup_read), 0) FROM pg_stat_user_tables
    WHERE relname IN ('tasks', 'task_results', 'audit_events')
    """)


async def rows_scanned(session: Any) -> int:
    await session.execute(text("SELECT pg_stat_force_next_flush()"))
    await session.commit()
    await session.execute(text("SELECT pg_stat_clear_snapshot()"))
    return int(await session.scalar(SCANS))


async def test_no_page_looks_through_the_tasks_of_others(house: Any) -> None:
    async with house.parts.database.engine.connect() as connection:
        await connection.execute(FILL, {"all": OTHERS, "every": OTHERS // OURS})
        await connection.commit()
        await connection.execute(text("ANALYZE tasks"))
        await connection.commit()
    sessions = house.parts.database._sessions
    async with sessions() as session:
        before = await rows_scanned(session)
        for wanted in (Wanted(), Wanted(status=TaskStatus.FAILED, text="nothing"), Wanted(arm="x")):
            await console_store.list_rows(session, "ours", wanted, limit=50, cursor=None)
        counted = await console_store.count_by_status(session, "ours")
        assert sum(counted.values()) > 0
        for read in (
            overview_store.by_hour,
            overview_store.latency,
            overview_store.spend,
            overview_store.refusals,
            overview_store.failures,
            overview_store.unended,
        ):
            await read(session, "ours")
        assert set(await backlog_store.count_open(session, 100)) == {"pending", "processing"}
        assert await rows_scanned(session) - before < OTHERS
