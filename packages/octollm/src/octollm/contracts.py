"""What crosses the wire between a user and the Orchestrator, and what an arm is given.

Requests are strict: a wrong type or an unknown field is refused by name. Responses are
tolerant: a client ignores fields that a newer server adds.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, JsonValue

from octollm.budget import Spend
from octollm.criteria import Criterion, Judgement
from octollm.fields import STORABLE, WRITTEN, JsonObject, not_blank, storable

MAX_GOAL_CHARACTERS = 10_000
MAX_CONTEXT_CHARACTERS = 50_000
MAX_CRITERIA = 50
MAX_BUDGET_TOKENS = 100_000
MAX_BUDGET_SECONDS = 3_600
MAX_BUDGET_USD = 100
MAX_BODY_BYTES = 1_048_576
MAX_WAIT_SECONDS = 60
ARM_NAME = r"^[a-z][a-z0-9_-]{0,63}$"

MAX_REPAIRS = 10

PiiPolicy = Literal["block", "redact", "allow"]
"""What to do with private data found in a task: refuse the task, put placeholders in its place
until the owner reads the result, or let it through."""


class TaskStatus(StrEnum):
    """`pending → processing → completed | failed | cancelled`; `pending → cancelled`."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """True for a status that nothing leaves."""
        return self in (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)


class Request(BaseModel):
    """Base of what users send."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class Response(BaseModel):
    """Base of what users get."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class ResourceBudget(Request):
    """What a task may use: model tokens, seconds since its first start, US dollars."""

    max_tokens: Annotated[int, Field(ge=1, le=MAX_BUDGET_TOKENS)] = 10_000
    max_time_seconds: Annotated[float, Field(gt=0, le=MAX_BUDGET_SECONDS)] = 300
    max_cost_usd: Annotated[float, Field(ge=0, le=MAX_BUDGET_USD)] = 1.0


class TaskRequest(Request):
    """The body of `POST /submit`."""

    goal: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_GOAL_CHARACTERS,
            description="What is to be done.",
            json_schema_extra=WRITTEN,
        ),
        AfterValidator(storable),
        AfterValidator(not_blank),
    ]
    context: Annotated[
        Annotated[
            str,
            Field(max_length=MAX_CONTEXT_CHARACTERS, json_schema_extra=STORABLE),
            AfterValidator(storable),
        ]
        | None,
        Field(description="The material to work on."),
    ] = None
    constraints: Annotated[
        JsonObject, Field(description="Limits and options an arm understands.")
    ] = {}
    acceptance_criteria: Annotated[
        list[Criterion],
        Field(
            max_length=MAX_CRITERIA,
            description="What must hold for the result: sentences, or checks with a `type`.",
        ),
    ] = []
    max_repairs: Annotated[
        int,
        Field(
            ge=0,
            le=MAX_REPAIRS,
            description="How often an arm may try again when a criterion has failed.",
        ),
    ] = 2
    budget: ResourceBudget = ResourceBudget()
    assigned_arm: Annotated[
        str | None,
        Field(pattern=ARM_NAME, description="An arm by name; left out, the best one is chosen."),
    ] = None
    metadata: Annotated[JsonObject, Field(description="Your own notes; kept, never acted on.")] = {}
    priority: Annotated[int, Field(ge=-100, le=100, description="Higher runs earlier.")] = 0
    pii_policy: Annotated[
        PiiPolicy | None,
        Field(
            description="`block` refuses private data, `redact` hides it from all but you, "
            "`allow` lets it through. Left out, the server's setting counts."
        ),
    ] = None


class TaskContract(BaseModel):
    """What an arm is asked to fulfil. Immutable."""

    model_config = ConfigDict(frozen=True)

    task_id: str
    goal: str
    constraints: dict[str, JsonValue] = {}
    context: str | None = None
    acceptance_criteria: list[Criterion] = []
    max_repairs: int = 2
    budget: ResourceBudget = ResourceBudget()
    assigned_arm: str | None = None
    metadata: dict[str, JsonValue] = {}
    pii_policy: PiiPolicy = "block"


class TaskResult(Response):
    """What a task hands back: text to read, and the same as data to compute with."""

    arm: str
    output: str
    data: dict[str, JsonValue] = {}
    spend: Spend = Spend()
    accepted: Annotated[
        bool | None,
        Field(description="Whether all criteria passed; null when that is not known."),
    ] = None
    judgements: list[Judgement] = []
    repairs: Annotated[int, Field(description="How often the arm tried again.")] = 0
    partial: Annotated[bool, Field(description="Cut short: there may be more to say.")] = False


class TaskError(Response):
    """Why a task failed, as an RFC 9457 problem without the HTTP parts."""

    type: str
    title: str
    detail: str


class TaskAccepted(Response):
    """The body of a 202: the task is stored and will end."""

    task_id: UUID
    status: TaskStatus
    created_at: datetime


class TaskSummary(Response):
    """A task as `GET /tasks` lists it."""

    task_id: UUID
    status: TaskStatus
    goal: str
    assigned_arm: str | None = None
    priority: int
    attempt: Annotated[int, Field(description="How often an arm was started; 0 = not yet.")]
    cancel_requested: bool
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None = None
    finished_at: datetime | None = None


def _known_limits(value: Any) -> Any:
    """Drop limits that a newer server adds: `ResourceBudget` itself is strict, for requests."""
    if not isinstance(value, dict):
        return value
    return {name: limit for name, limit in value.items() if name in ResourceBudget.model_fields}


class TaskResponse(TaskSummary):
    """A task as `GET /tasks/{task_id}` shows it: its contract, its state and its result."""

    context: str | None = None
    constraints: dict[str, JsonValue]
    acceptance_criteria: list[JsonValue]
    max_repairs: int = 2
    budget: Annotated[ResourceBudget, BeforeValidator(_known_limits)]
    metadata: dict[str, JsonValue]
    pii_policy: str
    spend: Spend = Spend()
    deadline_at: datetime | None = None
    processing_time_ms: int | None = None
    result: TaskResult | None = None
    error: TaskError | None = None


class TaskPage(Response):
    """One page of tasks, newest first. `next_cursor` is None on the last page."""

    tasks: list[TaskSummary]
    next_cursor: str | None = None
