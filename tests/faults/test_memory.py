"""What has been done takes no memory: API and worker are as big after many tasks as after few."""

from __future__ import annotations

from typing import Any

import psutil
from crowd import words

FEW, MANY = 400, 2_000
MIB = 1 << 20
MOST = 16 * MIB
"""Growth that is no leak: pools and caches fill up, and the allocator keeps what it once had. One
of 10 KiB a task would take as much."""


async def test_memory_is_flat_over_two_thousand_tasks(stage: Any, figures: Any) -> None:
    crowd = await stage.up()
    sizes = []
    for numbers in (range(FEW), range(FEW, MANY)):
        await crowd.submit_all(numbers, words)
        await stage.books.all_ended(seconds=600)
        sizes.append({place.kind: rss(place) for place in stage.places})
    for kind, size in sizes[1].items():
        assert size - sizes[0][kind] < MOST, kind
    figures(
        **stage.books.audit(crowd.accepted.values()),
        **{
            kind: f"{sizes[0][kind] / MIB:.0f} MiB, then {sizes[1][kind] / MIB:.0f} MiB"
            for kind in ("api", "worker")
        },
    )


def rss(place: Any) -> int:
    return int(psutil.Process(place.program.process.pid).memory_info().rss)
