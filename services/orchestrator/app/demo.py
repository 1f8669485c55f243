"""`octollm demo`: six scenarios over HTTP against the real stack, and a report to read."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console, Group
from rich.markup import escape
from rich.panel import Panel
from rich.text import Text

from app import demo_model
from app.config import Settings
from app.demo_scenarios import SCENARIOS, Scenario, Story
from app.serving import listen, stop_signal
from app.standalone import running
from octollm.client import AsyncClient
from octollm.service import logs


async def run(settings: Settings, *, keep: bool = False) -> bool:
    """Run the scenarios on a stack of their own; return whether all passed."""
    console = Console(highlight=False)
    logs.configure(settings.log_level, "console")
    folder = Path(tempfile.mkdtemp(prefix="octollm-demo-"))
    console.print("[bold]OctoLLM[/]: PostgreSQL, Reflex Layer, API and worker are starting …")
    began = time.perf_counter()
    _reach_this_machine_directly()
    try:
        listener = listen(settings.host, settings.port)
        async with (
            demo_model.scripted() as model,
            running(settings, folder, listener, arms=demo_model.arms(model)) as stack,
            AsyncClient(stack.url) as client,
        ):
            stop = asyncio.create_task(stop_signal().wait())
            console.print(f"Ready at {stack.url} after {time.perf_counter() - began:.1f} s\n")
            scenarios = [*SCENARIOS, demo_model.scenario(model, stack.database)]
            playing = asyncio.create_task(_play_all(console, client, scenarios))
            await asyncio.wait({playing, stop}, return_when=asyncio.FIRST_COMPLETED)
            stop.cancel()
            playing.cancel()
            [results] = await asyncio.gather(playing, return_exceptions=True)
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)
    if isinstance(results, BaseException):
        console.print("[bold red]Stopped before the end.[/]")
        return False
    _conclude(console, results, folder if keep else None)
    return all(results)


def _reach_this_machine_directly() -> None:
    """Except this machine from the environment's proxies, which clients of models take over."""
    others = os.environ.get("no_proxy") or os.environ.get("NO_PROXY")
    os.environ["no_proxy"] = f"{others},127.0.0.1" if others else "127.0.0.1"


async def _play_all(
    console: Console, client: AsyncClient, scenarios: Sequence[Scenario]
) -> list[bool]:
    return [
        await _play(console, client, number, scenario)
        for number, scenario in enumerate(scenarios, start=1)
    ]


async def _play(console: Console, client: AsyncClient, number: int, scenario: Scenario) -> bool:
    story, began = Story(), time.perf_counter()
    try:
        await scenario(client, story)
    except Exception as error:
        story.answer(f"unexpected {type(error).__name__}: {error}")
    seconds = time.perf_counter() - began
    mark, colour = ("passed", "green") if story.passed else ("FAILED", "red")
    lines = [Text(f"→ {story.sent}", style="cyan")]
    lines += [Text(f"← {line}" if not line.startswith(" ") else line) for line in story.came_back]
    title = Text(f" {number}. {scenario.__doc__} ")
    console.print(
        Panel(
            Group(*lines),
            title=title,
            title_align="left",
            subtitle=Text(f" {mark} in {seconds:.2f} s ", style=f"bold {colour}"),
            subtitle_align="right",
            border_style=colour,
        )
    )
    return story.passed


def _conclude(console: Console, results: list[bool], folder: Path | None) -> None:
    passed = sum(results)
    style = "bold green" if all(results) else "bold red"
    console.print(f"\n[{style}]{passed} of {len(results)} scenarios passed.[/]")
    if folder is not None:
        console.print(f"The data were kept in {escape(str(folder))}")
    console.print("Where to look next:")
    console.print("  make up               the same stack, kept running, with its data")
    console.print("  README.md             a first task by curl, command line and Python")
    console.print("  docs/components/      how the parts work")
