"""Pure: what each call of the client sends, and what type its answer is read as."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypedDict, TypeVar
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx2
from pydantic import JsonValue, TypeAdapter, ValidationError

from octollm import answers
from octollm.contracts import (
    MAX_WAIT_SECONDS,
    PiiPolicy,
    ResourceBudget,
    Response,
    TaskAccepted,
    TaskPage,
    TaskRequest,
    TaskResponse,
    TaskStatus,
    TaskSummary,
)
from octollm.criteria import Check
from octollm.documents import DocumentPage, DocumentPolicy, DocumentRequest, DocumentSummary
from octollm.receipt import Receipt
from octollm.validation import invalid, invalid_request

MAX_KEY_CHARACTERS = 255
QUIET_SECONDS = 30.0
"""Servers break their silence after 15 seconds, unless they are set up otherwise."""

Answer = TypeVar("Answer")


class BudgetFields(TypedDict, total=False):
    """A budget as a plain dict; see `octollm.contracts.ResourceBudget`."""

    max_tokens: int
    max_time_seconds: float
    max_cost_usd: float


class TaskFields(TypedDict, total=False):
    """What `submit` takes beside the goal; see `octollm.contracts.TaskRequest`."""

    context: str | None
    constraints: Mapping[str, JsonValue]
    acceptance_criteria: list[str | dict[str, JsonValue] | Check]
    max_repairs: int
    budget: ResourceBudget | BudgetFields
    assigned_arm: str | None
    metadata: Mapping[str, JsonValue]
    priority: int
    pii_policy: PiiPolicy | None


class ServerInfo(Response):
    """What `GET /` tells about the server."""

    name: str
    version: str
    links: dict[str, JsonValue] = {}


@dataclass(frozen=True)
class Call(Generic[Answer]):
    """One request, and the type its answer is read as.

    `held_seconds` is how long the server may hold the answer back; `repeatable` is False for a
    probe, whose first answer is the one that counts.
    """

    answer: TypeAdapter[Answer]
    method: str
    path: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    held_seconds: float = 0
    repeatable: bool = True

    def read(self, response: httpx2.Response) -> Answer:
        """Return the answer, or raise the error it stands for.

        An answer that no OctoLLM server gives is an `OctoError` of type `unreadable-answer`.
        """
        if not response.is_success:
            raise answers.error_in(response)
        try:
            return self.answer.validate_json(response.content or b"null")  # a 204 has none
        except ValidationError:
            raise answers.unreadable() from None


_ACCEPTED = TypeAdapter(TaskAccepted)
_TASK = TypeAdapter(TaskResponse)
_SUMMARY = TypeAdapter(TaskSummary)
_PAGE = TypeAdapter(TaskPage)
_DOCUMENT = TypeAdapter(DocumentSummary)
_DOCUMENTS = TypeAdapter(DocumentPage)
_RECEIPT = TypeAdapter(Receipt)
_NOTHING: TypeAdapter[None] = TypeAdapter(None)
_INFO = TypeAdapter(ServerInfo)
_OBJECT = TypeAdapter(dict[str, JsonValue])


def submit(
    goal: str | TaskRequest, fields: TaskFields, idempotency_key: str | None
) -> Call[TaskAccepted]:
    """Build `POST /submit`. Without a key a new one is made, so that a retry is no second task.

    Only fields that were set are sent; the server's defaults hold for the others. Raises
    InvalidRequest for what the server would refuse by form.
    """
    key = str(uuid4()) if idempotency_key is None else idempotency_key
    if not (1 <= len(key) <= MAX_KEY_CHARACTERS and _printable(key)):
        message = f"must be 1 to {MAX_KEY_CHARACTERS} printable ASCII characters"
        raise invalid("Idempotency-Key", message)
    body = task_request(goal, fields).model_dump_json(exclude_unset=True).encode()
    headers = {"Content-Type": "application/json", "Idempotency-Key": key}
    return Call(_ACCEPTED, "POST", "/submit", headers=headers, body=body)


def task_request(goal: str | TaskRequest, fields: TaskFields) -> TaskRequest:
    """Return the checked request; `fields` win over a TaskRequest's. Raises InvalidRequest."""
    given: dict[str, Any] = {"goal": goal}
    if isinstance(goal, TaskRequest):
        given = goal.model_dump(exclude_unset=True)
    for name, value in fields.items():
        if isinstance(value, tuple):
            given[name] = list(value)
        else:
            given[name] = dict(value) if isinstance(value, Mapping) else value
    try:
        return TaskRequest.model_validate(given)
    except ValidationError as error:
        raise invalid_request(error) from None


def get(task_id: UUID | str, wait: float | None = None) -> Call[TaskResponse]:
    """Build `GET /tasks/{task_id}`, held back up to `wait` seconds until the task is final."""
    if wait is None:
        return Call(_TASK, "GET", _task_path(task_id))
    if not 0 <= wait <= MAX_WAIT_SECONDS:
        raise invalid("wait", f"must be from 0 to {MAX_WAIT_SECONDS} seconds")
    params = {"wait": f"{wait:.3f}".rstrip("0").rstrip(".")}
    return Call(_TASK, "GET", _task_path(task_id), params=params, held_seconds=wait)


def events(task_id: UUID | str | None, after: int | None) -> Call[None]:
    """Build `GET /tasks/{task_id}/events`, or `GET /events` of all tasks; its answer is a stream.

    `held_seconds` is how long the server may be silent.
    """
    headers = {"Accept": "text/event-stream"}
    if after is not None:
        if not 0 <= after < 2**63:
            raise invalid("after", "must be the id of an event")
        headers["Last-Event-ID"] = str(after)
    path = "/events" if task_id is None else f"{_task_path(task_id)}/events"
    return Call(_NOTHING, "GET", path, headers=headers, held_seconds=QUIET_SECONDS)


def receipt(task_id: UUID | str) -> Call[Receipt]:
    """Build `GET /tasks/{task_id}/receipt`."""
    return Call(_RECEIPT, "GET", f"{_task_path(task_id)}/receipt")


def list_page(
    status: TaskStatus | str | None, limit: int | None, cursor: str | None
) -> Call[TaskPage]:
    """Build `GET /tasks`."""
    if status is not None and str(status) not in list(TaskStatus):
        raise invalid("status", f"must be one of {', '.join(TaskStatus)}")
    params = _given(status=status, limit=limit, cursor=cursor)
    return Call(_PAGE, "GET", "/tasks", params=params)


def cancel(task_id: UUID | str) -> Call[TaskSummary]:
    """Build `POST /tasks/{task_id}/cancel`; cancelling twice is cancelling once."""
    return Call(_SUMMARY, "POST", f"{_task_path(task_id)}/cancel")


def purge(task_id: UUID | str) -> Call[None]:
    """Build `DELETE /tasks/{task_id}/private`; purging twice is purging once."""
    return Call(_NOTHING, "DELETE", f"{_task_path(task_id)}/private")


def add_document(name: str, text: str, pii_policy: DocumentPolicy | None) -> Call[DocumentSummary]:
    """Build `POST /documents`. Repeated it replaces the same by the same.

    Raises InvalidRequest for what the server would refuse by form.
    """
    given = {"name": name, "text": text}
    try:
        request = DocumentRequest.model_validate(
            given if pii_policy is None else given | {"pii_policy": pii_policy}
        )
    except ValidationError as error:
        raise invalid_request(error) from None
    body = request.model_dump_json(exclude_unset=True).encode()
    headers = {"Content-Type": "application/json"}
    return Call(_DOCUMENT, "POST", "/documents", headers=headers, body=body)


def list_documents(name: str | None, limit: int | None, cursor: str | None) -> Call[DocumentPage]:
    """Build `GET /documents`."""
    params = _given(name=name, limit=limit, cursor=cursor)
    return Call(_DOCUMENTS, "GET", "/documents", params=params)


def delete_document(document_id: UUID | str) -> Call[None]:
    """Build `DELETE /documents/{document_id}`."""
    return Call(_NOTHING, "DELETE", _path("documents", "document_id", document_id))


def info() -> Call[ServerInfo]:
    """Build `GET /`."""
    return Call(_INFO, "GET", "/")


def ready() -> Call[dict[str, JsonValue]]:
    """Build `GET /ready`, which answers 503 with the reason when the server is not ready."""
    return Call(_OBJECT, "GET", "/ready", repeatable=False)


def _given(**params: str | int | None) -> dict[str, str]:
    return {name: str(value) for name, value in params.items() if value is not None}


def _task_path(task_id: UUID | str) -> str:
    return _path("tasks", "task_id", task_id)


def _path(noun: str, field: str, value: UUID | str) -> str:
    try:
        return f"/{noun}/{quote(str(UUID(str(value))))}"
    except ValueError:
        raise invalid(field, "must be a UUID") from None


def _printable(text: str) -> bool:
    return text.isascii() and text.isprintable()
