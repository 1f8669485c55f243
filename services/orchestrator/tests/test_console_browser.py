"""The console in a real browser: live, by keyboard alone, with keys, a form that is screened."""

from __future__ import annotations

from typing import Any

from browsing import NEEDS_CHROMIUM, a_page
from playwright.async_api import Browser, expect
from scripted_models import thinking
from tenants import a_key

from arms.scripted import Reply

pytestmark = NEEDS_CHROMIUM


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
