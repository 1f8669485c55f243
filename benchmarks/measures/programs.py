"""Runs `octollm` commands as processes of their own, as anyone starts them."""

from __future__ import annotations

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


@contextmanager
def program(until: str, *arguments: str, **environment: str) -> Iterator[tuple[int, str]]:
    """Run an `octollm` command; yield its process id and the match of what it says when it runs."""
    octollm = Path(sys.executable).with_name("octollm")
    with tempfile.TemporaryFile("w+") as said:
        process = subprocess.Popen(  # noqa: S603  our own program
            [str(octollm), *arguments], stderr=said, env={**os.environ, **environment}
        )
        with process:
            try:
                yield process.pid, _waited_for(process, said.fileno(), until)
            finally:
                process.terminate()


def _waited_for(process: subprocess.Popen[bytes], said: int, until: str) -> str:
    while process.poll() is None:
        if found := re.search(until, os.pread(said, 1 << 16, 0).decode()):
            return found.group()
        try:
            process.wait(0.1)
        except subprocess.TimeoutExpired:
            continue
    sys.exit(os.pread(said, 1 << 16, 0).decode())
