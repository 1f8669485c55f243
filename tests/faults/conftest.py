"""Fixtures of the fault suite: a PostgreSQL that may be stopped, a house on it, the figures."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from uuid import uuid4

import figures as table
import pytest
from books import Books
from outages import ROLE, role_url
from processes import Fleet, environment
from stage import Stage

from app import embedded, migrate

TEMPLATE = "template_faults"
QUICK = {
    "OCTOLLM_DB_POOL_TIMEOUT": "3",
    "OCTOLLM_DB_CONNECT_TIMEOUT": "2",
    "OCTOLLM_DB_STATEMENT_TIMEOUT": "3",
    "OCTOLLM_REFLEX_TIMEOUT": "5",
    "OCTOLLM_REFLEX_ATTEMPT_TIMEOUT": "2",
    "OCTOLLM_RETRY_BACKOFF": "0.2",
}
"""Time-outs short enough that their sum is far below what counts as a hang."""


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--write-figures", action="store_true", help="Write the figures to docs/reliability.md."
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    rows = table.of_reports(terminalreporter.stats.get("passed", ()))
    if rows:
        terminalreporter.section("figures")
        for line in table.text(rows):
            terminalreporter.line(line)
    if rows and terminalreporter.config.getoption("--write-figures"):
        table.write_page(rows)


@pytest.fixture
def figures(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Notes what a test has counted; the table at the end shows it."""

    def note(**counted: object) -> None:
        record_property(table.PROPERTY, table.row(**counted))  # type: ignore[arg-type]

    return note


@pytest.fixture(scope="session")
def cluster() -> Iterator[embedded.Server]:
    """A PostgreSQL that keeps what it has promised when it is killed: durable, unlike others."""
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="octollm-faults-", dir=memory if memory.is_dir() else None)
    try:
        with embedded.running(Path(folder)) as server:
            server.create_database(TEMPLATE)
            migrate.upgrade(server.url(TEMPLATE))
            Books(server.url(TEMPLATE)).run(*ROLE)
            yield server
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def books(cluster: embedded.Server) -> Iterator[Books]:
    """A database of the test's own, seen as its superuser."""
    cluster.start()  # if the test before failed in the middle of an outage
    name = f"faults_{uuid4().hex}"
    cluster.create_database(name, template=TEMPLATE)
    yield Books(cluster.url(name))
    cluster.start()
    cluster.drop_database(name)


@pytest.fixture
def database_url(books: Books) -> str:
    """The same database, as the house sees it: with a role that has no privileges."""
    return role_url(books.url)


@pytest.fixture
async def fleet(database_url: str) -> AsyncIterator[Fleet]:
    running = Fleet(environment(database_url) | QUICK)
    try:
        yield running
    finally:
        await running.stop()


@pytest.fixture
async def stage(fleet: Fleet, books: Books) -> AsyncIterator[Stage]:
    """Nothing runs yet: the test says what."""
    made = Stage(fleet, books)
    try:
        yield made
    finally:
        await made.close()
