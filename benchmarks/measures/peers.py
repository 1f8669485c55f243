"""Other people's ways to do the same, each installed and run in an environment of its own.

A peer is a script in `benchmarks/peers` with its packages pinned beside it. It is told a mode, the
database, what it needs beside it and a number: `prepare` makes its tables, `submit` hands in so
many tasks, `work` does them and says `ready` first, `serve` is an API on that port. `trickle` hands
in so many one after the other with a pause, and says `stored` with the task and the time once each
is; the worker says `began` of these.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

import psycopg

from app import embedded
from measures.load import SUBMIT, Door
from measures.programs import provider

FOLDER: Final = Path(__file__).parents[1] / "peers"
ENVIRONMENTS: Final = Path(__file__).parents[2] / ".venv" / "peers"
READY_SECONDS: Final = 60.0
DONE_SECONDS: Final = 300.0


class CannotRun(Exception):
    """A peer that cannot be installed or run, and why."""


@contextmanager
def redis() -> Iterator[str]:
    """Run a Redis of our own; yield its URL. Raises CannotRun where there is none."""
    server = shutil.which("redis-server")
    if server is None:
        raise CannotRun("redis-server is not installed")
    with tempfile.TemporaryDirectory(prefix="octollm-redis-") as folder:
        place = Path(folder) / "redis.sock"
        options = ["--port", "0", "--unixsocket", str(place), "--save", "", "--dir", folder]
        with subprocess.Popen(  # noqa: S603  Debian's own program
            [server, *options], stdout=subprocess.DEVNULL
        ) as running:
            try:
                while not place.exists():
                    time.sleep(0.05)
                yield f"redis+socket://{place}"
            finally:
                running.terminate()


def nothing() -> AbstractContextManager[str]:
    """Return what a peer needs that needs nothing beside its database."""
    return nullcontext("")


def answering() -> AbstractContextManager[str]:
    """Return a model provider that always says the same."""
    return provider("Done.")


@dataclass(frozen=True)
class Peer:
    """`done` is the SQL that counts the tasks whose end is stored, `door` how its API is asked."""

    name: str
    script: str
    done: str = ""
    needs: Callable[[], AbstractContextManager[str]] = nothing
    door: Door = SUBMIT

    def python(self) -> str:
        """Return the interpreter that has the peer's packages; install them if need be.

        Raises CannotRun.
        """
        pinned = FOLDER / f"{self.script}.txt"
        if not pinned.exists():
            return sys.executable
        digest = hashlib.sha256(pinned.read_bytes()).hexdigest()[:12]
        place = ENVIRONMENTS / f"{self.script}-{digest}"
        python, ready = place / "bin" / "python", place / ".ready"
        if not ready.exists():
            venv.create(place, clear=True, with_pip=True)
            quiet = ["--quiet", "--disable-pip-version-check", "--no-input"]
            install = [str(python), "-m", "pip", "install", *quiet, "-r", str(pinned)]
            done = subprocess.run(  # noqa: S603  our own list
                install, capture_output=True, text=True, check=False
            )
            if done.returncode != 0:
                raise CannotRun(last_line(done.stderr))
            ready.touch()
        return str(python)

    def command(self, mode: str, url: str, broker: str, number: int = 0) -> list[str]:
        script = str(FOLDER / f"{self.script}.py")
        return [self.python(), script, mode, url, broker, str(number)]

    def prepared(self, url: str, broker: str) -> None:
        """Make the peer's tables. Raises CannotRun."""
        done = subprocess.run(  # noqa: S603  our own scripts
            self.command("prepare", url, broker), capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise CannotRun(last_line(done.stderr))

    @contextmanager
    def serving(self, url: str, broker: str, log: IO[str]) -> Iterator[int]:
        """Run the peer's API; yield its port. Raises CannotRun if nobody answers there."""
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = int(free.getsockname()[1])
        with subprocess.Popen(  # noqa: S603  our own scripts
            self.command("serve", url, broker, port), stdout=log, stderr=log
        ) as api:
            try:
                _until_answered(api, port, Path(log.name))
                yield port
            finally:
                api.terminate()

    @contextmanager
    def working(self, url: str, broker: str, log: IO[str]) -> Iterator[None]:
        """Run the peer's worker. Raises CannotRun if it does not get ready."""
        with subprocess.Popen(  # noqa: S603  as above
            self.command("work", url, broker), stdout=log, stderr=log
        ) as worker:
            try:
                _until_ready(worker, Path(log.name))
                yield
            finally:
                worker.terminate()

    def tasks_a_second(self, url: str, broker: str, tasks: int, log: IO[str]) -> float:
        """Return how many tasks a second are handed in and done, by one process each, once both
        are ready.

        Raises CannotRun.
        """
        with (
            self.working(url, broker, log),
            psycopg.connect(url, autocommit=True) as connection,
            subprocess.Popen(  # noqa: S603  as above
                self.command("submit", url, broker, tasks), stdout=log, stderr=log
            ) as submitter,
        ):
            until_done(connection, self.done, tasks)
            ended = time.time()
            code = submitter.wait()
        told = Path(log.name).read_text("utf-8")
        began = re.search(r"^handing in (\d+\.\d+)$", told, re.MULTILINE)
        if code != 0 or began is None:
            raise CannotRun(last_line(told))
        return tasks / (ended - float(began[1]))

    def pickups(self, url: str, broker: str, tasks: int, log: IO[str]) -> list[float]:
        """Return the seconds from when each of some tasks was stored until it began, with nothing
        else to do. Raises CannotRun."""
        told = re.compile(r"^(stored|began) .*?(\d{8}).*? (\d+\.\d+)$", re.MULTILINE)
        with self.working(url, broker, log), psycopg.connect(url, autocommit=True) as connection:
            done = subprocess.run(  # noqa: S603  as above
                self.command("trickle", url, broker, tasks), stdout=log, stderr=log, check=False
            )
            if done.returncode != 0:
                raise CannotRun(last_line(Path(log.name).read_text("utf-8")))
            until_done(connection, self.done, tasks)
        times: dict[str, dict[str, float]] = {"stored": {}, "began": {}}
        for what, task, when in told.findall(Path(log.name).read_text("utf-8")):
            times[what][task] = float(when)
        if len(times["stored"]) != tasks or set(times["stored"]) != set(times["began"]):
            raise CannotRun("not every task said when it was stored and when it began")
        return [times["began"][task] - stored for task, stored in times["stored"].items()]


PROCRASTINATE: Final = Peer(
    "procrastinate",
    "with_procrastinate",
    "SELECT count(*) FROM procrastinate_jobs WHERE status = 'succeeded'",
)
PGQUEUER: Final = Peer(
    "PgQueuer",
    "with_pgqueuer",
    "SELECT count(*) FROM pgqueuer_log WHERE status = 'successful'",
)
CELERY: Final = Peer(
    "Celery",
    "with_celery",
    "SELECT count(*) FROM celery_taskmeta WHERE status = 'SUCCESS'",
    needs=redis,
)
DBOS: Final = Peer(
    "DBOS", "with_dbos", "SELECT count(*) FROM dbos.workflow_status WHERE status = 'SUCCESS'"
)
LITELLM: Final = Peer(
    "LiteLLM",
    "with_litellm",
    needs=answering,
    door=Door(
        "POST",
        "/v1/chat/completions",
        200,
        json.dumps(
            {
                "model": "scripted",
                "messages": [{"role": "user", "content": "Summarise report {number}."}],
            }
        ),
    ),
)
PRESIDIO: Final = Peer("Presidio", "with_presidio")


@contextmanager
def database_for(peer: Peer, server: embedded.Server, broker: str) -> Iterator[str]:
    """Make a database with the peer's tables; yield its URL and drop it. Raises CannotRun."""
    name = f"peer_{time.monotonic_ns()}"
    server.create_database(name)
    try:
        peer.prepared(server.url(name), broker)
        yield server.url(name)
    finally:
        server.drop_database(name)


def versions(*peers: Peer) -> dict[str, str]:
    """Return what each peer is pinned to, by package."""
    pinned = [FOLDER / f"{peer.script}.txt" for peer in peers]
    lines = [line for file in pinned if file.exists() for line in file.read_text().split()]
    return dict(line.partition("==")[::2] for line in lines)


def until_done(connection: psycopg.Connection, done: str, tasks: int) -> None:
    """Return once a count has reached a number. Raises CannotRun if it does not in time."""
    until = time.perf_counter() + DONE_SECONDS
    while (count := (connection.execute(done.encode()).fetchone() or (0,))[0]) < tasks:
        if time.perf_counter() > until:
            raise CannotRun(f"{tasks - count} of {tasks} tasks were not done in time")
        time.sleep(0.01)


def _until_answered(api: subprocess.Popen[bytes], port: int, said: Path) -> None:
    until = time.perf_counter() + READY_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
        except ConnectionRefusedError:
            if api.poll() is not None or time.perf_counter() > until:
                raise CannotRun(last_line(said.read_text("utf-8"))) from None
            time.sleep(0.05)
        else:
            return


def _until_ready(worker: subprocess.Popen[bytes], said: Path) -> None:
    until = time.perf_counter() + READY_SECONDS
    while "ready" not in said.read_text("utf-8"):
        if worker.poll() is not None or time.perf_counter() > until:
            raise CannotRun(last_line(said.read_text("utf-8")))
        time.sleep(0.05)


def last_line(text: str) -> str:
    """Return the end of what a program said, which is mostly why it ended."""
    return (text.strip().splitlines() or ["it said nothing"])[-1][:200]
