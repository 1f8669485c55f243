"""The OpenAI door: tasks through the Responses API, for OpenAI's own clients.

See `app.openai_door`; the ids of responses are the ids of tasks in another coat.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Body, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError

from app import reading
from app.database import patiently
from app.openai_door import asking, naming, streaming
from app.openai_door.answering import (
    Model,
    ModelList,
    ResponseObject,
    response_of,
    task_id_in,
)
from app.openai_door.asking import ANY_ARM, ResponseRequest
from app.openai_door.errors import PATH
from app.openai_door.telling import Telling
from app.parts import Parts
from app.routes import examples
from app.routes.depends import Tenant, TheCompletions, TheParts
from app.routes.events import TheStreams
from app.routes.guarded import DOOR, Guarded, check_may, check_still_in, may, needs
from app.routes.tasks import TASK_UNREAD, IdempotencyKey
from app.routing import unavailable
from app.streaming import Streams
from app.watching import EventStream
from octollm.contracts import TaskResponse
from octollm.errors import (
    ArmUnavailable,
    BodyTooLarge,
    DatabaseUnavailable,
    IdempotencyKeyReused,
    IllegalTransition,
    InjectionDetected,
    InternalError,
    InvalidRequest,
    NotFound,
    PiiDetected,
    PrivateValuesUnreadable,
    ReflexUnavailable,
    RefusedByPolicy,
    UnknownArm,
)
from octollm.service.problems import responses

LOOK_SECONDS = 1.0
"""How often a client that waits for its response is looked at whether it is still there."""

PATIENCE_SECONDS = 10.0
"""How long a task that was accepted is tried to be read while the database is away."""

ResponseId = Annotated[str, Path(max_length=100, description="As given by `POST /v1/responses`.")]
After = Annotated[
    int | None,
    Query(ge=0, lt=2**53, description="The last `sequence_number` you have, with `stream`."),
]

log = structlog.get_logger(__name__)


class Compatible(Guarded):
    """Names what is wrong in a body as the client wrote it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await answer(request)
            except RequestValidationError as error:
                found = [{**one, "loc": naming.location(one["loc"])} for one in error.errors()]
                raise RequestValidationError(found) from None

        return handler


router = APIRouter(prefix=PATH, tags=["openai"], route_class=Compatible, responses=DOOR)


@router.post(
    "/responses",
    dependencies=[needs("submit")],
    summary="Create a response",
    response_model=ResponseObject,
    responses={
        200: examples.STREAMED_RESPONSE,
        **responses(
            InvalidRequest,
            UnknownArm,
            ArmUnavailable,
            PiiDetected,
            InjectionDetected,
            IdempotencyKeyReused,
            BodyTooLarge,
            ReflexUnavailable,
            DatabaseUnavailable,
            PrivateValuesUnreadable,
            InternalError,
        ),
    },
)
async def create_response(
    asked: Annotated[ResponseRequest, Body(openapi_examples=examples.RESPONSES)],
    request: Request,
    parts: TheParts,
    streams: TheStreams,
    completions: TheCompletions,
    tenant: Tenant,
    idempotency_key: IdempotencyKey = None,
) -> Any:
    """Submit a task, and answer as it ends; with `background` at once, with `stream` as it comes.

    Who neither asks for `background` nor stays until the end has cancelled the task, unless it was
    sent with an `Idempotency-Key`: then it may be asked for again. A key without the scope `read`
    is answered in the background alone, and without what came of it.
    """
    if not asked.background or asked.stream:
        check_may(request, "read")
    wanted = asking.task_request(asked)
    try:
        accepted = await parts.pipeline.submit(
            wanted, tenant=tenant, idempotency_key=idempotency_key
        )
        look = patiently(PATIENCE_SECONDS)  # what was accepted is not to be sent again
        task: TaskResponse = await look(
            reading.awaited, parts, completions, tenant, accepted.task_id, 0
        )
    except (InvalidRequest, RefusedByPolicy) as error:
        raise asking.renamed(error, asked) from None
    task_id, background = accepted.task_id, asked.background
    kept = background or idempotency_key is not None
    if asked.stream:
        telling = Telling(task_id, -1)
        response = response_of(task, (0, 0), background=background)
        told = await _told(parts, streams, tenant, telling, task, response)

        async def left() -> None:
            if not telling.ended and not completions.closing:
                await _cancel(parts, tenant, task_id)

        return EventStream(request, told, None if kept else left)
    while not background and not completions.closing:
        try:
            task = await reading.awaited(parts, completions, tenant, task_id, LOOK_SECONDS)
            await check_still_in(request)
            if task.status.final:
                return (await streaming.read(parts, tenant, task_id, background=False))[1]
        except DatabaseUnavailable:  # what was accepted is accepted, and not to be sent again
            await asyncio.sleep(LOOK_SECONDS)
        if await request.is_disconnected():
            if not kept:
                await _cancel(parts, tenant, task_id)
            break
    # One that was sent before, with the same key, may have ended by now.
    shown = (
        task if may(request, "read") else task.model_copy(update={"result": None, "error": None})
    )
    return response_of(shown, (0, 0), background=background)


@router.get(
    "/responses/{response_id}",
    dependencies=[needs("read")],
    summary="Look at a response, or watch it",
    response_model=ResponseObject,
    responses={
        200: examples.STREAMED_RESPONSE,
        **TASK_UNREAD,
    },
)
async def get_response(
    response_id: ResponseId,
    request: Request,
    parts: TheParts,
    streams: TheStreams,
    tenant: Tenant,
    stream: bool = False,
    starting_after: After = None,
) -> Any:
    """A response as it is now; with `stream` its events, from the beginning or after one."""
    task_id = task_id_in(response_id)
    task, response = await streaming.read(parts, tenant, task_id, background=True)
    if not stream:
        return response
    telling = Telling(task_id, -1 if starting_after is None else starting_after)
    return EventStream(request, await _told(parts, streams, tenant, telling, task, response))


@router.post(
    "/responses/{response_id}/cancel",
    dependencies=[needs("cancel")],
    summary="Cancel a response",
    responses={
        200: examples.RESPONSE,
        **TASK_UNREAD,
    },
)
async def cancel_response(
    response_id: ResponseId,
    request: Request,
    parts: TheParts,
    completions: TheCompletions,
    tenant: Tenant,
) -> ResponseObject:
    """Cancel a response, and answer as it is then. One that has ended stays as it is.

    What it answers is to be read: the key needs the scope `read` as well.
    """
    check_may(request, "read")
    task_id = task_id_in(response_id)
    await _cancel(parts, tenant, task_id)
    await reading.awaited(parts, completions, tenant, task_id, LOOK_SECONDS)
    return (await streaming.read(parts, tenant, task_id, background=True))[1]


@router.get(
    "/models",
    dependencies=[needs("read")],
    summary="List models",
    responses={200: examples.MODELS, **responses(InternalError)},
)
async def list_models(parts: TheParts) -> ModelList:
    """The arms that can be used, each as a model; `octollm` is whichever suits best."""
    return ModelList(data=_models(parts))


@router.get(
    "/models/{model}",
    dependencies=[needs("read")],
    summary="Look at a model",
    responses={200: examples.MODEL, **responses(NotFound, InvalidRequest, InternalError)},
)
async def get_model(model: Annotated[str, Path(max_length=64)], parts: TheParts) -> Model:
    """One of the arms that can be used."""
    found = next((one for one in _models(parts) if one.id == model), None)
    if found is None:
        raise NotFound("There is no model of this name.")
    return found


def _models(parts: Parts) -> list[Model]:
    any_arm = Model(id=ANY_ARM, description="Whichever arm suits the task best.")
    return [
        any_arm,
        *(
            Model(id=name, description=arm.description)
            for name, arm in sorted(parts.pipeline.arms.items())
            if not unavailable(arm)
        ),
    ]


async def _told(
    parts: Parts,
    streams: Streams,
    tenant: str,
    telling: Telling,
    task: TaskResponse,
    response: ResponseObject,
) -> AsyncGenerator[bytes, None]:
    """Return the frames of a stream; whatever keeps it from beginning is raised here."""
    visible = await streaming.restoring(parts, task)
    return streaming.frames(parts, streams, tenant, telling, response, visible)


async def _cancel(parts: Parts, tenant: str, task_id: Any) -> None:
    """Ask for a task to be cancelled; one that has ended already has ended."""
    try:
        async with parts.database.transaction() as session:
            await parts.pipeline.cancel(session, tenant=tenant, task_id=task_id)
    except IllegalTransition:
        log.info("a response had ended before it was cancelled", task_id=str(task_id))
