"""Every error of a service is a problem document that names the field and quotes nothing."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from typing import Annotated, Any
from uuid import UUID

import httpx2
import pytest
import structlog
from asgi_correlation_id import correlation_id
from fastapi import FastAPI, HTTPException, Query
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ValidationError

from octollm.contracts import TaskRequest
from octollm.errors import (
    InjectionDetected,
    InternalError,
    InvalidRequest,
    OctoError,
    PiiDetected,
    RateLimited,
    ReflexUnavailable,
    TaskNotFound,
    UnknownArm,
    from_problem,
)
from octollm.service import problems
from octollm.validation import MAX_FIELD_CHARACTERS, invalid_request

SECRET = "ada@example.org"


class Header(BaseModel):
    body: int


class Service:
    """A small service; `fails_with` is what `GET /fail` raises."""

    fails_with: Exception

    def __init__(self) -> None:
        self.app = FastAPI()
        problems.install(self.app)
        self.app.post("/submit")(self.submit)
        self.app.post("/header")(self.header)
        self.app.get("/tasks/{task_id}")(self.task)
        self.app.get("/fail")(self.fail)

    async def submit(self, request: TaskRequest) -> None: ...

    async def header(self, header: Header) -> None: ...

    async def task(self, task_id: UUID, limit: Annotated[int, Query(ge=1)] = 1) -> None: ...

    async def fail(self) -> None:
        raise self.fails_with


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def http(service: Service) -> AsyncIterator[httpx2.AsyncClient]:
    transport = httpx2.ASGITransport(app=service.app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


def problem(answer: httpx2.Response) -> dict[str, Any]:
    assert answer.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(answer.content)
    assert document["status"] == answer.status_code
    assert {"type", "title", "detail"} <= set(document)
    return document


def fields(answer: httpx2.Response) -> dict[str, str]:
    """Return message by field, of an answer that says the request is not valid."""
    document = problem(answer)
    assert answer.status_code == 422
    assert document["type"] == InvalidRequest().type
    return {error["field"]: error["message"] for error in document["errors"]}


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, "goal", "this field is required"),
        ({"goal": 7}, "goal", "must be a valid string"),
        ({"goal": " "}, "goal", "must not be blank"),
        ({"goal": "a\x00"}, "goal", "must not contain NUL characters (U+0000)"),
        ({"goal": "a", "gaol": SECRET}, "gaol", "there is no field of this name"),
        (
            {"goal": "a", "budget": {"max_tokens": -1}},
            "budget.max_tokens",
            "must be greater than or equal to 1",
        ),
        (
            {"goal": "a", "acceptance_criteria": ["fine", 7]},
            "acceptance_criteria.1",
            "must be a sentence or an object whose `type` is json_schema, regex, contains, equals, "
            "max_words or number_between",
        ),
        (
            {"goal": "a", "acceptance_criteria": [{"type": "max_words", "words": 0}]},
            "acceptance_criteria.0.words",
            "must be greater than or equal to 1",
        ),
        (
            {"goal": "a", "acceptance_criteria": [{"type": "number_between"}]},
            "acceptance_criteria.0",
            "needs a minimum, a maximum or both",
        ),
        ({"goal": "a", "budget": 7}, "budget", "must be an object"),
        ({"goal": "a", "body": 1}, "body", "there is no field of this name"),
    ],
)
async def test_a_wrong_field_is_named_in_plain_words(
    http: httpx2.AsyncClient, body: dict[str, Any], field: str, message: str
) -> None:
    answer = await http.post("/submit", json=body)
    assert fields(answer) == {field: message}
    assert problem(answer)["detail"] == f"{field}: {message}"


async def test_parameters_of_path_and_query_are_named_too(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/tasks/not-an-id", params={"limit": 0})
    assert fields(answer) == {
        "task_id": "must be a UUID",
        "limit": "must be greater than or equal to 1",
    }


async def test_a_field_may_have_the_name_of_a_part_of_the_request(http: httpx2.AsyncClient) -> None:
    assert set(fields(await http.post("/header", json={"body": "one"}))) == {"body"}


@pytest.mark.parametrize(
    "body",
    [
        {"goal": SECRET, "budget": SECRET},
        {"goal": [SECRET]},
        {"goal": SECRET, "priority": SECRET},
        {"goal": SECRET, "assigned_arm": SECRET},
        {"goal": SECRET, "pii_policy": SECRET},
        {"goal": SECRET, "metadata": [SECRET]},
        {"goal": SECRET, "metadata": {SECRET: "\x00"}},
        {"goal": SECRET, "constraints": {"key": [SECRET, {SECRET: "\x00"}]}},
        {"goal": SECRET + "\x00"},
        SECRET,
        [SECRET],
    ],
)
async def test_nothing_that_was_sent_comes_back(http: httpx2.AsyncClient, body: Any) -> None:
    answer = await http.post("/submit", json=body)
    assert fields(answer)
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b'{"goal": "' + SECRET.encode() + b'",}',
        b'{"goal": "\xff"}',
        b"[" * 100_000,
        b'{"goal": ' + b"9" * 5_000 + b"}",
    ],
    ids=["cut", "comma", "not-utf-8", "deep", "long-integer"],
)
async def test_a_body_that_is_no_json_is_said_to_be_none(
    http: httpx2.AsyncClient, content: bytes
) -> None:
    answer = await http.post(
        "/submit", content=content, headers={"Content-Type": "application/json"}
    )
    assert fields(answer) == {"body": "the body is not valid JSON"}
    assert SECRET not in answer.text


async def test_a_body_that_is_missing_or_of_another_kind_is_the_body_s_fault(
    http: httpx2.AsyncClient,
) -> None:
    assert fields(await http.post("/submit")) == {"body": "this field is required"}
    answer = await http.post("/submit", content=SECRET, headers={"Content-Type": "text/plain"})
    assert set(fields(answer)) == {"body"}
    assert SECRET not in answer.text


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (b'{"goal": "a", "\\ud800": 1}', "body"),
        (b'{"goal": "a", "budget": {"\\ud800": 1}}', "budget"),
        (b'{"goal": "a", "metadata": {"\\ud800": 1}}', "metadata"),
    ],
)
async def test_a_lone_surrogate_in_a_key_is_refused_where_it_stands(
    http: httpx2.AsyncClient, content: bytes, field: str
) -> None:
    answer = await http.post(
        "/submit", content=content, headers={"Content-Type": "application/json"}
    )
    assert fields(answer) == {field: "must not contain lone surrogates (U+D800 to U+DFFF)"}


async def test_a_name_that_utf_8_cannot_carry_is_escaped(
    service: Service, http: httpx2.AsyncClient
) -> None:
    wrong = {"type": "missing", "loc": ("body", "a", "\ud800"), "msg": "Field required"}
    service.fails_with = RequestValidationError([wrong])
    assert fields(await http.get("/fail")) == {"a.\\ud800": "this field is required"}


async def test_a_lone_surrogate_in_a_value_is_refused_by_name(http: httpx2.AsyncClient) -> None:
    answer = await http.post(
        "/submit", content=b'{"goal": "\\ud800"}', headers={"Content-Type": "application/json"}
    )
    assert fields(answer) == {"goal": "must not contain lone surrogates (U+D800 to U+DFFF)"}


async def test_a_long_field_name_is_cut(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/submit", json={"goal": "a", "é" * 1_000: 1})
    assert list(fields(answer)) == ["é" * MAX_FIELD_CHARACTERS]


async def test_every_wrong_field_is_listed_and_the_first_three_in_words(
    http: httpx2.AsyncClient,
) -> None:
    answer = await http.post("/submit", json={"goal": "a", **dict.fromkeys("vwxyz", 1)})
    assert list(fields(answer)) == list("vwxyz")
    assert problem(answer)["detail"] == "; ".join(
        f"{name}: there is no field of this name" for name in "vwx"
    )


@pytest.mark.parametrize(
    "body",
    [{}, {"goal": "\ud800"}, {"goal": "a", "\ud800": 1, "x" * 300: 2}, {"goal": "a", "budget": 1}],
)
async def test_a_client_that_checks_first_says_the_same_as_the_service(
    http: httpx2.AsyncClient, body: dict[str, Any]
) -> None:
    with pytest.raises(ValidationError) as caught:
        TaskRequest.model_validate(body)
    here = invalid_request(caught.value)
    answer = await http.post(
        "/submit", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert problem(answer)["errors"] == here.errors
    assert problem(answer)["detail"] == here.detail


@pytest.mark.parametrize(
    "raised",
    [
        TaskNotFound(),
        RateLimited("Slow down.", retry_after=3),
        UnknownArm(errors=[{"field": "assigned_arm", "message": "no"}], available=["digest"]),
        PiiDetected(findings=[{"field": "goal", "kind": "Email", "start": 0, "end": 9}]),
    ],
    ids=lambda error: error.slug,
)
async def test_an_error_arrives_as_what_it_was(
    service: Service, http: httpx2.AsyncClient, raised: OctoError
) -> None:
    service.fails_with = raised
    arrived = from_problem(problem(await http.get("/fail")))
    assert type(arrived) is type(raised)
    assert (arrived.detail, arrived.extra) == (raised.detail, raised.extra)


@pytest.mark.parametrize(("wait", "header"), [(0, "1"), (0.2, "1"), (5, "5"), (5.01, "6")])
async def test_a_wait_is_a_header_of_whole_seconds_and_never_too_short(
    service: Service, http: httpx2.AsyncClient, wait: float, header: str
) -> None:
    service.fails_with = ReflexUnavailable(retry_after=wait)
    answer = await http.get("/fail")
    assert answer.headers["Retry-After"] == header
    assert problem(answer)["retry_after"] == wait


async def test_without_a_wait_there_is_no_retry_after(
    service: Service, http: httpx2.AsyncClient
) -> None:
    service.fails_with = ReflexUnavailable()
    assert "Retry-After" not in (await http.get("/fail")).headers


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [("GET", "/nowhere", 404, "not-found"), ("DELETE", "/submit", 405, "method-not-allowed")],
)
async def test_what_the_framework_refuses_is_a_problem_too(
    http: httpx2.AsyncClient, method: str, path: str, status: int, slug: str
) -> None:
    document = problem(await http.request(method, path))
    assert document["status"] == status
    assert document["type"].endswith(":" + slug)


async def test_the_framework_s_headers_are_kept(http: httpx2.AsyncClient) -> None:
    assert (await http.delete("/submit")).headers["Allow"] == "POST"


@pytest.mark.parametrize("raised", [RuntimeError(SECRET), HTTPException(500, SECRET)])
async def test_an_unforeseen_error_says_nothing_of_itself(
    service: Service, http: httpx2.AsyncClient, raised: Exception
) -> None:
    service.fails_with = raised
    answer = await http.get("/fail")
    assert problem(answer) == InternalError().problem()
    assert SECRET not in answer.text


async def test_an_unforeseen_error_is_logged_with_its_exception(
    service: Service, http: httpx2.AsyncClient
) -> None:
    service.fails_with = ZeroDivisionError()
    with structlog.testing.capture_logs() as logged:
        await http.get("/fail")
    assert [(line["log_level"], line["exc_info"]) for line in logged] == [
        ("error", service.fails_with)
    ]


def test_a_problem_names_the_request_it_answers() -> None:
    token = correlation_id.set("request-1")
    try:
        answer = problems.render(TaskNotFound(), {"X-More": "1"})
    finally:
        correlation_id.reset(token)
    assert json.loads(bytes(answer.body))["request_id"] == "request-1"
    assert answer.headers["X-More"] == "1"


def test_documented_examples_are_grouped_by_status_and_are_real_problems() -> None:
    documented = problems.responses(
        InvalidRequest, UnknownArm, PiiDetected, InjectionDetected, ReflexUnavailable
    )
    assert set(documented) == {422, 503}
    contents = {status: entry["content"] for status, entry in documented.items()}
    examples = contents[422]["application/problem+json"]["examples"]
    assert list(examples) == [
        "invalid-request",
        "unknown-arm",
        "pii-detected",
        "injection-detected",
    ]
    for slug, example in examples.items():
        assert from_problem(example["value"]).slug == slug
    assert InvalidRequest.title in documented[422]["description"]
    assert UnknownArm.title in documented[422]["description"]
    away = contents[503]["application/problem+json"]["examples"]["reflex-unavailable"]["value"]
    assert away["retry_after"] > 0
