"""Limits, defaults and the two manners: strict with requests, tolerant with responses."""

from __future__ import annotations

import json
from typing import Any

import pytest
from pydantic import ValidationError

from octollm.contracts import (
    MAX_CONTEXT_CHARACTERS,
    MAX_CRITERIA,
    MAX_GOAL_CHARACTERS,
    ResourceBudget,
    TaskPage,
    TaskRequest,
    TaskResponse,
    TaskStatus,
)
from octollm.criteria import MAX_CRITERION_CHARACTERS
from octollm.validation import invalid_request

from .scripted_server import completed, summary, task

LONGEST: dict[str, Any] = {
    "goal": "g" * MAX_GOAL_CHARACTERS,
    "context": "c" * MAX_CONTEXT_CHARACTERS,
    "acceptance_criteria": ["x" * MAX_CRITERION_CHARACTERS] * MAX_CRITERIA,
    "budget": {"max_tokens": 100_000, "max_time_seconds": 3_600, "max_cost_usd": 100},
    "assigned_arm": "a" * 64,
    "priority": 100,
}


def wrong_fields(**fields: Any) -> set[str]:
    """Return the fields refused, by dotted name; the same from Python and from JSON."""
    body = {"goal": "x"} | fields
    with pytest.raises(ValidationError) as caught:
        TaskRequest.model_validate(body)
    return {item["field"] for item in invalid_request(caught.value).errors}


def test_a_goal_is_enough_and_the_defaults_are_those_of_the_design() -> None:
    request = TaskRequest(goal="x")
    assert request.budget == ResourceBudget(
        max_tokens=10_000, max_time_seconds=300, max_cost_usd=1.0
    )
    assert (request.priority, request.pii_policy, request.assigned_arm) == (0, None, None)


def test_everything_at_its_limit_is_taken_from_python_and_from_json() -> None:
    assert TaskRequest.model_validate(LONGEST) == TaskRequest.model_validate_json(
        json.dumps(LONGEST)
    )


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"goal": ""}, "goal"),
        ({"goal": " \n"}, "goal"),
        ({"goal": "g" * (MAX_GOAL_CHARACTERS + 1)}, "goal"),
        ({"goal": "\x00"}, "goal"),
        ({"goal": 5}, "goal"),
        ({"goal": None}, "goal"),
        ({"context": "c" * (MAX_CONTEXT_CHARACTERS + 1)}, "context"),
        ({"context": "a\x00"}, "context"),
        ({"constraints": []}, "constraints"),
        ({"constraints": {"a": float("nan")}}, "constraints"),
        ({"acceptance_criteria": "text"}, "acceptance_criteria"),
        ({"acceptance_criteria": ["x"] * (MAX_CRITERIA + 1)}, "acceptance_criteria"),
        ({"acceptance_criteria": [""]}, "acceptance_criteria.0"),
        (
            {"acceptance_criteria": ["ok", "x" * (MAX_CRITERION_CHARACTERS + 1)]},
            "acceptance_criteria.1",
        ),
        ({"budget": None}, "budget"),
        ({"budget": {"max_tokens": 0}}, "budget.max_tokens"),
        ({"budget": {"max_tokens": 100_001}}, "budget.max_tokens"),
        ({"budget": {"max_tokens": 1.5}}, "budget.max_tokens"),
        ({"budget": {"max_tokens": True}}, "budget.max_tokens"),
        ({"budget": {"max_time_seconds": 0}}, "budget.max_time_seconds"),
        ({"budget": {"max_time_seconds": 3_600.1}}, "budget.max_time_seconds"),
        ({"budget": {"max_time_seconds": float("nan")}}, "budget.max_time_seconds"),
        ({"budget": {"max_cost_usd": -0.01}}, "budget.max_cost_usd"),
        ({"budget": {"max_cost_usd": float("inf")}}, "budget.max_cost_usd"),
        ({"budget": {"max_calls": 1}}, "budget.max_calls"),
        ({"assigned_arm": "Digest"}, "assigned_arm"),
        ({"assigned_arm": "digest\n"}, "assigned_arm"),
        ({"assigned_arm": "a" * 65}, "assigned_arm"),
        ({"metadata": {"a": {"b": object()}}}, "metadata.a.dict.b"),
        ({"metadata": "x"}, "metadata"),
        ({"priority": 101}, "priority"),
        ({"priority": -101}, "priority"),
        ({"priority": "1"}, "priority"),
        ({"pii_policy": "redact?"}, "pii_policy"),
        ({"bogus": 1}, "bogus"),
    ],
)
def test_a_request_past_its_limits_is_refused_by_the_field_s_name(
    fields: dict[str, Any], field: str
) -> None:
    assert wrong_fields(**fields) == {field}


def test_a_response_ignores_what_a_newer_server_adds() -> None:
    document = completed() | {"new": 1}
    document["budget"] |= {"max_calls": 3}
    document["result"] |= {"new": 1}
    assert TaskResponse.model_validate(document) == TaskResponse.model_validate(completed())
    assert TaskPage.model_validate({"tasks": [summary(new=1)], "next_cursor": None, "new": 1})


def test_a_response_takes_a_budget_as_it_is() -> None:
    budget = ResourceBudget(max_tokens=5)
    assert TaskResponse.model_validate(task() | {"budget": budget}).budget is budget


def test_final_statuses_are_those_nothing_leaves() -> None:
    assert [status.value for status in TaskStatus if status.final] == [
        "completed",
        "failed",
        "cancelled",
    ]
