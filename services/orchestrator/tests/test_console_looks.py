"""The console in a real browser: on a phone, in the dark, and attacked in every field."""

from __future__ import annotations

from typing import Any

import pytest
from browsing import NEEDS_CHROMIUM, a_page
from playwright.async_api import Browser, expect
from scripted_models import thinking

from arms.scripted import Reply

pytestmark = NEEDS_CHROMIUM

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
