"""The database of `octollm up` for another command: of the one that runs, or started for it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from app import embedded, migrate

CONNECT_SECONDS = 2


class NoData(Exception):
    """`octollm up` never ran on a folder; the message says which."""


@contextmanager
def database_in(data_dir: Path) -> Iterator[str]:
    """Yield the libpq URL of a folder's database, migrated; it is there until the block ends.

    Raises NoData, and the launcher's errors when the folder cannot be used.
    """
    if not (data_dir / "cluster").is_dir():
        raise NoData(f"{data_dir} holds no data of octollm: run `octollm up` there once.")
    url = embedded.url_in(data_dir)
    if _answers(url):
        yield url
        return
    with embedded.running(data_dir) as server:
        server.create_database(embedded.DATABASE)
        migrate.upgrade(server.url())
        yield server.url()


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=CONNECT_SECONDS).close()
    except psycopg.OperationalError:
        return False
    return True
