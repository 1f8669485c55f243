"""The console with keys: who comes in, what a key may do there, and what it never finds."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import uuid4

import pytest
from tenants import a_key
from visitor import logged_in, text_of, visiting

from app.console.router import router as console


async def test_who_has_no_key_is_asked_for_it_and_led_back(house: Any) -> None:
    key = await a_key(house.settings)
    async with visiting(house) as visitor:
        await visitor.goes("/tasks", q="count")
        assert visitor.path == "/console/login"
        assert visitor.hidden("/console/login")["next"] == "/console/tasks?q=count"
        await visitor.sends("/login", key="octo_" + "x" * 43)
        assert visitor.status == 401
        await visitor.sends("/login", key=key.key)
        assert visitor.path == "/console/tasks"
        assert 'value="count"' in visitor.at
        await visitor.sends("/logout")
        assert visitor.path == "/console/login"
        assert visitor.cookie("octollm_key") is None
        await visitor.goes("/overview")
        assert visitor.path == "/console/login"


async def test_a_key_is_carried_where_no_script_and_no_other_site_reaches_it(house: Any) -> None:
    key = await a_key(house.settings)
    async with visiting(house) as visitor:
        await visitor.goes("/login")
        form = visitor.hidden("/console/login") | {"key": key.key}
        answer = await visitor.http.post("/console/login", data=form)
        cookies = answer.headers.get_list("set-cookie")
        assert len(cookies) == 2
        for cookie in cookies:
            assert "HttpOnly" in cookie
            assert "SameSite=strict" in cookie
            assert "Path=/console" in cookie
        # It opens the console alone: elsewhere a cookie is no key.
        assert (await visitor.http.get("/tasks")).status_code == 401


@pytest.mark.parametrize(
    "place", ["//evil.example", "https://evil.example/", "/tasks", "/console\\x"]
)
async def test_the_way_back_leads_nowhere_else(house: Any, place: str) -> None:
    key = await a_key(house.settings)
    async with visiting(house) as visitor:
        await visitor.goes("/login", next=place)
        await visitor.sends("/login", key=key.key)
        assert visitor.path == "/console/tasks"


async def test_a_key_does_what_its_scopes_allow(house: Any) -> None:
    owner = await a_key(house.settings)
    answer = await house.http.post("/submit", json={"goal": "Count."}, headers=owner.headers)
    task_id = answer.json()["task_id"]
    reader = await a_key(house.settings, scopes="read")
    async with logged_in(house, reader.key) as visitor:
        page = await visitor.goes(f"/tasks/{task_id}")
        for name in ("New task", "Resubmit", "/cancel"):
            assert name not in page
        await visitor.goes("/submit")
        assert visitor.status == 403
        assert "submit" in text_of(visitor.at)
        await visitor.goes("/tasks")
        for path in ("/submit", f"/tasks/{task_id}/cancel", f"/tasks/{task_id}/resubmit"):
            await visitor.sends(path, goal="x")
            assert visitor.status == 403
    submitter = await a_key(house.settings, scopes="submit")
    async with visiting(house) as visitor:
        await visitor.goes("/login")
        await visitor.sends("/login", key=submitter.key)
        assert visitor.status == 403


async def test_who_may_submit_and_not_read_reads_nothing_by_sending_it_again(house: Any) -> None:
    owner, submitter = await a_key(house.settings), await a_key(house.settings, scopes="submit")
    answer = await house.http.post("/submit", json={"goal": "My plan."}, headers=owner.headers)
    task_id = answer.json()["task_id"]
    async with visiting(house) as visitor:  # the door lets readers in alone; a cookie can be made
        visitor.http.cookies.set("octollm_key", submitter.key, path="/console")
        answer = await visitor.http.get("/console/submit")
        token = re.findall(r'name="token" value="(\w+)"', answer.text)[0]
        answer = await visitor.http.get(f"/console/submit?like={task_id}")
        assert answer.status_code == 403
        assert "My plan" not in answer.text
        answer = await visitor.http.post(
            f"/console/tasks/{task_id}/resubmit", data={"token": token, "once": "1"}
        )
        assert answer.status_code == 403


def routes() -> list[tuple[str, str]]:
    """Return method and path of every page of the console."""
    found = [
        (method, route.path)
        for route in every(console.routes)
        for method in route.methods
        if method in ("GET", "POST")
    ]
    assert len(found) >= 15
    return found


def every(routes: Iterable[Any]) -> Iterator[Any]:
    """Yield routes, those of routers that were included too."""
    for route in routes:
        if (included := getattr(route, "original_router", None)) is not None:
            yield from every(included.routes)
        else:
            yield route


async def test_what_is_another_tenants_is_not_there(house: Any) -> None:
    owner = await a_key(house.settings, "owner")
    answer = await house.http.post("/submit", json={"goal": "My plan."}, headers=owner.headers)
    task_id = answer.json()["task_id"]
    stranger = await a_key(house.settings, "stranger")
    async with logged_in(house, stranger.key) as visitor:
        await visitor.goes("/tasks")
        assert "My plan" not in visitor.at
        token = visitor.hidden("/console/logout")
        walked = 0
        for method, path in routes():
            if "{task_id}" not in path:
                continue
            told = []
            for one in (task_id, str(uuid4())):
                url = path.format(task_id=one)
                data = token if method == "POST" else None
                answer = await visitor.http.request(method, url, data=data)
                assert answer.status_code == 404, f"{method} {path}"
                told.append(answer.text.replace(one, ""))
            assert told[0] == told[1]
            walked += 1
        assert walked >= 4
        await visitor.goes("/submit", like=task_id)
        assert visitor.status == 404
    task = await house.http.get(f"/tasks/{task_id}", headers=owner.headers)
    assert task.json()["cancel_requested"] is False


async def test_without_a_key_no_page_but_the_door_is_open(house: Any) -> None:
    await a_key(house.settings)
    for method, path in routes():
        if "/static/" in path or path == "/console/login":
            continue
        url = path.replace("{rest:path}", "x").format(task_id=uuid4())
        answer = await house.http.request(method, url)
        shut = answer.status_code == 303 and "/console/login" in answer.headers["location"]
        assert shut or (path == "/console/logout" and answer.status_code == 422), f"{method} {path}"
