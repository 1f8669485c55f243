"""Pure: the fields of the form for a new task, to a request and back."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from app.models import Task
from octollm.contracts import ResourceBudget, TaskRequest
from octollm.redaction import restore_json, restore_verbatim
from octollm.validation import invalid, invalid_request

_BUDGET: Final = ResourceBudget()

BLANK: Final[Mapping[str, str]] = {
    "goal": "",
    "context": "",
    "criteria": "",
    "arm": "",
    "policy": "",
    "tokens": str(_BUDGET.max_tokens),
    "seconds": f"{_BUDGET.max_time_seconds:g}",
    "usd": f"{_BUDGET.max_cost_usd:g}",
    "repairs": "2",
    "priority": "0",
    "constraints": "",
    "metadata": "",
}
"""Every field with what it holds at first."""

FIELDS: Final[Mapping[str, str]] = {
    "acceptance_criteria": "criteria",
    "assigned_arm": "arm",
    "pii_policy": "policy",
    "budget.max_tokens": "tokens",
    "budget.max_time_seconds": "seconds",
    "budget.max_cost_usd": "usd",
    "max_repairs": "repairs",
}
"""Fields of a request that have another name in the form."""

LABELS: Final[Mapping[str, str]] = {
    "criteria": "Acceptance criteria",
    "policy": "Private data",
    "seconds": "Time",
    "usd": "Cost",
}
"""Fields whose label is not their name."""


def request_in(form: Mapping[str, str]) -> TaskRequest:
    """Return what a form asks for. Raises InvalidRequest, by the names the API has."""
    given = dict(BLANK) | {name: form[name] for name in BLANK if name in form}
    document: dict[str, Any] = {
        "goal": given["goal"],
        "context": given["context"] or None,
        "acceptance_criteria": _criteria(given["criteria"]),
        "assigned_arm": given["arm"] or None,
        "pii_policy": given["policy"] or None,
        "max_repairs": _number(given["repairs"], "max_repairs"),
        "priority": _number(given["priority"], "priority"),
        "constraints": _object(given["constraints"], "constraints"),
        "metadata": _object(given["metadata"], "metadata"),
        "budget": {
            "max_tokens": _number(given["tokens"], "budget.max_tokens"),
            "max_time_seconds": _number(given["seconds"], "budget.max_time_seconds"),
            "max_cost_usd": _number(given["usd"], "budget.max_cost_usd"),
        },
    }
    return _validated(document)


def request_of(task: Task, values: Mapping[str, str]) -> TaskRequest:
    """Return what a stored task was asked with, `values` in the place of its placeholders.

    Raises InvalidRequest for one that today's limits would not let through.
    """
    constraints = restore_json(task.constraints, values)
    document = {
        "goal": restore_verbatim(task.goal, values),
        "context": None if task.context is None else restore_verbatim(task.context, values),
        "acceptance_criteria": restore_json(task.acceptance_criteria, values),
        "assigned_arm": task.assigned_arm,
        "pii_policy": task.pii_policy,
        "max_repairs": task.max_repairs,
        "priority": task.priority,
        "constraints": constraints,
        "metadata": restore_json(task.task_metadata, values),
        "budget": task.budget,
    }
    return _validated(document)


def form_of(request: TaskRequest) -> dict[str, str]:
    """Return the fields that ask for the same; a sentence of several lines becomes one."""
    document = request.model_dump(mode="json")
    return {
        "goal": request.goal,
        "context": request.context or "",
        "criteria": "\n".join(map(_line, document["acceptance_criteria"])),
        "arm": request.assigned_arm or "",
        "policy": request.pii_policy or "",
        "tokens": str(request.budget.max_tokens),
        "seconds": f"{request.budget.max_time_seconds:g}",
        "usd": f"{request.budget.max_cost_usd:g}",
        "repairs": str(request.max_repairs),
        "priority": str(request.priority),
        "constraints": _written(request.constraints),
        "metadata": _written(request.metadata),
    }


def mark_in(form: Mapping[str, str]) -> str | None:
    """Return the mark of a form as an idempotency key: the same form, sent twice, is one task."""
    mark = re.sub(r"[^A-Za-z0-9-]", "", form.get("once", ""))[:100]
    return f"console-{mark}" if mark else None


def field_of(name: str) -> tuple[str, str]:
    """Return the field of the form that a field of a request was read from, and where in it."""
    for ours, theirs in FIELDS.items():
        if name == ours or name.startswith(f"{ours}."):
            place = name.removeprefix(ours).removeprefix(".")
            return theirs, _in_lines(place) if theirs == "criteria" else place
    first, _, place = name.partition(".")
    return first, place


def _in_lines(place: str) -> str:
    """Return `line 1, words` for `0.words`: criteria are written one a line."""
    number, _, rest = place.partition(".")
    if not number.isdigit():
        return place
    return f"line {int(number) + 1}, {rest}" if rest else f"line {int(number) + 1}"


def _validated(document: Mapping[str, Any]) -> TaskRequest:
    try:
        return TaskRequest.model_validate_json(json.dumps(document))
    except ValidationError as error:
        raise invalid_request(error) from None


def _criteria(text: str) -> list[Any]:
    """Return one criterion a line: a check where it is an object, else a sentence."""
    found: list[Any] = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        field = f"acceptance_criteria.{len(found)}"
        found.append(_json(line, field) if line.startswith("{") else line)
    return found


def _number(text: str, field: str) -> int | float:
    try:
        number = float(text.strip())
        return int(number) if number.is_integer() else number
    except (ValueError, OverflowError):
        raise invalid(field, "must be a number") from None


def _object(text: str, field: str) -> Any:
    return _json(text, field) if text.strip() else {}


def _json(text: str, field: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise invalid(field, "is not valid JSON") from None


def _written(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2) if value else ""


def _line(criterion: Any) -> str:
    if isinstance(criterion, str):
        return " ".join(criterion.split("\n"))
    return json.dumps(criterion, ensure_ascii=False)
