"""The console's pages, without a browser: what they say, and what may not happen on them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from scripted_models import thinking
from test_thinking import answering, judging
from visitor import Visitor, text_of, visiting

from app.console.assets import address

PAGES = ["/tasks", "/overview", "/arms", "/submit"]
SECRET = "anna.kowalska@example.org"


@pytest.mark.parametrize("path", [*PAGES, "/nothing-like-it"])
async def test_nothing_but_our_own_script_may_run_on_a_page(house: Any, path: str) -> None:
    async with visiting(house) as visitor:
        answer = await visitor.http.get(f"/console{path}")
        policy = answer.headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "script-src 'self';" in policy
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert re.findall(r"<script(?![^>]* src=)", answer.text) == []
        assert re.findall(r"<style|\sstyle=|\son[a-z]+=|javascript:", answer.text) == []
        assert set(re.findall(r'(?:src|href)="(https?:[^"]*)"', answer.text)) == set()


async def test_a_page_that_is_not_there_says_so_as_a_page(house: Any) -> None:
    async with visiting(house) as visitor:
        for path in ("/nothing-like-it", "/tasks/6f9b1c9e-3f5e-4b8e-8d57-0d2b7a7b1f0a"):
            await visitor.goes(path)
            assert visitor.status == 404
            assert "There is no" in visitor.at


@pytest.mark.parametrize(
    ("query", "field"),
    [({"cursor": "x"}, "cursor"), ({"q": "a\0b"}, "q"), ({"status": "odd"}, "status")],
)
async def test_a_wrong_query_is_named(house: Any, query: dict[str, str], field: str) -> None:
    async with visiting(house) as visitor:
        await visitor.goes("/tasks", **query)
        assert visitor.status == 422
        assert field in text_of(visitor.at)


async def test_files_may_be_kept_for_ever_under_the_digest_of_what_they_hold(house: Any) -> None:
    for name in ("console.css", "console.js", "icon.svg"):
        answer = await house.http.get(address(name))
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert (await house.http.get(f"/console/static/0000/{name}")).status_code == 404
    assert (await house.http.get("/console/static/0000/..%2Fsheet.py")).status_code == 404


async def test_a_house_without_tasks_says_what_to_do(house: Any) -> None:
    async with visiting(house) as visitor:
        assert "No tasks yet" in await visitor.goes("")
        assert visitor.path == "/console/tasks"
        assert "Nothing matches" in await visitor.goes("/tasks", q="no such words")


def goals(page: str) -> list[str]:
    return re.findall(r'id="task-[^"]+">([^<]+)</a>', page)


async def test_tasks_are_found_by_status_arm_and_words(house: Any) -> None:
    waiting = "Count the 100% of it_all."
    await house.submit(waiting, assigned_arm="drill")
    await house.submit("Count these words.", assigned_arm="digest")
    gone = await house.submit("Never mind.")
    await house.http.post(f"/tasks/{gone}/cancel")
    async with visiting(house) as visitor:
        assert goals(await visitor.goes("/tasks")) == [
            "Never mind.", "Count these words.", waiting
        ]  # fmt: skip
        assert goals(await visitor.goes("/tasks", status="cancelled")) == ["Never mind."]
        assert goals(await visitor.goes("/tasks", arm="digest")) == ["Count these words."]
        assert goals(await visitor.goes("/tasks", q="COUNT", arm="drill")) == [waiting]
        for mark in ("0%", "t_a"):  # no wildcards
            assert goals(await visitor.goes("/tasks", q=mark)) == [waiting]
        counts = re.findall(r'id="tab-(\w+)".*?class="number">(\d+)<', visitor.at, re.DOTALL)
        assert dict(counts) == {
            "all": "3", "pending": "2", "processing": "0", "completed": "0", "failed": "0",
            "cancelled": "1",
        }  # fmt: skip


async def test_a_long_list_is_paged(house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.console.tasks.LIMIT", 2)
    for number in range(5):
        await house.submit(f"Count {number}.")
    async with visiting(house) as visitor:
        await visitor.goes("/tasks", q="Count")
        seen = goals(visitor.at)
        while following := re.search(r'href="/console([^"]*)" rel="next"', visitor.at):
            await visitor.goes(following.group(1).replace("&amp;", "&"))
            seen += goals(visitor.at)
        assert seen == [f"Count {number}." for number in (4, 3, 2, 1, 0)]


async def test_a_search_looks_through_so_many_tasks_and_offers_to_go_on(
    house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.console_store.WINDOW", 2)
    await house.submit("Find me.")
    for number in range(2):
        await house.submit(f"Count {number}.")
    async with visiting(house) as visitor:
        assert "Look further back" in await visitor.goes("/tasks", q="find me")
        following = re.search(r'href="/console([^"]*)" rel="next"', visitor.at)
        assert following is not None
        assert goals(await visitor.goes(following.group(1).replace("&amp;", "&"))) == ["Find me."]


async def test_a_task_shows_what_came_of_it_what_it_cost_and_how_it_was_judged(
    make_house: Any,
) -> None:
    script = [
        answering("{}"),
        judging(("failed", "It names no colour.")),
        answering('{"colour": "red"}'),
        judging(("passed", '"colour": "red"')),
    ]
    async with thinking(make_house, script) as (house, _):
        task_id = await house.submit(
            "Name a colour.",
            assigned_arm="assistant",
            acceptance_criteria=[{"type": "regex", "pattern": "colour"}, "Names a colour."],
        )
        task = await house.ended(task_id)
        async with visiting(house) as visitor:
            page = text_of(await visitor.goes(f"/tasks/{task_id}"))
            assert '"colour" : "red"' in page
            assert "all criteria passed" in page
            assert "after 1 repair" in page
            assert "Criterion 1 failed by judge: It names no colour." in page
            assert f"{task['spend']['tokens']:,} of 10,000" in page
            assert page.count("bought") == 4
            assert "verified" in page
            listed = text_of(await visitor.goes("/tasks"))
            assert "accepted" in listed


async def test_a_failed_task_says_why_and_what_to_do(house: Any) -> None:
    house.start_worker()
    task_id = await house.submit(
        "Fail.", assigned_arm="drill", constraints={"seconds": 0, "fail": "permanent"}
    )
    await house.ended(task_id)
    async with visiting(house) as visitor:
        page = text_of(await visitor.goes(f"/tasks/{task_id}"))
        assert "The arm could not do the work" in page
        assert "choose another arm" in page
        assert "arm-failed" in text_of(await visitor.goes("/tasks"))


async def test_private_values_are_hidden_until_they_are_asked_for(make_house: Any) -> None:
    house = await make_house(secret_key="A" * 42 + "E=")
    house.start_worker()
    goal = f"Which lines matter? Ask {SECRET}."
    context = f"10:00 ERROR mail to {SECRET} bounced\n10:01 INFO done\n"
    async with visiting(house) as visitor:
        for policy in ("redact", "allow"):
            task_id = await house.submit(
                goal, context=context, pii_policy=policy, assigned_arm="digest"
            )
            task = await house.ended(task_id)
            assert SECRET in task["result"]["output"]
            for path in ("/tasks", f"/tasks/{task_id}", f"/tasks/{task_id}?as=markdown"):
                page = await visitor.goes(path)
                assert SECRET not in page
                assert "&lt;EMAIL_1&gt;" in page
            assert SECRET in await visitor.goes(f"/tasks/{task_id}", values="shown")


async def test_what_cannot_be_screened_is_not_shown(house: Any, make_house: Any) -> None:
    task_id = await house.submit(f"Write to {SECRET}.", pii_policy="allow")
    away = await make_house(reflex_url="http://127.0.0.1:9")
    async with visiting(away) as visitor:
        for path in ("/tasks", f"/tasks/{task_id}"):
            page = await visitor.goes(path)
            assert visitor.status == 200
            assert SECRET not in page
            assert "cannot be screened" in page


async def test_the_overview_says_how_all_parts_are(house: Any) -> None:
    house.start_worker()
    await house.ended(await house.submit("Count these words."))
    await house.http.post("/submit", json={"goal": f"Write to {SECRET}."})
    async with visiting(house) as visitor:
        page = text_of(await visitor.goes("/overview"))
        for said in ("Database ok", "Reflex Layer ok", "Circuit breaker closed", "100 % completed"):
            assert said in page
        assert "Email" in page
        assert "No model was asked" in page


async def test_the_overview_says_which_part_is_away(make_house: Any) -> None:
    house = await make_house(reflex_url="http://127.0.0.1:9")
    async with visiting(house) as visitor:
        page = await visitor.goes("/overview")
        assert visitor.status == 200
        assert '<li class="bad">' in page


async def test_spend_is_shown_by_arm(make_house: Any) -> None:
    async with thinking(make_house, [answering("Red.")]) as (house, _):
        task = await house.ended(await house.submit("Name a colour.", assigned_arm="assistant"))
        async with visiting(house) as visitor:
            page = text_of(await visitor.goes("/overview"))
            assert f"assistant 1 {task['spend']['tokens']}" in page


async def test_arms_say_what_they_lack(house: Any) -> None:
    async with visiting(house) as visitor:
        page = text_of(await visitor.goes("/arms"))
        for name, arm in house.parts.pipeline.arms.items():
            assert f"{name} " in page
            assert arm.description in page


async def until_told(visitor: Visitor, path: str, kind: str) -> list[str]:
    """Return the lines of a stream until it has told an event of that type."""
    lines = []
    async with visitor.http.stream("GET", f"/console{path}") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        async for line in answer.aiter_lines():
            lines.append(line)
            if f'"type":"{kind}"' in line:
                break
    return lines


async def test_the_streams_have_no_names_that_a_script_would_have_to_know(house: Any) -> None:
    task_id = await house.submit("Count these words.")
    house.start_worker()
    async with visiting(house) as visitor:
        lines = await until_told(visitor, f"/tasks/{task_id}/events", "task.completed")
        assert any(line.startswith("id: ") for line in lines)
        assert not [line for line in lines if line.startswith("event:")]
        again = await visitor.http.get(
            f"/console/tasks/{task_id}/events", headers={"Last-Event-ID": str(2**62)}
        )
        assert again.status_code == 204
        lines = await until_told(visitor, "/events?after=0", "task.completed")
        assert not [line for line in lines if line.startswith("event:")]
