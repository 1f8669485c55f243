"""A thousand malformed bodies to every POST route of both services: each is refused as a problem
that names a field or the limit, and no answer and no log line has what was in it."""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from itertools import islice
from typing import Any
from uuid import uuid4

import httpx2
from malformed import CANARY, KINDS, Body, bodies
from processes import Street

SEED = int(os.environ.get("FUZZ_SEED", "20261126"))
BODIES = int(os.environ.get("FUZZ_BODIES", "1000"))
AT_ONCE = 4

ORCHESTRATOR = ["/submit", "/documents", "/v1/responses"]
REFLEX = ["/process", "/process/batch"]
NO_BODY = ["/tasks/{task_id}/cancel", "/v1/responses/{response_id}/cancel"]
"""The POST routes there are; one more fails the test."""


async def good_bodies(http: Any) -> dict[str, Any]:
    """Return a good body for each POST route that wants one; None for those that want none."""
    document = (await http.get("/openapi.json")).json()
    found: dict[str, Any] = {}
    for path, operations in document["paths"].items():
        if "post" in operations:
            content = operations["post"].get("requestBody", {}).get("content", {})
            examples = content.get("application/json", {}).get("examples", {})
            found[path] = max((e["value"] for e in examples.values()), key=len, default=None)
    return found


def wrong_with(answer: httpx2.Response, body: Body) -> str | None:
    """Return what an answer to a malformed body should not have been; None if it is right."""
    if not 400 <= answer.status_code < 500:
        return f"answered {answer.status_code}"
    if answer.headers.get("content-type") != "application/problem+json":
        return "not answered as a problem"
    if CANARY in answer.text:
        return "quoted"
    problem = answer.json()
    if problem["type"].endswith("body-too-large"):
        return None if "1,048,576" in problem["detail"] else "the limit is not named"
    named = [error["field"] and error["message"] for error in problem.get("errors", ())]
    return None if named and all(named) else f"no field is named: {problem}"


async def refused(http: Any, path: str, good: Any) -> Counter[str]:
    """Send malformed bodies to a route; return how many of each kind it refused."""
    kinds: Counter[str] = Counter()
    sending = bodies(good, SEED)

    async def send_some(share: int) -> None:
        for body in islice(sending, share):
            answer = await http.post(path, content=body.content, headers=body.headers)
            wrong = wrong_with(answer, body)
            assert wrong is None, f"{body.wrong}: {wrong}: {body.content[:300]!r} {body.headers}"
            kinds[body.wrong] += 1

    await asyncio.gather(*(send_some(BODIES // AT_ONCE) for _ in range(AT_ONCE)))
    return kinds


async def unmoved(http: Any) -> None:
    """Send malformed bodies to a route that takes none: it looks at none."""
    path = f"/tasks/{uuid4()}/cancel"
    for body in islice(bodies({"goal": "Count these words."}, SEED), BODIES // 10):
        answer = await http.post(path, content=body.content, headers=body.headers)
        assert answer.status_code in (404, 413), body
        assert CANARY not in answer.text


async def test_a_thousand_malformed_bodies_a_route_are_refused_by_name(street: Street) -> None:
    async with httpx2.AsyncClient(base_url=street.reflex_url, timeout=60) as reflex:
        for http, paths in ((street.http, ORCHESTRATOR), (reflex, REFLEX)):
            good = await good_bodies(http)
            assert sorted(path for path in good if path not in NO_BODY) == sorted(paths)
            for path in paths:
                kinds = await refused(http, path, good[path])
                assert kinds.total() == BODIES
                assert BODIES < 1_000 or len(kinds) == len(KINDS)
    await unmoved(street.http)
    written = "".join(line for program in street.fleet.programs for line in program.lines)
    assert CANARY not in written
    assert "unforeseen" not in written
