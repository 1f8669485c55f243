"""Writes pictures of the console's pages: a few into docs/images; `--all FOLDER` writes every page
there, at three widths, in both themes, in its full length."""

from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import tempfile
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Final, Literal

from console_stage import lock, stage
from playwright.async_api import Browser, Page, async_playwright

from octollm.service import logs

DOCS: Final = Path(__file__).parent.parent / "docs" / "images"
CHROMIUM: Final = Path("/usr/bin/chromium")
HEIGHTS: Final = {360: 740, 768: 900, 820: 1100, 1280: 680, 1440: 900}
TYPED: Final = "Write to anna.kowalska@example.org that her parcel is late."
SECONDS: Final = 30

Scheme = Literal["light", "dark"]


@dataclass(frozen=True)
class Shot:
    """A picture: of which page, in which theme, how wide; of what one sees without scrolling, or
    of all of it."""

    name: str
    scheme: Scheme
    width: int
    whole: bool = False

    @property
    def file(self) -> str:
        return f"{self.name}-{self.scheme}-{self.width}.png"


GOALS: Final = {
    "task": "Write the morning report",
    "live": "Write the post-mortem",
    "repaired": "Name the volume",
    "planned": "Make a recovery plan",
    "quoted": "What do our documents say",
    "failed": "Sum up the quarterly",
    "unmet": "Say in one word",
    "waiting": "Draft the customer notice",
}
"""The tasks that are shown, each by the beginning of its goal."""

ADDRESSES: Final = {
    "filtered": "tasks?status=failed&arm=assistant",
    "empty": "tasks?q=nothing+like+it",
    "missing": "tasks/00000000-0000-0000-0000-000000000000",
    "typed": "submit",
    "refused": "submit",
    "held": "login",
}
"""Pages whose address is not their name."""

FEW: Final = [
    *(Shot("tasks", "light", width) for width in (360, 768, 1280)),
    Shot("tasks", "dark", 1280),
    Shot("task", "light", 1280),
    *(Shot("task", "dark", width) for width in (360, 768, 1280)),
    Shot("live", "light", 1280),
    Shot("overview", "light", 1280),
    *(Shot("overview", "dark", width) for width in (360, 1280)),
    Shot("submit", "light", 1280),
    Shot("submit", "dark", 360),
    Shot("arms", "light", 1280),
]

LOCKED: Final = ("login", "held")
PAGES: Final = ["tasks", "overview", "arms", "submit", "login", *GOALS, *ADDRESSES]
SCHEMES: Final[tuple[Scheme, ...]] = ("light", "dark")
EVERY: Final = [Shot(*of, whole=True) for of in product(PAGES, SCHEMES, (360, 820, 1440))]


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="every page, into this folder")
    everything: Path | None = parser.parse_args().all
    folder, shots = (DOCS, FEW) if everything is None else (everything, EVERY)
    folder.mkdir(parents=True, exist_ok=True)
    logs.configure("ERROR", "console")
    os.environ["no_proxy"] = "127.0.0.1"
    data = Path(tempfile.mkdtemp(prefix="octollm-screenshots-"))
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    try:
        async with stage(data) as (stack, ids), async_playwright() as playwright:
            addresses = ADDRESSES | {
                name: f"tasks/{next(one for goal, one in ids.items() if goal.startswith(start))}"
                for name, start in GOALS.items()
            }
            browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=sandbox)
            key = ""
            # Those that need a lock come last: once there is a key nobody comes in without one.
            for shot in sorted(shots, key=lambda shot: shot.name in LOCKED):
                if shot.name in LOCKED:
                    key = key or await lock(stack)
                address = addresses.get(shot.name, shot.name)
                await take(browser, shot, f"{stack.url}/console/{address}", folder, key)
            await browser.close()
    finally:
        shutil.rmtree(data, ignore_errors=True)


async def take(browser: Browser, shot: Shot, address: str, folder: Path, key: str) -> None:
    """Write one picture."""
    size = {"width": shot.width, "height": HEIGHTS[shot.width]}
    page = await browser.new_page(viewport=size, color_scheme=shot.scheme)  # type: ignore[arg-type]  # a TypedDict
    page.set_default_timeout(SECONDS * 1000)
    await page.goto(address)
    while shot.name in LOCKED and page.url != address:  # a key is known within seconds
        await page.goto(address)
    await ready(page, shot, key)
    await page.screenshot(path=folder / shot.file, full_page=shot.whole)
    await page.close()


async def ready(page: Page, shot: Shot, key: str) -> None:
    """Do what the picture needs, and wait for what the script of a page adds to it."""
    if shot.name == "typed" or (shot.name == "submit" and not shot.whole):
        await page.fill("#goal", TYPED)
        await page.get_by_text("would be refused").wait_for()
    if shot.name == "refused":
        await page.fill("#goal", TYPED)
        await page.fill("#criteria", '{"type": "max_words"}')
        await page.fill("#tokens", "900000")
        await page.locator("form#submit").evaluate("form => { form.noValidate = true }")
        await page.get_by_role("button", name="Submit task").click()
        await page.locator(".callout").wait_for()
    if shot.name == "held":
        await page.get_by_label("API key").fill(key)
        await page.get_by_role("button", name="Log in").click()
    if shot.name in ("tasks", "overview", "live", "held"):
        await page.locator("#live").wait_for()
    if shot.name == "live":
        await page.get_by_text("Post-mortem").first.wait_for()


if __name__ == "__main__":
    asyncio.run(main())
