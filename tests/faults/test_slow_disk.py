"""PostgreSQL's disk gets slow, or does not answer at all: flushes of its log take their time.

Unlike a slow statement, a flush is not ended by a time-out of the server or a lost connection:
what it belongs to is in doubt, and may be committed after its client was told 503.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from crowd import HANGS_AFTER
from outages import start, stop

from app import embedded

SHIM = Path(__file__).with_name("slow_disk.c")
SLOW, STUCK = 100, 600_000
"""Milliseconds a flush takes: what a crowd is to bear, and more than anything waits."""

Disk = Callable[[int], None]


@pytest.fixture
async def disk(cluster: embedded.Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Disk]:
    """Sets how many milliseconds each flush takes that PostgreSQL asks of its disk."""
    compiler = shutil.which("cc")
    if compiler is None:
        pytest.skip("needs a C compiler")
    with tempfile.TemporaryDirectory(prefix="octollm-disk-") as name:
        library, speed = await asyncio.to_thread(built, compiler, Path(name))

        def set_to(milliseconds: int) -> None:
            speed.with_suffix(".new").write_text(str(milliseconds), "utf-8")
            speed.with_suffix(".new").replace(speed)  # else one may read half of it

        set_to(0)
        with monkeypatch.context() as patch:
            preloading = ["/usr/bin/env", f"LD_PRELOAD={library}", f"SLOW_DISK={speed}"]
            patch.setattr(cluster, "_command", [*preloading, *cluster._command])
            await restarted(cluster)
            yield set_to
            set_to(0)
        await restarted(cluster)


def built(compiler: str, folder: Path) -> tuple[Path, Path]:
    """Compile the library; return it and the file that says how slow the disk is."""
    folder.chmod(0o755)  # the server may be another user
    library = folder / "slow_disk.so"
    command: list[str | Path] = [compiler, "-shared", "-fPIC", "-o", library, SHIM, "-ldl"]
    subprocess.run(command, check=True)
    return library, folder / "speed"


async def restarted(cluster: embedded.Server) -> None:
    await stop(cluster, signal.SIGINT)
    await start(cluster)


async def audited(stage: Any, crowd: Any) -> dict[str, Any]:
    """Return what the tables count, once all has ended, on the processes that were there then."""
    counted: dict[str, Any] = await asyncio.to_thread(stage.books.audit, crowd.accepted.values())
    assert counted["accepted"] == counted["finished"]
    assert counted["duplicates"] == 0
    assert all(place.program.process.returncode is None for place in stage.places)
    return counted


async def test_a_slow_disk_makes_answers_slower_and_loses_nothing(
    disk: Disk, stage: Any, figures: Any
) -> None:
    crowd = await stage.up(workers=2)
    disk(SLOW)
    await crowd.submit_all(range(60))
    await stage.books.all_ended()
    assert crowd.longest > SLOW / 1000, "the disk was slow for nobody"
    figures(**await audited(stage, crowd), each_flush=f"{SLOW / 1000:g} s", **crowd.told())


async def test_a_disk_that_does_not_answer_is_answered_503_and_nothing_is_lost_when_it_does(
    disk: Disk, stage: Any, figures: Any
) -> None:
    crowd = await stage.up(workers=2)
    await crowd.submit_all(range(30))
    disk(STUCK)
    load = asyncio.create_task(crowd.submit_all(range(30, 60)))
    await crowd.refused(30)
    assert len(crowd.accepted) == 30
    assert crowd.longest < HANGS_AFTER
    disk(0)
    back = time.monotonic()
    await load
    await stage.books.all_ended()
    recovered = time.monotonic() - back
    figures(**await audited(stage, crowd), recovered_after=f"{recovered:.1f} s", **crowd.told())
