"""What operators see: who am I, health, readiness, metrics, request ids, problems, documents."""

from __future__ import annotations

import asyncio
import gc
import json
import re
import shutil
import tempfile
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx2
import pytest
from openapi_spec import answers
from pydantic import BaseModel

from app import embedded, migrate
from app.main import create_app
from octollm.contracts import (
    TaskAccepted,
    TaskPage,
    TaskRequest,
    TaskResponse,
    TaskSummary,
)
from octollm.documents import DocumentPage, DocumentRequest, DocumentSummary
from octollm.receipt import Receipt

PROBLEM = "urn:octollm:problem:"


async def test_the_root_says_who_it_is_and_its_links_work(house: Any) -> None:
    body = (await house.http.get("/")).json()
    assert body["name"] == "OctoLLM Orchestrator"
    for path in body["links"].values():
        answer = await house.http.get(path)
        assert answer.status_code in (200, 303, 405), path


async def test_it_is_ready_when_everything_is_there(house: Any) -> None:
    answer = await house.http.get("/ready")
    assert answer.status_code == 200
    body = answer.json()
    assert body["checks"] == {"database": "ok", "reflex": "ok"}
    assert body["arms"]["digest"] == "ok"


async def test_what_was_there_at_the_start_is_left_alone_until_the_end(settings: Any) -> None:
    app = create_app(settings)
    async with app.router.lifespan_context(app):
        assert gc.get_freeze_count() > 10_000
    assert gc.get_freeze_count() == 0


async def test_it_lives_without_anything_and_says_what_it_misses(make_house: Any) -> None:
    house = await make_house(
        database_url="postgresql://nobody@127.0.0.1:9/none", reflex_url="http://127.0.0.1:9"
    )
    assert (await house.http.get("/health")).json() == {"status": "alive"}
    answer = await house.http.get("/ready")
    assert (answer.status_code, answer.json()["type"]) == (503, PROBLEM + "unavailable")
    assert set(answer.json()["checks"]) == {"database", "reflex"}
    assert "ok" not in answer.json()["checks"].values()
    assert int(answer.headers["Retry-After"]) >= 1
    for path in ("/tasks", f"/tasks/{uuid4()}"):
        answer = await house.http.get(path)
        assert answer.status_code == 503
        assert answer.json()["type"] == PROBLEM + "database-unavailable"


async def test_a_database_that_was_never_migrated_is_not_ready(
    make_house: Any, postgres: embedded.Server
) -> None:
    name = f"empty_{uuid4().hex}"
    postgres.create_database(name)
    try:
        house = await make_house(database_url=postgres.url(name))
        answer = await house.http.get("/ready")
        assert answer.status_code == 503
        assert "octollm migrate" in answer.json()["detail"]
        await house.parts.database.close()
    finally:
        postgres.drop_database(name)


async def test_metrics_are_labelled_by_route_and_never_by_what_was_typed(house: Any) -> None:
    task_id = await house.submit()
    for path in (f"/tasks/{task_id}", f"/tasks/{task_id}/", "/nowhere/canary", "/tasks/canary"):
        await house.http.get(path)
    await house.http.request("CANARY", "/tasks")
    text = (await house.http.get("/metrics")).text
    assert 'http_requests_total{method="POST",route="/submit",status="202"} 1.0' in text
    assert 'http_requests_total{method="GET",route="/tasks/{task_id}",status="200"} 1.0' in text
    assert "octollm_tasks_submitted_total 1.0" in text
    assert "octollm_reflex_breaker_state 0.0" in text
    assert task_id not in text
    assert "canary" not in text.lower()


async def test_refusals_and_endings_are_counted(house: Any) -> None:
    house.start_worker()
    await house.ended(await house.submit())
    await house.http.post("/submit", json={"goal": "My SSN is 536-22-8145."})
    text = (await house.http.get("/metrics")).text
    assert 'octollm_tasks_finished_total{status="completed"} 1.0' in text
    assert 'octollm_submissions_refused_total{reason="pii-detected"} 1.0' in text


@pytest.mark.parametrize(
    ("sent", "kept"),
    [("my-trace_1.2", True), ("x" * 65, False), ("a b", False), ("<script>", False)],
)
async def test_a_request_id_is_kept_if_it_is_harmless(house: Any, sent: str, kept: bool) -> None:
    answer = await house.http.get("/health", headers={"X-Request-ID": sent})
    assert (answer.headers["X-Request-ID"] == sent) is kept
    assert len(answer.headers.get_list("X-Request-ID")) == 1


@pytest.mark.parametrize(
    ("method", "path", "status", "slug"),
    [
        ("GET", "/nowhere", 404, "not-found"),
        ("GET", "/tasks/", 404, "not-found"),
        ("DELETE", "/tasks", 405, "method-not-allowed"),
        ("GET", "/submit", 405, "method-not-allowed"),
    ],
)
async def test_what_the_framework_refuses_is_a_problem_too(
    house: Any, method: str, path: str, status: int, slug: str
) -> None:
    answer = await house.http.request(method, path)
    assert (answer.status_code, answer.json()["type"]) == (status, PROBLEM + slug)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


@pytest.mark.parametrize(
    ("broken", "path"),
    [("app.store.list_tasks", "/tasks"), ("app.routes.openai.unavailable", "/v1/models")],
)
async def test_an_unforeseen_error_is_a_problem_that_tells_nothing(
    house: Any, monkeypatch: pytest.MonkeyPatch, broken: str, path: str
) -> None:
    def failing(*_arguments: Any, **_named: Any) -> None:
        raise ValueError("canary")

    monkeypatch.setattr(broken, failing)
    answer = await house.http.get(path)
    assert (answer.status_code, answer.json()["type"]) == (500, PROBLEM + "internal-error")
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]
    assert "canary" not in answer.text
    if path.startswith("/v1/"):
        assert answer.json()["error"]["code"] == "internal-error"


async def test_browsers_from_elsewhere_are_let_in_only_by_name(make_house: Any) -> None:
    closed = await make_house()
    open_house = await make_house(cors_origins=["https://ours.example"])
    headers = {"Origin": "https://ours.example", "Access-Control-Request-Method": "POST"}
    refused = await closed.http.options("/submit", headers=headers)
    assert "access-control-allow-origin" not in refused.headers
    allowed = await open_house.http.options("/submit", headers=headers)
    assert allowed.headers["access-control-allow-origin"] == "https://ours.example"


async def test_a_request_and_its_task_share_an_id_in_the_log(
    house: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    house.start_worker()
    answer = await house.http.post(
        "/submit", json={"goal": "canary words"}, headers={"X-Request-ID": "trace-77"}
    )
    await house.ended(answer.json()["task_id"])
    await house.stop_workers()
    written = "".join(capsys.readouterr())
    assert re.search(rf"request .*route=/submit .*task_id={answer.json()['task_id']}", written)
    assert re.search(rf"task ended .*task_id={answer.json()['task_id']}", written)
    assert "canary" not in written


async def test_the_database_may_go_and_come_back(make_house: Any) -> None:
    """PostgreSQL stopped: alive, not ready, 503. Started again: recovers without a restart."""
    folder = Path(tempfile.mkdtemp(prefix="octollm-outage-"))
    try:
        with embedded.running(folder, durable=False) as server:
            server.create_database("octollm")
            await asyncio.to_thread(migrate.upgrade, server.url())
            house = await make_house(database_url=server.url(), db_connect_timeout=2)
            house.start_worker()
            await house.ended(await house.submit())
            await asyncio.to_thread(server.stop)
            assert (await house.http.get("/health")).status_code == 200
            assert (await house.http.get("/ready")).status_code == 503
            answer = await house.http.post("/submit", json={"goal": "x"})
            assert (answer.status_code, answer.json()["type"]) == (
                503,
                PROBLEM + "database-unavailable",
            )
            await asyncio.to_thread(server.start)
            task = await house.ended(await house.submit())
            assert task["status"] == "completed"
            assert (await house.http.get("/ready")).status_code == 200
            await house.stop_workers()
            await house.parts.database.close()
    finally:
        shutil.rmtree(folder)


MODELS: dict[tuple[str, str, str], type[BaseModel]] = {
    ("/submit", "post", "202"): TaskAccepted,
    ("/tasks", "get", "200"): TaskPage,
    ("/tasks/{task_id}", "get", "200"): TaskResponse,
    ("/tasks/{task_id}/cancel", "post", "202"): TaskSummary,
    ("/tasks/{task_id}/receipt", "get", "200"): Receipt,
    ("/documents", "post", "201"): DocumentSummary,
    ("/documents", "get", "200"): DocumentPage,
    ("/documents/{document_id}", "get", "200"): DocumentSummary,
}


async def test_every_documented_answer_has_an_example_that_is_true(settings: Any) -> None:
    document = create_app(settings).openapi()
    for path, method, status, content in answers(document):
        where = f"{method} {path} {status}"
        if "application/problem+json" in content:
            examples = content["application/problem+json"]["examples"]
            for slug, example in examples.items():
                assert example["value"]["type"] == PROBLEM + slug, where
                assert str(example["value"]["status"]) == status, where
        elif "application/json" in content:
            example = content["application/json"]["example"]
            if model := MODELS.get((path, method, status)):
                model.model_validate_json(json.dumps(example))
        elif status != "204":
            (text,) = content.values()
            assert text["example"], where
    requests: dict[str, type[BaseModel]] = {"/submit": TaskRequest, "/documents": DocumentRequest}
    for path, request in requests.items():
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]
        for example in body["examples"].values():
            request.model_validate(example["value"])


async def test_every_answer_carries_a_request_id(house: Any) -> None:
    seen = set()
    for path in ("/", "/health", "/ready", "/metrics", "/tasks", "/nowhere", "/openapi.json"):
        seen.add((await house.http.get(path)).headers["X-Request-ID"])
    assert len(seen) == 7


async def test_a_client_that_hangs_up_while_waiting_leaves_nothing_behind(house: Any) -> None:
    task_id = await house.submit()
    with pytest.raises(httpx2.ReadTimeout):
        await house.http.get(f"/tasks/{task_id}", params={"wait": 1}, timeout=0.2)
    house.start_worker()
    await house.ended(task_id)
