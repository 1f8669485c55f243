"""Writes docs/images: the console's pages as they look, in both themes, on a screen and a phone."""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from console_stage import stage
from playwright.async_api import Browser, Page, async_playwright

FOLDER = Path(__file__).parent.parent / "docs" / "images"
CHROMIUM = Path("/usr/bin/chromium")
HEIGHTS = {360: 740, 768: 900, 1280: 680}
TYPED = "Write to anna.kowalska@example.org that her parcel is late."

Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Shot:
    """A picture: of which page, in which theme, how wide."""

    name: str
    scheme: Scheme
    width: int


SHOTS = [
    *(Shot("tasks", "light", width) for width in HEIGHTS),
    Shot("tasks", "dark", 1280),
    Shot("task", "light", 1280),
    *(Shot("task", "dark", width) for width in HEIGHTS),
    Shot("live", "light", 1280),
    Shot("overview", "light", 1280),
    *(Shot("overview", "dark", width) for width in (360, 1280)),
    Shot("submit", "light", 1280),
    Shot("submit", "dark", 360),
    Shot("arms", "light", 1280),
]
GOALS = {"task": "Write the morning report", "live": "Write the post-mortem"}


async def main() -> None:
    os.environ["no_proxy"] = "127.0.0.1"
    folder = Path(tempfile.mkdtemp(prefix="octollm-screenshots-"))
    FOLDER.mkdir(parents=True, exist_ok=True)
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    try:
        async with stage(folder) as (stack, ids), async_playwright() as playwright:
            places = {
                name: f"tasks/{next(one for goal, one in ids.items() if goal.startswith(start))}"
                for name, start in GOALS.items()
            }
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
            for shot in SHOTS:
                path = places.get(shot.name, shot.name)
                await take(browser, shot, f"{stack.url}/console/{path}")
            await browser.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def take(browser: Browser, shot: Shot, address: str) -> None:
    """Write one picture, of what one sees without scrolling."""
    size = {"width": shot.width, "height": HEIGHTS[shot.width]}
    page = await browser.new_page(viewport=size, color_scheme=shot.scheme)  # type: ignore[arg-type]  # a TypedDict
    await page.goto(address)
    await ready(page, shot)
    await page.screenshot(path=FOLDER / f"{shot.name}-{shot.scheme}-{shot.width}.png")
    await page.close()


async def ready(page: Page, shot: Shot) -> None:
    """Wait for what the script of a page adds to it."""
    if shot.name == "submit":
        await page.fill("#goal", TYPED)
        await page.get_by_text("would be refused").wait_for()
    if shot.name in ("tasks", "overview", "live"):
        await page.locator("#live").wait_for()
    if shot.name == "live":
        await page.get_by_text("Post-mortem").first.wait_for()


if __name__ == "__main__":
    asyncio.run(main())
