"""Migrations, up and down, on the embedded PostgreSQL and on PostgreSQL 15."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from alembic import command
from procrastinate.schema import migrations_path

from app import embedded, migrate
from app.models import Base

POSTGRES_15 = Path("/usr/lib/postgresql/15/bin")


@pytest.fixture(scope="module")
def postgres_15() -> Iterator[embedded.Server]:
    if not POSTGRES_15.is_dir():
        pytest.skip(f"no PostgreSQL 15 in {POSTGRES_15}")
    folder = Path(tempfile.mkdtemp(prefix="octollm-pg15-"))
    try:
        with embedded.running(folder, bin_dir=POSTGRES_15, durable=False) as server:
            yield server
    finally:
        shutil.rmtree(folder)


@pytest.fixture(params=["postgres", "postgres_15"])
def empty_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database without a table, on each PostgreSQL we support here."""
    server: embedded.Server = request.getfixturevalue(request.param)
    name = f"empty_{uuid4().hex}"
    server.create_database(name)
    yield server.url(name)
    server.drop_database(name)


def names(url: str, query: str) -> set[str]:
    with psycopg.connect(url) as connection:
        return {row[0] for row in connection.execute(query.encode()).fetchall()}


TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
INDEXES = "SELECT indexname FROM pg_indexes WHERE schemaname = 'public'"
LEFT_OVER = """
    SELECT tablename::text FROM pg_tables
     WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    UNION ALL SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'public'::regnamespace
    UNION ALL SELECT t.typname FROM pg_type t
     WHERE t.typnamespace = 'public'::regnamespace AND t.typtype = 'e'
"""

EARLY = """
    SELECT relname::text FROM pg_class
     WHERE reloptions @> ARRAY['autovacuum_vacuum_scale_factor=0.01']
"""


SET = """
    SELECT relname::text FROM pg_class
     WHERE reloptions IS NOT NULL AND relkind = 'r' AND relnamespace = 'public'::regnamespace
"""


def test_up_makes_our_tables_the_queues_and_the_planned_indexes(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    tables = names(empty_url, TABLES)
    assert set(Base.metadata.tables) <= tables
    assert {"procrastinate_jobs", "procrastinate_workers"} <= tables
    assert {"idx_tasks_status", "idx_tasks_created_at"} <= names(empty_url, INDEXES)


def test_hot_tables_are_vacuumed_when_a_hundredth_has_changed(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    hot = {"tasks", "task_events", "model_calls", "procrastinate_jobs", "procrastinate_events"}
    assert names(empty_url, EARLY) == hot
    migrate.downgrade(empty_url, "0004")
    assert names(empty_url, SET) == set()


def test_models_and_migrations_agree(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    command.check(migrate.alembic_config(empty_url))  # raises when they differ


def test_down_leaves_nothing_and_up_works_again(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    migrate.downgrade(empty_url, "base")
    assert names(empty_url, LEFT_OVER) == set()
    migrate.upgrade(empty_url)
    assert "tasks" in names(empty_url, TABLES)


def test_going_up_twice_changes_nothing(empty_url: str) -> None:
    migrate.upgrade(empty_url)
    migrate.upgrade(empty_url)
    assert names(empty_url, "SELECT version_num FROM alembic_version") == {migrate.head_revision()}


async def test_several_processes_may_migrate_at_once(empty_url: str) -> None:
    await asyncio.gather(*(_migrate_in_a_process(empty_url) for _ in range(3)))
    assert "tasks" in names(empty_url, TABLES)


def test_the_queues_schema_is_as_new_as_the_library(empty_url: str) -> None:
    """A new release of the library with new SQL needs a revision that calls `queue_schema`."""
    migrate.upgrade(empty_url)
    comment = names(empty_url, "SELECT obj_description('procrastinate_jobs'::regclass)").pop()
    newest = max(path.name for path in migrations_path.glob("*.sql"))
    assert comment.endswith(newest)
    assert newest == "03.04.00_50_post_add_retry_failed_job_procedure.sql"


async def test_the_command_says_where_the_database_is(empty_url: str) -> None:
    assert await _migrate_in_a_process(empty_url, "--revision", "0004") == (
        "The database is at migration 0004.\n"
    )
    newest = f"The database is at migration {migrate.head_revision()}.\n"
    assert await _migrate_in_a_process(empty_url) == newest
    assert await _migrate_in_a_process(empty_url, "--revision", "0004") == newest  # never back


async def _migrate_in_a_process(url: str, *options: str) -> str:
    process = await asyncio.create_subprocess_exec(
        "octollm",
        "migrate",
        *options,
        env=_environment(url),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, errors = await process.communicate()
    assert process.returncode == 0, errors.decode()
    return said.decode()


def _environment(url: str) -> dict[str, str]:
    import os
    import sys

    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    return {"PATH": path, "OCTOLLM_DATABASE_URL": url}
