"""Which errors say that the database is away, and how it is reached."""

from __future__ import annotations

import asyncio
import socket
import traceback
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

import pytest
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from sqlalchemy import exc, text

from app.config import Settings
from app.database import (
    RETRY_AFTER_SECONDS,
    Database,
    connect_args,
    is_away,
    patiently,
    translated,
)
from octollm.errors import DatabaseUnavailable

SECRET = "ada@example.org"


def wrapped(original: BaseException, **more: Any) -> exc.DBAPIError:
    """Return a driver's error as SQLAlchemy hands it on."""
    return exc.DBAPIError("SELECT 1", {}, original, **more)


AWAY = [
    pg.OperationalError("connection refused"),
    pg.InterfaceError("the connection is closed"),
    pg.AdminShutdown(),
    pg.CannotConnectNow(),
    pg.TooManyConnections(),
    pg.QueryCanceled(),
    pg.DeadlockDetected(),
]
HERE = [
    pg.UniqueViolation(),
    pg.NumericValueOutOfRange(),
    pg.InternalError_(),
]


@pytest.mark.parametrize("original", AWAY, ids=lambda error: type(error).__name__)
def test_a_database_that_is_away_full_or_overloaded_is_away(original: pg.Error) -> None:
    assert is_away(original)
    assert is_away(wrapped(original))


@pytest.mark.parametrize("original", HERE, ids=lambda error: type(error).__name__)
def test_a_database_that_objects_is_there(original: pg.Error) -> None:
    assert not is_away(original)
    assert not is_away(wrapped(original))


def test_a_connection_that_broke_under_any_error_is_away() -> None:
    assert is_away(wrapped(pg.InternalError_(), connection_invalidated=True))


def test_a_pool_without_a_free_connection_is_away() -> None:
    assert is_away(exc.TimeoutError())


@pytest.mark.parametrize(
    "error", [TimeoutError(), OSError(), ValueError(), exc.InvalidRequestError()]
)
def test_errors_of_others_are_not_the_database_s(error: Exception) -> None:
    assert not is_away(error)


def test_away_becomes_one_error_that_says_when_to_come_again() -> None:
    with pytest.raises(DatabaseUnavailable) as caught, translated():
        raise wrapped(pg.OperationalError(SECRET))
    assert caught.value.retry_after == RETRY_AFTER_SECONDS
    assert SECRET not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("error", [wrapped(pg.UniqueViolation()), KeyError("a")])
def test_any_other_error_passes_as_it_is(error: Exception) -> None:
    with pytest.raises(type(error)) as caught, translated():
        raise error
    assert caught.value is error


def test_without_an_error_nothing_happens() -> None:
    with translated():
        done = True
    assert done


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://127.0.0.1:5432/octollm",
        "postgresql://user:p%40ss%2Fw%3Ard@db.example:6432/octollm",
        "postgresql://[::1]:5432/octollm?sslmode=require",
        "postgresql:///octollm?host=%2Frun%2Fpostgresql&user=octollm",
        "postgresql://first.example:5432,second.example:5433/octollm?target_session_attrs=primary",
    ],
)
async def test_the_driver_is_given_what_libpq_reads(url: str) -> None:
    database = Database(Settings(database_url=url))
    _, reached = database.engine.dialect.create_connect_args(database.engine.url)
    assert "host" not in reached  # SQLAlchemy's own reading of a URL stays out of it
    assert conninfo_to_dict(url).items() <= database.connect_args.items()
    await database.close()


def test_a_database_without_tables_says_what_to_do() -> None:
    with pytest.raises(DatabaseUnavailable, match="octollm migrate"), translated():
        raise wrapped(pg.UndefinedTable())


@pytest.mark.parametrize("seconds", ["0.0005", "0", "-1", "inf", "nan"])
def test_a_time_out_that_would_be_none_is_refused(seconds: str) -> None:
    with pytest.raises(ValueError, match="db_statement_timeout"):
        Settings.model_validate({"db_statement_timeout": seconds})


def test_every_wait_on_the_database_is_bounded() -> None:
    arguments = connect_args(Settings(db_statement_timeout=2.5, db_connect_timeout=7))
    assert arguments["connect_timeout"] == 7
    assert "statement_timeout=2500" in str(arguments["options"])
    assert arguments["tcp_user_timeout"] == 2500


def closed_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
    return port


async def test_a_process_starts_without_its_database_and_says_so_when_it_needs_it() -> None:
    database = Database(Settings(database_url=f"postgresql://127.0.0.1:{closed_port()}/octollm"))
    with pytest.raises(DatabaseUnavailable) as caught:
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
    assert caught.value.retry_after == RETRY_AFTER_SECONDS
    await database.close()


@pytest.fixture
async def single(database_url: str) -> AsyncIterator[Database]:
    """A database that is given one connection at a time."""
    settings = Settings(
        database_url=database_url, db_pool_size=1, db_max_overflow=0, db_pool_timeout=1
    )
    database = Database(settings)
    yield database
    await database.close()


async def test_what_commits_by_itself_leaves_a_connection_that_does_not(single: Database) -> None:
    async with single.statements() as connection:
        await connection.execute("CREATE TABLE written (number integer)")
    async with single.transaction() as session:
        await session.execute(text("INSERT INTO written VALUES (1)"))
        await session.rollback()
    async with single.statements() as connection:
        found = await connection.execute("SELECT count(*) FROM written")
        assert await found.fetchone() == (0,)


@pytest.mark.parametrize("end", ["SELECT pg_terminate_backend(pg_backend_pid())", "BEGIN"])
async def test_a_connection_that_was_cut_off_makes_room_for_another(
    single: Database, end: str
) -> None:
    with suppress(DatabaseUnavailable):
        async with single.statements() as connection:
            await connection.execute(end)
    async with single.statements() as connection:
        await connection.execute("SELECT 1")
        assert connection.info.transaction_status == TransactionStatus.IDLE


async def test_a_statement_nobody_waits_for_any_more_makes_room_for_another(
    single: Database,
) -> None:
    begun = asyncio.Event()

    async def wait() -> None:
        async with single.statements() as connection:
            begun.set()
            await connection.execute("SELECT pg_sleep(60)")

    waiting = asyncio.create_task(wait())
    await begun.wait()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with single.statements() as connection:
        await connection.execute("SELECT 1")


async def test_a_write_is_repeated_while_the_database_is_away_and_only_then() -> None:
    library = LookupError("a library's own")
    library.__cause__ = pg.OperationalError()
    outcomes: list[Any] = [DatabaseUnavailable(), library, "written", KeyError("a"), "not reached"]

    async def write() -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    assert await patiently(30)(write) == "written"
    with pytest.raises(KeyError):
        await patiently(30)(write)
    assert outcomes == ["not reached"]
