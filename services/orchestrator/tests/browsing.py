"""Drives Debian's chromium over the console, and writes down what may not happen on a page."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Playwright, expect

CHROMIUM = Path("/usr/bin/chromium")
"""Where Debian puts it; a browser that playwright would download is not wanted."""

NEEDS_CHROMIUM = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"needs Debian's chromium, {CHROMIUM}"
)
SECONDS = 30
expect.set_options(timeout=SECONDS * 1000)


async def started(playwright: Playwright) -> Browser:
    """Return a browser that reaches nothing but this machine; pytest-socket does not see it."""
    # As root, in a container, chromium has no sandbox to put itself into.
    sandbox = [] if os.geteuid() else ["--no-sandbox"]
    nowhere = ["--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1"]
    return await playwright.chromium.launch(
        executable_path=CHROMIUM, args=[*sandbox, *nowhere, "--disable-dev-shm-usage"]
    )


class Watched:
    """A page on which whatever runs that is not ours, and whatever is refused, is written down."""

    def __init__(self, page: Page) -> None:
        self.page, self.seen = page, list[str]()
        page.set_default_timeout(SECONDS * 1000)
        page.on("dialog", self._dialog)
        page.on("pageerror", lambda error: self.seen.append(f"error: {error}"))
        page.on("console", self._said)

    async def _dialog(self, dialog: Any) -> None:
        self.seen.append(f"dialog: {dialog.message}")
        await dialog.dismiss()

    def _said(self, message: Any) -> None:
        if message.type == "error" and "status of" not in message.text:
            self.seen.append(message.text)


async def a_page(browser: Browser, **context: Any) -> Watched:
    opened = await browser.new_context(**context)
    return Watched(await opened.new_page())
