"""Pure: rows as the wire models users and arms see."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from app.models import Document, Task, TaskEvent, TaskResultRow
from octollm.budget import Spend
from octollm.contracts import (
    ResourceBudget,
    TaskAccepted,
    TaskContract,
    TaskError,
    TaskResponse,
    TaskResult,
    TaskStatus,
    TaskSummary,
)
from octollm.criteria import MAX_EVIDENCE_CHARACTERS
from octollm.documents import DocumentSummary
from octollm.errors import PROBLEM_TYPE_PREFIX, TaskFailure
from octollm.receipt import Receipt, ReceiptEvent, flaw_in
from octollm.redaction import restore, restore_json


def contract_of(task: Task) -> TaskContract:
    """Return what an arm is to fulfil."""
    return TaskContract.model_validate(
        {
            "task_id": str(task.id),
            "goal": task.goal,
            "constraints": task.constraints,
            "context": task.context,
            "acceptance_criteria": task.acceptance_criteria,
            "max_repairs": task.max_repairs,
            "budget": task.budget,
            "assigned_arm": task.assigned_arm,
            "metadata": task.task_metadata,
            "pii_policy": task.pii_policy,
        }
    )


def accepted(task: Task) -> TaskAccepted:
    """Return the 202 for a task: the same for every submit with its idempotency key."""
    return TaskAccepted(task_id=task.id, status=TaskStatus.PENDING, created_at=task.created_at)


def receipt(task_id: UUID, head: str, events: Iterable[TaskEvent]) -> Receipt:
    """Return a task's events as the table has them, and whether they are what was written."""
    lines = [
        ReceiptEvent(
            id=event.id,
            type=event.type,
            data=event.data,
            created_at=event.created_at,
            prev_hash=event.prev_hash,
            hash=event.hash,
        )
        for event in events
    ]
    found = Receipt(task_id=task_id, verified=True, head=head, events=lines)
    flaw = flaw_in(found)
    return found.model_copy(update={"verified": flaw is None, "flaw": flaw})


def summary(task: Task) -> TaskSummary:
    """Return a task as a list shows it."""
    return TaskSummary(
        task_id=task.id,
        status=task.status,
        goal=task.goal,
        assigned_arm=task.assigned_arm,
        priority=task.priority,
        attempt=task.attempt,
        cancel_requested=task.cancel_requested_at is not None,
        created_at=task.created_at,
        updated_at=task.updated_at,
        started_at=task.started_at,
        finished_at=task.finished_at,
    )


def response(task: Task, row: TaskResultRow | None, values: Mapping[str, str] = {}) -> TaskResponse:
    """Return a task as its own page shows it; `row` is how it ended, once it has.

    `values` are put back in the result, in the place of their placeholders.
    """
    contract = contract_of(task)
    return TaskResponse(
        **dict(summary(task)),
        context=contract.context,
        constraints=contract.constraints,
        acceptance_criteria=task.acceptance_criteria,
        max_repairs=task.max_repairs,
        budget=ResourceBudget.model_validate(task.budget),
        metadata=contract.metadata,
        pii_policy=contract.pii_policy,
        spend=_spend(task, row),
        deadline_at=task.deadline_at,
        processing_time_ms=row.processing_time_ms if row else None,
        result=_result(task, row, values) if row and row.result else None,
        error=_error(row) if row and row.error_type else None,
    )


def _spend(task: Task, row: TaskResultRow | None) -> Spend:
    """Return what a task has used so far, over all its attempts; seconds once it ended."""
    seconds = row.processing_time_ms / 1000 if row else 0.0
    return Spend(tokens=task.drawn_tokens, seconds=seconds, cost_usd=float(task.drawn_usd))


def _result(task: Task, row: TaskResultRow, values: Mapping[str, str]) -> TaskResult:
    """Return what a task made, with what its model calls drew on top of what its arm says."""
    result = TaskResult.model_validate(row.result)
    drawn = {
        "tokens": result.spend.tokens + task.drawn_tokens,
        "cost_usd": result.spend.cost_usd + float(task.drawn_usd),
    }
    update: dict[str, Any] = {"spend": result.spend.model_copy(update=drawn)}
    if values:
        update["output"] = restore(result.output, values)
        update["data"] = restore_json(dict(result.data), values)
        update["judgements"] = [
            judgement.model_copy(
                update={"evidence": restore(judgement.evidence, values)[:MAX_EVIDENCE_CHARACTERS]}
            )
            for judgement in result.judgements
        ]
    return result.model_copy(update=update)


def document(row: Document, passages: int) -> DocumentSummary:
    """Return a document as lists and its own page show it."""
    return DocumentSummary(
        document_id=row.id,
        name=row.name,
        characters=row.characters,
        sha256=row.sha256,
        passages=passages,
        created_at=row.created_at,
    )


def _error(row: TaskResultRow) -> TaskError:
    titles = {failure.slug: failure.title for failure in TaskFailure.tree()}
    slug = row.error_type or TaskFailure.slug
    return TaskError(
        type=PROBLEM_TYPE_PREFIX + slug,
        title=titles.get(slug, TaskFailure.title),
        detail=row.error or "",
    )
