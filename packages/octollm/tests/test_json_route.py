"""A route of one model answers as FastAPI would, on a way of its own, in a router or not."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Any

import httpx2
import pytest
from fastapi import APIRouter, Depends, FastAPI, Header, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel

from octollm.errors import Unauthenticated
from octollm.service import problems
from octollm.service.json_route import JsonRoute

Key = Annotated[str | None, Header(min_length=2)]


class Question(BaseModel):
    number: int


class Answer(BaseModel):
    twice: int
    key: str | None
    by_fastapi: bool


async def let_in(request: Request) -> None:
    if "stranger" in request.headers:
        raise Unauthenticated("Not you.")


async def ask(request: Request, body: Question, *, a_key: Key = None) -> Answer:
    """FastAPI's own way leaves a stack for dependencies in the scope."""
    stacks = "fastapi_inner_astack" in request.scope
    return Answer(twice=2 * body.number, key=a_key, by_fastapi=stacks)


def application(*, included: bool, route_class: type[APIRoute]) -> FastAPI:
    app = FastAPI()
    problems.install(app)
    router = APIRouter(route_class=route_class, dependencies=[Depends(let_in)])
    router.post("/ask", status_code=202)(ask)
    if included:
        app.include_router(router)
    else:
        app.router.routes += router.routes
    return app


@pytest.fixture(params=[True, False], ids=["included", "bare"])
async def http(request: pytest.FixtureRequest) -> AsyncIterator[httpx2.AsyncClient]:
    app = application(included=request.param, route_class=JsonRoute)
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_it_is_answered_on_a_way_of_its_own(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/ask", json={"number": 21}, headers={"A-Key": "abc"})
    assert (answer.status_code, answer.json()) == (
        202,
        {"twice": 42, "key": "abc", "by_fastapi": False},
    )
    assert (await http.post("/ask", json={"number": 1})).json()["key"] is None


async def test_nobody_is_read_before_the_door_was_asked(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/ask", content=b"{", headers={"stranger": "yes"})
    assert answer.status_code == 401


async def test_another_method_is_not_allowed(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/ask")
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


@pytest.mark.parametrize("body", [{"number": 1}, {"number": "x"}, {}])
async def test_what_is_wrong_in_header_and_body_is_told_at_once(
    http: httpx2.AsyncClient, body: dict[str, Any]
) -> None:
    answer = await http.post("/ask", json=body, headers={"A-Key": "a"})
    fields = [error["field"] for error in answer.json()["errors"]]
    assert answer.status_code == 422
    assert fields == ["a-key"] + ["number"] * (body != {"number": 1})


def test_the_description_is_fastapis() -> None:
    ours = application(included=True, route_class=JsonRoute).openapi()
    assert ours == application(included=True, route_class=APIRoute).openapi()
    assert ours["paths"]["/ask"]["post"]["parameters"][0]["name"] == "a-key"
