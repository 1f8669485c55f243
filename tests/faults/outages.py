"""Ways to take PostgreSQL away, and to give it back."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit, urlunsplit

from books import Books

from app import embedded

NAME = "house"
ROLE = (
    f"CREATE ROLE {NAME} LOGIN",
    f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {NAME}",
    f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {NAME}",
    f"GRANT ALL ON ALL FUNCTIONS IN SCHEMA public TO {NAME}",
)
"""The superuser, whom other suites let the house be, is exempt from every limit."""

TERMINATE = f"""
    SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = '{NAME}'
"""  # noqa: S608  (a constant)

CALLS = "FOR EACH ROW EXECUTE FUNCTION fault()"
TABLES = ("tasks", "task_events", "task_results")
AT_INSERTS = """
    CREATE OR REPLACE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
    BEGIN
        IF nextval('fault_turns') % {every} = 0 THEN
            {does};
        END IF;
        RETURN NEW;
    END $$
"""


def failing(code: str) -> str:
    """Return what `at_inserts` has to do to fail with an SQLSTATE."""
    return f"RAISE EXCEPTION 'a fault of the test' USING ERRCODE = '{code}'"


def role_url(url: str) -> str:
    """Return the URL of the same database for the house's own role."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=f"{NAME}@{parts.netloc.rpartition('@')[2]}"))


async def terminate(books: Books) -> int:
    """End every connection of the house; return how many there were."""
    return int(await asyncio.to_thread(books.number, TERMINATE))


async def stop(server: embedded.Server, number: signal.Signals) -> None:
    """End PostgreSQL: SIGINT is `-m fast`, SIGQUIT is `-m immediate`."""
    assert server.pid is not None
    os.kill(server.pid, number)
    async with asyncio.timeout(60):
        while server.pid is not None:
            await asyncio.sleep(0.02)  # another thread waits for the process


async def start(server: embedded.Server) -> None:
    await asyncio.to_thread(server.start)


@contextmanager
def connection_limit(books: Books, limit: int) -> Iterator[None]:
    """Let the house have so few new connections while the block runs."""
    books.run(f"ALTER ROLE {NAME} CONNECTION LIMIT {limit}")
    try:
        yield
    finally:
        books.run(f"ALTER ROLE {NAME} CONNECTION LIMIT -1")


@contextmanager
def at_inserts(
    books: Books, does: str, tables: tuple[str, ...] = TABLES, every: int = 1
) -> Iterator[None]:
    """Have PostgreSQL do something at every n-th insert into these tables while the block runs."""
    function = AT_INSERTS.format(does=does, every=every)
    books.run("CREATE SEQUENCE IF NOT EXISTS fault_turns", function)
    for name in tables:
        books.run(f"CREATE OR REPLACE TRIGGER fault BEFORE INSERT ON {name} {CALLS}")
    try:
        yield
    finally:
        # The triggers stay: to drop them would need locks that the house under load holds.
        books.run(AT_INSERTS.format(does="NULL", every=1))
