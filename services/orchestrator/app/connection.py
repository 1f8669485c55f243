"""Connections to PostgreSQL on which no answer is waited for without end.

`statement_timeout` is the server's. Of a server that is gone without a word, or of a firewall that
forgot the connection, nothing ever comes, and as long as something on the way takes our bytes the
kernel sees nothing wrong either. So each wait has an end on this side too.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Generator
from typing import Any, ClassVar, TypeVar

import psycopg

from app.config import Settings

ANSWER_MARGIN_SECONDS = 2.0
"""How much later than the server this side gives up, so that the server's own word comes first."""

_FOR_EVER = 1e9

V = TypeVar("V")


class Connection(psycopg.AsyncConnection[Any]):
    """Gives up on an answer after `answer_seconds`, and closes itself: it would be out of step."""

    answer_seconds: ClassVar[float]

    def check_open(self) -> None:
        """Raise psycopg.OperationalError if the server has closed the connection, without asking
        it: a round trip before each transaction would cost as much as many a transaction.

        The first look may find the server's last words, the second finds the end.
        """
        for _ in range(2):
            self.pgconn.consume_input()

    async def wait(
        self,
        gen: Generator[Any, Any, V],
        interval: float = 0.1,
        timeout: float | None = None,
    ) -> V:
        if timeout is not None:
            return await super().wait(gen, interval, timeout)
        try:
            return await super().wait(gen, interval, self.answer_seconds)
        except psycopg.errors._WaitTimeout:
            self.pgconn.finish()
            raise psycopg.OperationalError("the database does not answer") from None

    def notifies(
        self, *, timeout: float | None = None, stop_after: int | None = None
    ) -> AsyncGenerator[psycopg.Notify]:
        """Yield notifications, for which there is no hurry: whoever listens probes by asking."""
        return super().notifies(timeout=timeout or _FOR_EVER, stop_after=stop_after)


def connection_class(settings: Settings) -> type[Connection]:
    """Return the class of connections that wait no longer than these settings say."""
    seconds = settings.db_statement_timeout + ANSWER_MARGIN_SECONDS
    return type("BoundedConnection", (Connection,), {"answer_seconds": seconds})
