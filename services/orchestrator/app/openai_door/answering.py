"""Pure: a task as a response of OpenAI's Responses API
(platform.openai.com/docs/api-reference/responses/object)."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field, JsonValue

from app.openai_door.asking import ANY_ARM
from octollm.budget import Spend
from octollm.contracts import Response, TaskResponse, TaskStatus
from octollm.criteria import Judgement
from octollm.errors import PROBLEM_TYPE_PREFIX, TaskNotFound

PREFIX = "resp_"

_STATUS: dict[TaskStatus, Literal["queued", "in_progress", "completed", "failed", "cancelled"]] = {
    TaskStatus.PENDING: "queued",
    TaskStatus.PROCESSING: "in_progress",
    TaskStatus.COMPLETED: "completed",
    TaskStatus.FAILED: "failed",
    TaskStatus.CANCELLED: "cancelled",
}


class OutputText(Response):
    type: Literal["output_text"] = "output_text"
    text: str
    annotations: list[JsonValue] = []
    logprobs: list[JsonValue] = []


class OutputMessage(Response):
    """`incomplete` is what there was when the task was cut short, or what was written anew: no
    `final_answer`, so that a client does not look in it for the form that was asked for."""

    id: str
    type: Literal["message"] = "message"
    role: Literal["assistant"] = "assistant"
    status: Literal["in_progress", "completed", "incomplete"]
    content: list[OutputText]
    phase: Literal["commentary", "final_answer"] | None = None


class InputDetails(Response):
    cached_tokens: int = 0
    cache_write_tokens: int = 0


class OutputDetails(Response):
    reasoning_tokens: int = 0


class Usage(Response):
    """Tokens of the model calls whose usage is known."""

    input_tokens: int
    input_tokens_details: InputDetails = InputDetails()
    output_tokens: int
    output_tokens_details: OutputDetails = OutputDetails()
    total_tokens: int


class ResponseError(Response):
    code: Annotated[str, Field(description="The type of problem, such as `budget-exceeded`.")]
    message: str


class TaskPart(Response):
    """What OpenAI's format has no place for."""

    task_id: UUID
    arm: str | None = None
    accepted: Annotated[
        bool | None, Field(description="Whether all criteria passed; null when it is not known.")
    ] = None
    judgements: list[Judgement] = []
    spend: Spend = Spend()


class ResponseObject(Response):
    """A task as the Responses API shows it. What it cannot say is in `octollm`."""

    id: str
    object: Literal["response"] = "response"
    created_at: float
    completed_at: float | None = None
    status: Literal["queued", "in_progress", "completed", "failed", "cancelled"]
    background: bool
    model: str
    output: list[OutputMessage] = []
    error: ResponseError | None = None
    incomplete_details: None = None
    instructions: None = None
    metadata: dict[str, JsonValue] = {}
    parallel_tool_calls: bool = False
    previous_response_id: None = None
    temperature: None = None
    top_p: None = None
    tool_choice: Literal["none"] = "none"
    tools: list[JsonValue] = []
    usage: Usage | None = None
    octollm: TaskPart


class Model(Response):
    """An arm that can be used."""

    id: str
    object: Literal["model"] = "model"
    created: int = 0
    owned_by: str = "octollm"
    description: str


class ModelList(Response):
    object: Literal["list"] = "list"
    data: list[Model]


def response_of(
    task: TaskResponse, tokens: tuple[int, int], *, background: bool = True
) -> ResponseObject:
    """Return a task as a response. `tokens` are those of input and output that models counted."""
    result, given, written = task.result, *tokens
    arm = result.arm if result else task.assigned_arm
    return ResponseObject(
        id=id_of(task.task_id),
        created_at=task.created_at.timestamp(),
        completed_at=task.finished_at.timestamp() if task.finished_at else None,
        status=_STATUS[task.status],
        background=background,
        model=arm or ANY_ARM,
        output=[message(task, 0)] if result else [],
        error=_error(task),
        metadata=task.metadata,
        usage=_usage(given, written) if task.status.final else None,
        octollm=TaskPart(
            task_id=task.task_id,
            arm=arm,
            accepted=result.accepted if result else None,
            judgements=result.judgements if result else [],
            spend=result.spend if result else task.spend,
        ),
    )


def message(task: TaskResponse, item: int) -> OutputMessage:
    """Return the output of a task that has one, as the message of that number of its stream."""
    if task.result is None:
        raise AssertionError("the task has no result")
    whole = task.status is TaskStatus.COMPLETED and not task.result.partial
    return OutputMessage(
        id=item_id(task.task_id, item),
        status="completed" if whole else "incomplete",
        phase="final_answer" if whole else "commentary",
        content=[OutputText(text=task.result.output)],
    )


def id_of(task_id: UUID) -> str:
    """Return the id of the response that a task is."""
    return f"{PREFIX}{task_id.hex}"


def item_id(task_id: UUID, item: int) -> str:
    return f"msg_{task_id.hex}_{item}"


def task_id_in(response_id: str) -> UUID:
    """Return the task behind the id of a response. Raises TaskNotFound for any other text."""
    hexadecimal = response_id.removeprefix(PREFIX)
    if hexadecimal == response_id or len(hexadecimal) != 32:
        raise TaskNotFound
    try:
        return UUID(hex=hexadecimal)
    except ValueError:
        raise TaskNotFound from None


def dumped(model: BaseModel) -> dict[str, Any]:
    """Return a model as JSON data."""
    data: dict[str, Any] = model.model_dump(mode="json")
    return data


def _error(task: TaskResponse) -> ResponseError | None:
    if task.error is None:
        return None
    code = task.error.type.removeprefix(PROBLEM_TYPE_PREFIX)
    return ResponseError(code=code, message=task.error.detail)


def _usage(given: int, written: int) -> Usage:
    return Usage(input_tokens=given, output_tokens=written, total_tokens=given + written)
