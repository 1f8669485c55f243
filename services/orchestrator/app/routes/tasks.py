"""Tasks: submit, list, look at, wait for, cancel."""

from __future__ import annotations

from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Body, Header, Path, Query, Request

from app import event_store, private_store, store, views
from app.reading import awaited
from app.routes import depends, examples
from app.routes.depends import Cursor, Tenant, TheCompletions, TheParts, Transaction
from app.routes.guarded import DOOR, Guarded, GuardedJson, check_still_in, may, needs
from octollm.contracts import (
    MAX_WAIT_SECONDS,
    TaskAccepted,
    TaskPage,
    TaskRequest,
    TaskResponse,
    TaskStatus,
    TaskSummary,
)
from octollm.errors import (
    ArmUnavailable,
    BodyTooLarge,
    DatabaseUnavailable,
    IdempotencyKeyReused,
    IllegalTransition,
    InjectionDetected,
    InternalError,
    InvalidRequest,
    Overloaded,
    PiiDetected,
    PrivateValuesUnreadable,
    QueueFull,
    RateLimited,
    ReflexUnavailable,
    TaskNotFound,
    UnknownArm,
)
from octollm.service.edge import add_header
from octollm.service.problems import responses

TaskId = Annotated[UUID, Path(description="As given by `POST /submit`.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Tasks on a page.")]
Wait = Annotated[
    float,
    Query(ge=0, le=MAX_WAIT_SECONDS, description="Seconds to wait for the task to end."),
]
IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="The same key with the same body gives the same task, for 24 hours unless the "
        "operator says otherwise.",
    ),
]
Status = Annotated[TaskStatus | None, Query(description="Only tasks in this status.")]

TASK_UNREAD: Final = responses(
    TaskNotFound, InvalidRequest, DatabaseUnavailable, PrivateValuesUnreadable, InternalError
)
"""What a route that shows a task may answer instead."""

submitting = APIRouter(
    tags=["tasks"],
    route_class=GuardedJson,
    responses=DOOR,
    generate_unique_id_function=lambda route: route.name,
)
router = APIRouter(tags=["tasks"], route_class=Guarded, responses=DOOR)


@submitting.post(
    "/submit",
    dependencies=[needs("submit")],
    status_code=202,
    summary="Submit a task",
    responses={
        202: examples.ACCEPTED,
        **responses(
            InvalidRequest,
            UnknownArm,
            ArmUnavailable,
            PiiDetected,
            InjectionDetected,
            IdempotencyKeyReused,
            BodyTooLarge,
            RateLimited,
            QueueFull,
            ReflexUnavailable,
            DatabaseUnavailable,
            Overloaded,
            InternalError,
        ),
    },
)
async def submit(
    request: Request,
    body: Annotated[TaskRequest, Body(openapi_examples=examples.SUBMIT)],
    *,
    idempotency_key: IdempotencyKey = None,
) -> TaskAccepted:
    """Screen a task and store it. A 202 is a promise: the task is stored and will end."""
    parts, tenant = await depends.parts(request), await depends.tenant(request)
    accepted = await parts.pipeline.submit(body, tenant=tenant, idempotency_key=idempotency_key)
    add_header(request.scope, "Location", f"/tasks/{accepted.task_id}")
    return accepted


@router.get(
    "/tasks",
    dependencies=[needs("read")],
    summary="List tasks, newest first",
    responses={200: examples.PAGE, **responses(InvalidRequest, DatabaseUnavailable, InternalError)},
)
async def list_tasks(
    session: Transaction,
    tenant: Tenant,
    status: Status = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> TaskPage:
    """One page of your tasks. Follow `next_cursor` until it is null."""
    tasks, following = await store.list_tasks(
        session, tenant, status=status, limit=limit, cursor=cursor
    )
    return TaskPage(tasks=[views.summary(task) for task in tasks], next_cursor=following)


@router.get(
    "/tasks/{task_id}",
    dependencies=[needs("read")],
    summary="Look at a task, or wait for it",
    responses={
        200: examples.TASK,
        **TASK_UNREAD,
    },
)
async def get_task(
    task_id: TaskId,
    request: Request,
    parts: TheParts,
    completions: TheCompletions,
    tenant: Tenant,
    wait: Wait = 0,
) -> TaskResponse:
    """A task's contract, state and, once it has ended, its result or why it failed.

    With `wait`, the answer comes as soon as the task has ended, or after that time.
    """
    task = await awaited(parts, completions, tenant, task_id, wait)
    if wait:
        await check_still_in(request)
    return task


@router.post(
    "/tasks/{task_id}/cancel",
    dependencies=[needs("cancel")],
    status_code=202,
    summary="Cancel a task",
    responses={
        202: examples.CANCELLED,
        **responses(
            TaskNotFound, IllegalTransition, InvalidRequest, DatabaseUnavailable, InternalError
        ),
    },
)
async def cancel_task(
    task_id: TaskId, request: Request, parts: TheParts, session: Transaction, tenant: Tenant
) -> TaskSummary:
    """Ask for a task to be cancelled; asking again is harmless.

    A pending task is cancelled in this answer, a running one within a second. To a key without the
    scope `read` its `goal` is empty.
    """
    task = await parts.pipeline.cancel(session, tenant=tenant, task_id=task_id)
    return task if may(request, "read") else task.model_copy(update={"goal": ""})


@router.delete(
    "/tasks/{task_id}/private",
    dependencies=[needs("admin")],
    status_code=204,
    summary="Erase a task's private values",
    responses=responses(
        TaskNotFound, IllegalTransition, InvalidRequest, DatabaseUnavailable, InternalError
    ),
)
async def purge_task(task_id: TaskId, session: Transaction, tenant: Tenant) -> None:
    """Erase what the placeholders of a task stand for, for good; doing it again is harmless.

    The task itself stays, its result with the placeholders in it. One that has not ended needs
    its values still: cancel it first.
    """
    task, _ = await store.get_task(session, tenant, task_id)
    if not task.status.final:
        raise IllegalTransition("The task has not ended.", status_now=task.status.value)
    if await private_store.purge(session, tenant, task_id):
        await event_store.add_event(session, task_id, "task.purged", {})
