"""The examples of the pages run, and print what the pages show.

Blocks marked `sh` and `python` are run; one marked `text` or `json` after them is what they print.
Blocks marked `console` are only read: each `octollm` command in them must be one there is.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import click
import pytest
from pages import TEXTS, blocks
from processes import PROGRAM

from octollm.cli import cli

URL = "http://127.0.0.1:8000"


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    """The URL of `octollm up` on a throw-away folder."""
    folder = Path(tempfile.mkdtemp(prefix="octollm-docs-"))
    folder.chmod(0o755)  # whoever runs PostgreSQL must reach it
    command = [str(PROGRAM), "up", "--port", "0", "--data-dir", str(folder)]
    environment = {**os.environ, "OCTOLLM_LOG_LEVEL": "ERROR", "COLUMNS": "200"}
    try:
        with subprocess.Popen(
            command, stderr=subprocess.PIPE, text=True, env=environment
        ) as process:
            assert process.stderr is not None
            said = ""
            while (found := re.search(r"Ready at (http://\S+)", said)) is None:
                line = process.stderr.readline()
                assert line, said
                said += line
            try:
                yield found[1]
            finally:
                process.terminate()
                process.stderr.read()
    finally:
        shutil.rmtree(folder)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder in which the commands of the pages find `.venv/bin`."""
    (tmp_path / ".venv").mkdir()
    (tmp_path / ".venv/bin").symlink_to(PROGRAM.parent)
    return tmp_path


@pytest.mark.parametrize(
    "page", ["README.md", "packages/octollm/README.md", "docs/components/openai-door.md"]
)
def test_the_examples_run_and_print_what_the_page_shows(page: str, url: str, clone: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("no curl on the path")
    shown: list[tuple[str, str]] = [*blocks(page), ("", "")]
    ran = 0
    for (language, code), (next_language, output) in pairwise(shown):
        if language not in ("sh", "python"):
            continue
        printed = run(language, code.replace(URL, url), url, clone)
        assert "Traceback" not in printed, printed
        if next_language in ("text", "json"):
            assert re.search(pattern(output), printed), f"{code}\nprinted\n{printed}"
        ran += 1
    assert ran


def run(language: str, code: str, url: str, folder: Path) -> str:
    """Run a block as a reader would; return what it writes, without blanks at line ends."""
    program = [sys.executable, "-c"] if language == "python" else ["sh", "-c"]
    environment = {
        "PATH": f"{PROGRAM.parent}:{os.environ['PATH']}",
        "HOME": os.environ.get("HOME", "/"),
        "LC_ALL": "C.UTF-8",
        "COLUMNS": "80",
        "OCTOLLM_URL": url,
    }
    ended = subprocess.run(
        [*program, code],
        cwd=folder,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=120,
        check=False,
    )
    return "\n".join(line.rstrip() for line in ended.stdout.splitlines()) + "\n"


def pattern(shown: str) -> str:
    """Return what output must match: `…` stands for anything, alone on a line for any lines."""
    lines = []
    for line in shown.splitlines():
        some = ".*".join(re.escape(piece) for piece in line.rstrip().split("…"))
        lines.append(r"(?:.*\n)*?" if line.strip() == "…" else rf"{some}\n")
    return "".join(lines)


def commands() -> list[tuple[str, str]]:
    """Return each `octollm …` line of the pages' code blocks, `\\` at line ends joined."""
    found = []
    for page in TEXTS:
        for language, code in blocks(page):
            if language in ("", "sh", "console"):
                lines = code.replace("\\\n", " ").splitlines()
                found += [(page, m[1]) for line in lines if (m := CALL.search(line))]
    return found


CALL = re.compile(r"(?:^|[|$(] ?|/)octollm\s+(.*?)(?:\s+#.*)?$")


@pytest.mark.parametrize(("page", "line"), commands())
def test_a_command_of_a_page_is_one_there_is(page: str, line: str, clone: Path) -> None:
    name, *arguments = shlex.split(line)
    command = cli.get_command(click.Context(cli), name)
    assert command is not None, name
    assert not (command.help or "").startswith("Not available")
    files = [clone / "app.log" if word == "app.log" else word for word in arguments]
    (clone / "app.log").touch()
    command.make_context(name, [str(word) for word in files])
