"""Engine and sessions. One request, one transaction: functions flush, the edge commits."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from psycopg import errors as pg
from psycopg.conninfo import conninfo_to_dict
from psycopg.pq import TransactionStatus
from sqlalchemy import PoolProxiedConnection, event, exc, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.util import await_only, greenlet_spawn
from tenacity import (
    AsyncRetrying,
    retry_if_exception,
    stop_after_delay,
    wait_exponential,
    wait_random,
)

from app.config import Settings
from app.connection import connection_class
from octollm.errors import DatabaseUnavailable

Driver = psycopg.AsyncConnection[Any]
"""A connection as the driver has it, which statements in psycopg's own notation go to."""

RETRY_AFTER_SECONDS = 5
SQLALCHEMY_URL = "postgresql+psycopg://"
"""Names the driver alone: where the database is, libpq reads from our setting by itself."""

_AWAY = (
    pg.OperationalError,
    pg.InterfaceError,
    pg.ReadOnlySqlTransaction,
    pg.IdleInTransactionSessionTimeout,
)


class Database:
    """A pool of connections to PostgreSQL; makes none before it is first used.

    So a process starts while the database is away, and finds it again when it is back.
    """

    def __init__(self, settings: Settings) -> None:
        self.connect_args = conninfo_to_dict(settings.database_url) | connect_args(settings)
        self.engine: AsyncEngine = create_async_engine(
            SQLALCHEMY_URL,
            pool_size=settings.db_pool_size,
            max_overflow=settings.db_max_overflow,
            pool_timeout=settings.db_pool_timeout,
            hide_parameters=True,
            connect_args=self.connect_args
            | {"async_creator_fn": connection_class(settings).connect},
        )
        event.listen(self.engine.sync_engine, "checkout", _check_open)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Yield a session; commit at the end, roll back if an error passes.

        Raises DatabaseUnavailable when the database cannot be reached, has no connection left
        or breaks off.
        """
        with translated():
            async with self._sessions.begin() as session:
                yield session

    @asynccontextmanager
    async def statements(self) -> AsyncIterator[Driver]:
        """Yield the driver's own connection; each statement on it is a transaction of its own.

        For what runs so often that a session would cost more than its statement (ADR 0022). Raises
        DatabaseUnavailable as `transaction` does.
        """
        with translated():
            pooled = await self.engine.raw_connection()
            driver = cast(Driver, pooled.driver_connection)
            try:
                await driver.set_autocommit(True)
                yield driver
            finally:
                await greenlet_spawn(_give_back, pooled)

    async def close(self) -> None:
        await self.engine.dispose()


async def driver_of(session: AsyncSession) -> Driver:
    """Return the driver's connection under a session, inside the session's transaction."""
    pooled = await (await session.connection()).get_raw_connection()
    return cast(Driver, pooled.driver_connection)  # which is typed as Any


def _give_back(pooled: PoolProxiedConnection) -> None:
    """Return to the pool a connection that committed by itself; what was cut off is closed."""
    driver = cast(Driver, pooled.driver_connection)
    if driver.pgconn.transaction_status == TransactionStatus.IDLE:
        await_only(driver.set_autocommit(False))
    else:
        pooled.invalidate()
    pooled.close()


def _check_open(connection: DBAPIConnection, _record: object, _fairy: object) -> None:
    """Have the pool replace a connection that the server has closed."""
    try:
        connection.driver_connection.check_open()
    except psycopg.OperationalError:
        raise exc.DisconnectionError from None


class translated:  # noqa: N801  (reads as a verb where it is used: `with translated():`)
    """Context manager: turn the driver's and the pool's "away" errors into DatabaseUnavailable."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _tb: object) -> None:
        if isinstance(getattr(error, "orig", error), pg.UndefinedTable):
            raise DatabaseUnavailable(
                "The database has no tables yet: run `octollm migrate`.",
                retry_after=RETRY_AFTER_SECONDS,
            ) from None
        if error is not None and is_away(error):
            raise DatabaseUnavailable(retry_after=RETRY_AFTER_SECONDS) from None


def is_away(error: BaseException) -> bool:
    """Return True for an error that says the database is away, full or overloaded."""
    if isinstance(error, DatabaseUnavailable | exc.TimeoutError):
        return True
    if isinstance(error, exc.DBAPIError):
        return error.connection_invalidated or isinstance(error.orig, _AWAY)
    return isinstance(error, _AWAY)


def reason_of(error: BaseException) -> str:
    """Return what the driver or the server says is wrong, of an error of many lines."""
    said = str(error).strip().splitlines()[0].rpartition("failed: ")[2]
    return said.removeprefix("FATAL:").strip()


def patiently(seconds: float, hurry: Callable[[], bool] = lambda: False) -> AsyncRetrying:
    """Return what repeats a write for so long while the database is away: `await patiently(15)(f)`.
    Once there is hurry, it is not tried again.

    A library's error counts by its cause. Any other error passes at once, the last one at the end.
    """
    return AsyncRetrying(
        retry=retry_if_exception(lambda error: is_away(error.__cause__ or error)),
        wait=wait_exponential(multiplier=0.2, max=2) + wait_random(0, 1),
        stop=lambda state: hurry() or stop_after_delay(seconds)(state),
        reraise=True,
    )


def connect_args(settings: Settings) -> dict[str, object]:
    """Return libpq options that bound every wait on the database, a dead peer included."""
    timeout_ms = int(settings.db_statement_timeout * 1000)
    return {
        "connect_timeout": settings.db_connect_timeout,
        "application_name": "octollm",
        # The last one is for a process that was frozen in a transaction: its locks would bar all.
        "options": f"-c statement_timeout={timeout_ms} -c timezone=UTC"
        f" -c idle_in_transaction_session_timeout={timeout_ms}",
        "keepalives_idle": 10,
        "keepalives_interval": 5,
        "keepalives_count": 3,
        "tcp_user_timeout": timeout_ms,
    }


async def schema_revision(session: AsyncSession) -> str | None:
    """Return the migration the database is at, None when it was never migrated."""
    if await session.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    revision: str | None = await session.scalar(text("SELECT version_num FROM alembic_version"))
    return revision
