"""The console in a real browser: live, by keyboard alone, in the dark, on a phone, and attacked."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, Playwright, async_playwright, expect
from scripted_models import thinking
from tenants import a_key

from arms.scripted import Reply

CHROMIUM = Path("/usr/bin/chromium")
"""Where Debian puts it; a browser that playwright would download is not wanted."""

pytestmark = pytest.mark.skipif(
    not CHROMIUM.exists(), reason=f"needs Debian's chromium, {CHROMIUM}"
)

SECONDS = 30
expect.set_options(timeout=SECONDS * 1000)
ATTACKS = [
    "<script>document.title='owned';alert(1)</script>",
    '<img src=x onerror="alert(1)"><svg onload=alert(1)>',
    "[a](javascript:alert(1)) [b](data:text/html,<script>alert(1)</script>)",
    "\"'><iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "</pre></textarea></title><script>alert(1)</script>",
    "![i](http://127.0.0.1:9/leak.png) <style>*{display:none}</style>",
    "{{ 7*7 }} {% raw %} &lt;script&gt;alert(1)&lt;/script&gt;",
    "<a href=# style=position:fixed;inset:0 onclick=alert(1)>x</a><base href=//evil.example>",
]


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright, await started(playwright) as browser:
        yield browser


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


async def test_a_task_is_submitted_and_seen_to_end_without_a_reload(
    browser: Browser, make_house: Any
) -> None:
    script = [Reply(["Once ", "upon ", "a time ", "there was one octopus. " * 12, "The end."],
                    gates={4: "on"})]  # fmt: skip
    async with thinking(make_house, script) as (house, provider):
        seen = await a_page(browser)
        page = seen.page
        await page.goto(f"{house.url}/console/submit")
        await page.get_by_label("Goal").fill("Tell a story.")
        await expect(page.locator("#screening")).to_contain_text("nothing found")
        await page.get_by_label("Arm").select_option("assistant")
        await page.get_by_role("button", name="Submit task").click()
        await expect(page.locator("#heading")).to_contain_text("processing")
        await expect(page.locator("#draft")).to_contain_text("Once upon a time")
        await expect(page.locator("#live")).to_contain_text("live")
        await page.reload()
        await expect(page.locator("#draft")).to_contain_text("Once upon a time")
        await page.evaluate("window.mine = true")
        provider.gate("on").set()
        await expect(page.locator("#heading")).to_contain_text("completed")
        await expect(page.locator("#output")).to_contain_text("The end.")
        await expect(page.locator("#calls")).to_contain_text("bought")
        assert await page.evaluate("window.mine") is True
        assert seen.seen == []


async def test_the_list_tells_what_happens_and_is_filtered(browser: Browser, house: Any) -> None:
    seen = await a_page(browser)
    page = seen.page
    await page.goto(f"{house.url}/console/tasks")
    await expect(page.get_by_text("No tasks yet")).to_be_visible()
    await expect(page.locator("#live")).to_contain_text("live")
    await house.submit("Count these words.")
    await expect(page.get_by_role("row", name="Count these words.")).to_contain_text("pending")
    house.start_worker()
    await expect(page.get_by_role("row", name="Count these words.")).to_contain_text("completed")
    await page.get_by_label("Words of the goal").fill("octopus")
    await page.get_by_role("button", name="Filter").click()
    await expect(page.get_by_text("Nothing matches")).to_be_visible()
    await page.get_by_role("link", name="Show all tasks").click()
    await page.get_by_role("link", name="completed").click()
    await expect(page.get_by_role("row", name="Count these words.")).to_be_visible()
    assert seen.seen == []


async def test_a_running_task_is_cancelled(browser: Browser, house: Any) -> None:
    house.start_worker()
    task_id = await house.submit("Work.", assigned_arm="drill", constraints={"seconds": 600})
    seen = await a_page(browser)
    page = seen.page
    await page.goto(f"{house.url}/console/tasks/{task_id}")
    await expect(page.locator("#heading")).to_contain_text("processing")
    await page.get_by_role("button", name="Cancel").click()
    await expect(page.locator("#heading")).to_contain_text("cancelled")
    await expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    await page.get_by_role("button", name="Resubmit").click()
    await expect(page.locator("#task-id")).not_to_have_text(task_id)
    assert seen.seen == []


async def test_all_can_be_done_by_keyboard(browser: Browser, house: Any) -> None:
    seen = await a_page(browser)
    page = seen.page
    await page.goto(f"{house.url}/console/tasks")
    await page.keyboard.press("Tab")
    await expect(page.get_by_text("Skip to the content")).to_be_focused()
    for _ in range(12):
        await page.keyboard.press("Tab")
        focused = page.locator(":focus")
        outline = await focused.evaluate("e => getComputedStyle(e).outlineStyle")
        assert outline != "none", await focused.evaluate("e => e.outerHTML")
        if await focused.inner_text() == "New task":
            break
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Goal")).to_be_focused()
    await page.keyboard.type("Count these words.")
    for _ in range(20):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent") == "Submit task":
            break
    await page.keyboard.press("Enter")
    await expect(page.locator("#heading")).to_contain_text("pending")
    assert seen.seen == []


async def test_a_slider_sets_its_number(browser: Browser, house: Any) -> None:
    seen = await a_page(browser)
    page = seen.page
    await page.goto(f"{house.url}/console/submit")
    await page.locator("input[data-of=tokens]").fill("1")
    await expect(page.locator("#tokens")).to_have_value("100000")
    await page.locator("input[data-of=usd]").fill("0")
    await expect(page.locator("#usd")).to_have_value("0")
    assert seen.seen == []


async def test_private_data_are_told_while_one_types(browser: Browser, house: Any) -> None:
    seen = await a_page(browser)
    page = seen.page
    await page.goto(f"{house.url}/console/submit")
    await page.get_by_label("Goal").press_sequentially("Write to anna@example.org now.")
    screening = page.locator("#screening")
    await expect(screening).to_contain_text("would be refused")
    await expect(screening).to_contain_text("Email")
    await expect(screening).not_to_contain_text("anna")
    await page.get_by_label("Allow").check()
    await expect(screening).to_contain_text("let through")
    await expect(page.get_by_label("Goal")).to_have_value("Write to anna@example.org now.")
    assert (await house.http.get("/tasks")).json()["tasks"] == []
    assert seen.seen == []


async def test_a_key_is_asked_for_and_a_session_ends(browser: Browser, house: Any) -> None:
    key = await a_key(house.settings)
    seen = await a_page(browser)
    page = seen.page
    await page.goto(f"{house.url}/console/overview")
    await page.get_by_label("API key").fill(key.key)
    await page.get_by_role("button", name="Log in").click()
    await expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    await expect(page.locator("#live")).to_contain_text("live")
    assert key.key not in await page.evaluate("document.cookie + JSON.stringify(localStorage)")
    await page.get_by_role("button", name="Log out").click()
    await expect(page.get_by_label("API key")).to_be_visible()
    await page.goto(f"{house.url}/console/tasks")
    await expect(page.get_by_label("API key")).to_be_visible()
    assert seen.seen == []


BRIGHTNESS = """() => getComputedStyle(document.body).backgroundColor.match(/\\d+/g)
    .slice(0, 3).map(Number).reduce((a, b) => a + b) / 3"""

CONTRASTS = """() => {
  const parts = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const light = (rgb) => rgb.slice(0, 3).map((c) => c / 255)
    .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    .reduce((sum, c, at) => sum + c * [0.2126, 0.7152, 0.0722][at], 0);
  const ground = (node) => {
    for (; node; node = node.parentElement) {
      const rgb = parts(getComputedStyle(node).backgroundColor);
      if (rgb.length === 3 || rgb[3] > 0) return rgb;
    }
    return [255, 255, 255];
  };
  const low = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const node = walker.currentNode.parentElement;
    if (!walker.currentNode.textContent.trim() || !node.checkVisibility()) continue;
    if (node.closest("svg, option, :disabled, .skip")) continue;
    const [a, b] = [light(parts(getComputedStyle(node).color)), light(ground(node))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) low.push(`${ratio.toFixed(2)} ${node.className} ${node.textContent.trim()}`);
  }
  return low;
}"""


async def pages_of(house: Any, *task_ids: str) -> list[str]:
    return ["tasks", "overview", "arms", "submit", *(f"tasks/{one}" for one in task_ids), "nothing"]


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_every_page_fits_a_phone_and_can_be_read_in_both_themes(
    browser: Browser, house: Any, scheme: Any
) -> None:
    house.start_worker()
    done = await house.submit(
        "Count these words." + " word" * 60, context="a,b\n1,2\n" * 40,
        acceptance_criteria=[{"type": "contains", "text": "x" * 90}], assigned_arm="digest",
        metadata={"a-long-name-" * 5: "x" * 200},
    )  # fmt: skip
    await house.ended(done)
    running = await house.submit("Work.", assigned_arm="drill", constraints={"seconds": 600})
    await house.http.post("/submit", json={"goal": "Write to anna@example.org."})
    seen = await a_page(browser, color_scheme=scheme, viewport={"width": 360, "height": 740})
    page = seen.page
    for path in await pages_of(house, done, running):
        await page.goto(f"{house.url}/console/{path}")
        assert (await page.evaluate(BRIGHTNESS) < 60) is (scheme == "dark"), path
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= 360, f"{path} is {width} wide"
        assert await page.evaluate(CONTRASTS) == [], path
    assert seen.seen == []


async def test_nothing_that_users_and_models_write_runs(browser: Browser, make_house: Any) -> None:
    every = "\n\n".join(ATTACKS)
    async with thinking(make_house, [Reply(f"# Heading\n\n{every}", times=None)]) as (house, _):
        limit = {"injection_block_score": 1.0}
        house.parts.concealing._screening._settings = house.settings.model_copy(update=limit)
        fields = {
            "context": every, "constraints": {every: every}, "metadata": {every: [every]},
            "acceptance_criteria": [*ATTACKS, {"type": "contains", "text": every[:900]}],
            "pii_policy": "allow", "assigned_arm": "assistant",
            "max_repairs": 0, "budget": {"max_tokens": 50_000},
        }  # fmt: skip
        made = [await house.submit(f"Say {attack}", **fields) for attack in ATTACKS[:3]]
        made.append(await house.submit(every, **fields))
        for task_id in made:
            await house.ended(task_id)
        seen = await a_page(browser)
        page = seen.page
        shown = [f"tasks/{one}?as={form}" for one in made for form in ("markdown", "text", "json")]
        asked = [f"tasks?q={attack}" for attack in ("%3Cscript%3Ealert(1)%3C/script%3E", "%22onx=")]
        edited = [f"submit?like={made[-1]}", "login?next=%22%3E%3Cscript%3E"]
        for path in [*await pages_of(house, *made), *shown, *asked, *edited]:
            await page.goto(f"{house.url}/console/{path}")
            assert "OctoLLM" in await page.title(), path
            assert await page.locator("iframe, base, style, script:not([src])").count() == 0, path
        for link in await page.locator("a").all():
            assert not str(await link.get_attribute("href")).startswith(("javascript:", "data:"))
        await page.goto(f"{house.url}/console/submit")
        await page.get_by_label("Goal").fill(every)
        await page.get_by_label("Context").fill(every)
        await expect(page.locator("#screening .verdict")).to_be_visible()
        assert seen.seen == []
