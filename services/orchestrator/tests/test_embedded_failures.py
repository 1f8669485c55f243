"""The embedded server after a kill -9: nothing runs on, nothing is lost, nothing else is hurt."""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest

from app.embedded import running

BOUND = 30.0  # seconds; only ever reached by a failure
AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="shows what root does, and this is not root")

# Imports first: the user it becomes may be unable to read the interpreter's own files.
OWNER = """
import os, pwd, sys, threading
from pathlib import Path
from app.embedded import running

def own():
    with running(Path(sys.argv[1]), durable=False) as server:
        print(server.pid, server.socket_dir, flush=True)
        sys.stdin.read()

if user := sys.argv[2]:
    entry = pwd.getpwnam(user)
    os.setgroups([]), os.setgid(entry.pw_gid), os.setuid(entry.pw_uid)
own()
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can pass through; pytest's own is closed to it."""
    path = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


@contextmanager
def owner(folder: Path, user: str = "") -> Iterator[subprocess.Popen[str]]:
    """Another process that runs a server on `folder`, as `user` if given, until its input ends."""
    with subprocess.Popen(
        [sys.executable, "-c", OWNER, folder, user],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            yield process
        finally:
            process.kill()
            process.wait()
            wait_until(lambda: not any_works_in(folder))


def any_works_in(folder: Path) -> bool:
    folders = [process.info["cwd"] or "" for process in psutil.process_iter(["cwd"])]
    return any(cwd.startswith(str(folder)) for cwd in folders)


def started(process: subprocess.Popen[str]) -> tuple[psutil.Process, Path]:
    """Wait until the owner's server is ready; return its process and socket folder."""
    assert process.stdout is not None
    pid, socket_dir = process.stdout.readline().split(maxsplit=1)
    return psutil.Process(int(pid)), Path(socket_dir.rstrip("\n"))


def wait_until(happened: Callable[[], object]) -> None:
    limit = time.monotonic() + BOUND
    while not happened():
        assert time.monotonic() < limit
        time.sleep(0.01)


def has_ended(process: psutil.Process) -> bool:
    """Whether a process that nobody may have reaped is no more."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def as_server_user() -> dict[str, int]:
    """What makes `subprocess` run a program as the user whom the server runs as."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("nobody")
    return {"user": entry.pw_uid, "group": entry.pw_gid}


@contextmanager
def program(*command: str | Path, cwd: Path) -> Iterator[psutil.Process]:
    with subprocess.Popen(command, cwd=cwd, **as_server_user()) as process:  # type: ignore[call-overload]  # mixed keywords
        try:
            yield psutil.Process(process.pid)
        finally:
            process.kill()


@pytest.mark.parametrize("user", ["", pytest.param("nobody", marks=AS_ROOT)])
def test_a_killed_owner_takes_its_server_along(folder: Path, user: str) -> None:
    data = folder / "data"
    data.mkdir()
    if user:
        os.chown(data, pwd.getpwnam(user).pw_uid, -1)
        data.chmod(0o700)
    with owner(data, user) as process:
        server, _ = started(process)
        assert server.username() == (user or pwd.getpwuid(server.uids().real).pw_name) != "root"
        process.kill()
        process.wait()
        wait_until(lambda: has_ended(server))
    with running(data, durable=False) as again:
        assert again.create_database("octollm")


def test_an_owner_whose_input_ends_leaves_nothing_running(folder: Path) -> None:
    with owner(folder) as process:
        server, _ = started(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(BOUND) == 0
        assert has_ended(server)


def test_a_server_left_running_is_ended_before_a_new_one_starts(folder: Path) -> None:
    with running(folder, durable=False) as server:
        assert server.pid is not None
        binary = psutil.Process(server.pid).exe()
        cluster = folder / "cluster"
    with program(binary, "-D", cluster, "-c", "listen_addresses=", cwd=folder) as left:
        ready = cluster / "postmaster.pid"
        wait_until(lambda: ready.exists() and "ready" in ready.read_text())
        with running(folder, durable=False) as server:
            assert has_ended(left)
            assert server.create_database("octollm")


@pytest.mark.parametrize("name", ["sleep", "postgres"])
def test_a_program_that_got_a_stale_pid_is_left_alone(folder: Path, name: str) -> None:
    with running(folder, durable=False):
        stale = (folder / "cluster" / "postmaster.pid").read_text().splitlines()
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    shutil.copy(shutil.which("sleep") or "/bin/sleep", elsewhere / name)
    with program(elsewhere / name, "600", cwd=elsewhere) as innocent:
        stale[0] = str(innocent.pid)
        (folder / "cluster" / "postmaster.pid").write_text("\n".join(stale) + "\n")
        with running(folder, durable=False) as server:
            assert server.create_database("octollm")
        assert innocent.is_running()
        assert not has_ended(innocent)


def test_an_initdb_killed_half_way_does_not_poison_the_folder(folder: Path) -> None:
    with owner(folder):
        wait_until(lambda: list(folder.glob("initdb-*/PG_VERSION")))
    (folder / "initdb-half" / "base").mkdir(parents=True)
    with running(folder, durable=False) as server:
        assert server.create_database("octollm")
    assert not list(folder.glob("initdb-*"))


def test_a_socket_folder_elsewhere_is_removed_after_a_kill(folder: Path) -> None:
    data = folder / ("x" * 120)
    with owner(data) as process:
        server, elsewhere = started(process)
        process.kill()
        process.wait()
        wait_until(lambda: has_ended(server))
    assert elsewhere.exists()
    with running(data, durable=False) as again:
        assert again.socket_dir != elsewhere
        assert not elsewhere.exists()
    assert not again.socket_dir.exists()


@AS_ROOT
def test_root_serves_the_data_of_a_user_as_that_user(folder: Path) -> None:
    entry = pwd.getpwnam("daemon")
    data = folder / "data"
    data.mkdir()
    os.chown(data, entry.pw_uid, entry.pw_gid)
    with owner(data, "daemon") as process:
        started(process)
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(BOUND) == 0
    with running(data, durable=False) as server:
        assert psutil.Process(server.pid).username() == "daemon"
    with owner(data, "daemon") as process:
        started(process)
