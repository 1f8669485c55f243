"""The embedded server from outside: a database in a folder, there and gone as asked."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from app.embedded import EmbeddedPostgresError, Server, default_data_dir, running

DEBIAN = Path("/usr/lib/postgresql/15/bin")
BINARIES = [
    pytest.param(None, id="wheel"),
    pytest.param(
        DEBIAN,
        id="debian15",
        marks=pytest.mark.skipif(not DEBIAN.exists(), reason=f"no PostgreSQL in {DEBIAN}"),
    ),
]
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="shows what root does, and this is not root")


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can pass through; pytest's own is closed to it."""
    path = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@pytest.fixture(scope="module", params=BINARIES)
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    with (
        tempfile.TemporaryDirectory(prefix="embedded-", dir="/tmp") as path,
        running(Path(path), bin_dir=request.param, durable=False) as started,
    ):
        yield started


def ask(server: Server, query: str, database: str = "postgres") -> object:
    with psycopg.connect(server.url(database)) as connection:
        row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return row[0]


def test_a_server_answers_on_a_socket_that_only_its_user_can_reach(server: Server) -> None:
    assert ask(server, "SHOW server_version").__str__().split()[0] == server.version
    assert ask(server, "SHOW listen_addresses") == ""
    assert server.socket_dir.stat().st_mode & 0o777 == 0o700
    assert psutil.Process(server.pid).uids().real != 0


def test_databases_are_utf8_and_sort_by_code_point(server: Server) -> None:
    query = "SELECT pg_encoding_to_char(encoding) || ' ' || datcollate FROM pg_database LIMIT 1"
    assert ask(server, query) == "UTF8 C"


@pytest.mark.parametrize("name", ["octollm", "Zwölf %20 \"Fälle\" & '1/2'?"])
def test_a_database_is_created_once_and_dropped_with_its_sessions(
    server: Server, name: str
) -> None:
    assert server.create_database(name)
    assert not server.create_database(name)
    with psycopg.connect(server.url(name)) as session:
        assert session.execute("SELECT current_database()").fetchone() == (name,)
        server.drop_database(name)
        with pytest.raises(psycopg.OperationalError):
            session.execute("SELECT 1")
    server.drop_database(name)
    with pytest.raises(psycopg.OperationalError, match="does not exist"):
        psycopg.connect(server.url(name))


def test_a_database_is_copied_from_a_template(server: Server) -> None:
    server.create_database("original")
    with psycopg.connect(server.url("original")) as session:
        session.execute("CREATE TABLE words AS SELECT 'octopus' AS word")
    server.create_database("copy", template="original")
    assert ask(server, "SELECT word FROM words", "copy") == "octopus"


def test_the_log_never_holds_what_a_statement_said(server: Server) -> None:
    with psycopg.connect(server.url("postgres"), autocommit=True) as session:
        for failing in ("SELECT 'jane@example.org'::int", "jane@example.org"):
            with pytest.raises(psycopg.Error, match="jane"):
                session.execute(failing.encode())
    log = server.socket_dir.with_name("postgres.log").read_text()
    assert "ready to accept connections" in log
    assert "jane" not in log


def test_nothing_of_ours_is_handed_to_the_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_API_KEY", "secret")
    monkeypatch.setenv("PGPORT", "1")
    monkeypatch.setenv("PGDATA", "/nowhere")
    with running(folder, durable=False) as server:
        process = psutil.Process(server.pid)
        assert not {"SOME_API_KEY", "PGPORT", "PGDATA"} & process.environ().keys()
        assert not [file for file in process.open_files() if file.path.endswith("/lock")]
        assert os.getsid(process.pid) != os.getsid(0)  # a Ctrl-C is for us alone


@pytest.mark.parametrize(("durable", "fsync"), [(True, "on"), (False, "off")])
@pytest.mark.parametrize("bin_dir", BINARIES)
def test_data_is_there_at_the_next_start(
    folder: Path, bin_dir: Path | None, durable: bool, fsync: str
) -> None:
    with running(folder / "data", bin_dir=bin_dir, durable=durable) as server:
        server.create_database("kept")
        first = server.pid
    assert server.pid is None
    assert first is not None
    assert not psutil.pid_exists(first)
    with running(folder / "data", bin_dir=bin_dir, durable=durable) as server:
        assert not server.create_database("kept")
        assert ask(server, "SHOW fsync") == fsync


async def test_an_outage_ends_on_the_same_url(folder: Path) -> None:
    with running(folder, durable=False) as server:
        await asyncio.to_thread(server.stop)
        assert server.pid is None
        with pytest.raises(psycopg.OperationalError):
            await psycopg.AsyncConnection.connect(server.url("postgres"))
        await asyncio.to_thread(server.start)
        async with await psycopg.AsyncConnection.connect(server.url("postgres")) as connection:
            await connection.execute("SELECT 1")
        server.start()  # it runs already
        server.stop()
        server.stop()  # it is stopped already


def test_a_server_outlives_the_thread_that_started_it(folder: Path) -> None:
    with running(folder, durable=False) as server:
        server.stop()
        starter = threading.Thread(target=server.start)
        starter.start()
        starter.join()
        for _ in range(20):
            assert ask(server, "SELECT 1") == 1


def test_a_crash_of_the_server_is_seen_and_mended(folder: Path) -> None:
    with running(folder, durable=False) as server:
        server.create_database("kept")
        pid = server.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        limit = time.monotonic() + 30
        while server.pid is not None:
            assert time.monotonic() < limit
            time.sleep(0.01)
        server.start()
        assert not server.create_database("kept")


def test_a_server_that_does_not_stop_is_ended_by_force(folder: Path) -> None:
    with running(folder, durable=False, stop_timeout=0.2) as server:
        assert server.pid is not None
        stuck = psutil.Process(server.pid)
        stuck.suspend()
    assert not stuck.is_running()
    with running(folder, durable=False) as server:  # and mends what force left, shared memory too
        assert ask(server, "SELECT 1") == 1


@pytest.mark.parametrize("name", ['sp ace "quoted" %41 ümläut', "com,ma", "x" * 120])
def test_any_path_will_do(folder: Path, name: str) -> None:
    with running(folder / name, durable=False) as server:
        assert ask(server, "SELECT 1") == 1
    assert server.socket_dir.is_relative_to(folder) or not server.socket_dir.exists()


def test_a_second_start_on_a_folder_is_told_who_has_it(folder: Path) -> None:
    with running(folder, durable=False) as server:
        with (
            pytest.raises(EmbeddedPostgresError, match=f"{folder}.*process {os.getpid()}"),
            running(folder),
        ):
            pass
        assert ask(server, "SELECT 1") == 1


def test_a_long_log_starts_afresh(folder: Path) -> None:
    log = folder / "postgres.log"
    log.touch()
    os.truncate(log, 11 * 1024 * 1024)
    with running(folder, durable=False):
        assert 0 < log.stat().st_size < 100_000


@AS_ROOT
@pytest.mark.parametrize(("mode", "own"), [(0o755, True), (0o700, False)])
def test_root_keeps_data_where_the_server_can_reach_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, mode: int, own: bool
) -> None:
    folder.chmod(mode)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    assert default_data_dir() == (folder / "octollm" if own else Path("/var/lib/octollm"))


@pytest.mark.skipif(os.geteuid() == 0, reason="shows what a user gets, and this is root")
def test_a_user_keeps_data_at_home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder.chmod(0o700)
    monkeypatch.setenv("XDG_DATA_HOME", str(folder))
    assert default_data_dir() == folder / "octollm"
