"""Runs programs as processes of their own, as anyone starts them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

URL: Final = r"http://127\.0\.0\.1:\d+"
NO_LIMITS: Final = {"OCTOLLM_MAX_PENDING": "0", "OCTOLLM_MAX_PENDING_PER_TENANT": "0"}
INSIDE: Final = {"OCTOLLM_REFLEX_URL": "in-process"}


class Broken(Exception):
    """A program that ended, or did not do what it was run for, and what it said last."""


def octollm(*arguments: str) -> list[str]:
    """Return an `octollm` command of this environment."""
    return [str(Path(sys.executable).with_name("octollm")), *arguments]


@contextmanager
def program(until: str, *arguments: str, **environment: str) -> Iterator[tuple[int, str]]:
    """Run an `octollm` command; yield its process id and the match of what it says when it runs.

    Raises Broken if it ends before.
    """
    with process(until, octollm(*arguments), **environment) as started:
        yield started


@contextmanager
def process(until: str, command: list[str], **environment: str) -> Iterator[tuple[int, str]]:
    """Do the same with any command."""
    with tempfile.TemporaryFile("w+") as said:
        running = subprocess.Popen(  # noqa: S603  our own programs
            command, stderr=said, env={**os.environ, **environment}
        )
        with running:
            try:
                yield running.pid, _waited_for(running, said.fileno(), until)
            finally:
                running.terminate()


@contextmanager
def api(database_url: str, **settings: str) -> Iterator[tuple[int, str]]:
    """Run an API without limits, which screens by itself unless the settings say otherwise; yield
    its process id and URL."""
    ours = {"OCTOLLM_DATABASE_URL": database_url, **INSIDE, **NO_LIMITS, **settings}
    with program(URL, "serve", "--port", "0", **ours) as started:
        yield started


@contextmanager
def worker(database_url: str, *arguments: str, **settings: str) -> Iterator[int]:
    """Run a worker that screens by itself; yield its process id."""
    ours = {"OCTOLLM_DATABASE_URL": database_url, **INSIDE, **settings}
    with program("worker started", "worker", *arguments, **ours) as (pid, _):
        yield pid


@contextmanager
def reflex() -> Iterator[dict[str, str]]:
    """Run a Reflex Layer; yield the settings of those who are to ask it."""
    with program(URL, "reflex", "--port", "0") as (_, url):
        yield {"OCTOLLM_REFLEX_URL": url}


@contextmanager
def provider(text: str) -> Iterator[str]:
    """Run a model provider that always says `text` at once; yield its URL, as far as `/v1`."""
    with tempfile.NamedTemporaryFile("w", suffix=".json") as script:
        json.dump({"default": {"text": text}, "models": ["scripted"]}, script)
        script.flush()
        command = [sys.executable, "-m", "arms.scripted", "--script", script.name]
        with process(rf"{URL}/v1", command) as (_, url):
            yield url


def port_of(url: str) -> int:
    """Return the port of such a URL."""
    return int(url.rpartition(":")[2])


def _waited_for(running: subprocess.Popen[bytes], said: int, until: str) -> str:
    while running.poll() is None:
        if found := re.search(until, os.pread(said, 1 << 16, 0).decode()):
            return found.group()
        try:
            running.wait(0.02)
        except subprocess.TimeoutExpired:
            continue
    raise Broken(os.pread(said, 1 << 16, 0).decode()[-2_000:])
