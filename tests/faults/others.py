"""Arms of somebody else, that bring workers down or do not let go; installed by entry point."""

from __future__ import annotations

from pathlib import Path

CODE = """
import asyncio
import os
import signal

from octollm.arm import Outcome


class Poison:
    name = "poison"
    description = "Kills the process it runs in."

    def score(self, contract):
        return 0.0

    async def run(self, contract, context):
        os.kill(os.getpid(), signal.SIGKILL)


class Deaf:
    name = "deaf"
    description = "Hangs, and does not listen when it is cancelled."

    def score(self, contract):
        return 0.0

    async def run(self, contract, context):
        while True:
            try:
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                continue
"""


def installed(folder: Path) -> str:
    """Write the package into a folder as pip would leave it; return what to put on the path."""
    folder.joinpath("arms_of_others.py").write_text(CODE, "utf-8")
    info = folder / "arms_of_others-1.0.dist-info"
    info.mkdir()
    metadata = "Metadata-Version: 2.1\nName: arms-of-others\nVersion: 1.0\n"
    info.joinpath("METADATA").write_text(metadata, "utf-8")
    entries = "[octollm.arms]\npoison = arms_of_others:Poison\ndeaf = arms_of_others:Deaf\n"
    info.joinpath("entry_points.txt").write_text(entries, "utf-8")
    return str(folder)
