"""The form for a new task, and what the screening says of it before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any
from uuid import UUID, uuid4

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from app.console import findings, form, ticket
from app.console.door import Submitter, Visit
from app.console.sheet import Page
from app.console.task import stored
from app.routing import unavailable
from octollm import contracts
from octollm.contracts import TaskRequest
from octollm.errors import (
    IdempotencyKeyReused,
    InvalidRequest,
    OctoError,
    ReflexUnavailable,
    RefusedByPolicy,
)

LIMITS = {
    "goal": contracts.MAX_GOAL_CHARACTERS,
    "context": contracts.MAX_CONTEXT_CHARACTERS,
    "tokens": contracts.MAX_BUDGET_TOKENS,
    "seconds": contracts.MAX_BUDGET_SECONDS,
    "usd": contracts.MAX_BUDGET_USD,
    "repairs": contracts.MAX_REPAIRS,
    "criteria": contracts.MAX_CRITERIA,
}

_OUTCOMES = {"block": "private", "redact": "redact", "allow": "allow"}

router = APIRouter(prefix=f"{ticket.PATH}/submit", route_class=Page, include_in_schema=False)

Like = Annotated[UUID | None, Query()]


@router.get("")
async def ask(visit: Submitter, like: Like = None) -> Response:
    """Show the form: blank, or as an earlier task was sent."""
    filled = dict(form.BLANK)
    if like is not None:
        filled = form.form_of(form.request_of(*await stored(visit, like)))
    return _form(visit, filled, once=str(uuid4()))


@router.post("")
async def send(visit: Submitter) -> Response:
    """Send the task; where it is not taken, show the form again with the reason."""
    once = visit.form.get("once", "")
    try:
        request = form.request_in(visit.form)
        accepted = await visit.parts.pipeline.submit(
            request, tenant=visit.tenant, idempotency_key=form.mark_in(visit.form)
        )
    except IdempotencyKeyReused as error:
        return _form(visit, visit.form, once=str(uuid4()), error=error)
    except (InvalidRequest, RefusedByPolicy, ReflexUnavailable) as error:
        return _form(visit, visit.form, once=once, error=error)
    return RedirectResponse(f"{ticket.PATH}/tasks/{accepted.task_id}", 303)


@router.post("/screen")
async def screen(visit: Submitter) -> Response:
    """Show the form again with what the screening finds in it. Nothing is stored or sent on."""
    once = visit.form.get("once", "")
    try:
        request = form.request_in(visit.form)
        verdict = await _verdict(visit, request)
    except InvalidRequest as error:
        return _form(visit, visit.form, once=once, verdict={"state": "invalid"}, error=error)
    return _form(visit, visit.form, once=once, verdict=verdict)


async def _verdict(visit: Visit, request: TaskRequest) -> dict[str, Any]:
    """Return what the screening would say, and what the policy then does about it."""
    policy = request.pii_policy or visit.parts.settings.pii_policy
    try:
        await visit.parts.concealing.admit(request, "block")
    except RefusedByPolicy as refused:
        found = findings.shown(refused.findings, request)
        attacked = any(one.attack for one in found)
        state = "attack" if attacked else _OUTCOMES[policy]
        if state == "redact" and visit.parts.vault is None:
            state = "no-key"
        return {"state": state, "found": found, "policy": policy}
    except ReflexUnavailable as error:
        return {"state": "away", "detail": error.detail}
    return {"state": "clean", "found": [], "policy": policy}


def _form(
    visit: Visit,
    filled: Mapping[str, str],
    *,
    once: str,
    error: OctoError | None = None,
    verdict: Mapping[str, Any] | None = None,
) -> Response:
    wrong: dict[str, list[str]] = {}
    for one in error.errors if isinstance(error, InvalidRequest) else ():
        name, place = form.field_of(one["field"])
        message = f"{place}: {one['message']}" if place else one["message"]
        wrong.setdefault(name, []).append(message)
    if isinstance(error, RefusedByPolicy) and verdict is None:
        verdict = _refusal(visit, error)
    arms = sorted(visit.parts.pipeline.arms.items())
    return visit.page(
        "submit.html",
        200 if error is None else error.status,
        filled=dict(form.BLANK) | dict(filled),
        once=once,
        limits=LIMITS,
        arms=[(name, arm.description, unavailable(arm)) for name, arm in arms],
        default_policy=visit.parts.settings.pii_policy,
        error=error,
        wrong=wrong,
        focused=next(iter(wrong), "goal"),
        labels=form.LABELS,
        verdict=verdict,
    )


def _refusal(visit: Visit, error: RefusedByPolicy) -> dict[str, Any]:
    request = form.request_in(visit.form)
    found = findings.shown(error.findings, request)
    policy = request.pii_policy or visit.parts.settings.pii_policy
    state = "attack" if any(one.attack for one in found) else "private"
    return {"state": state, "found": found, "policy": policy}
