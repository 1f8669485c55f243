"""The tree of errors: one status, type and title each, and the way over the wire and back."""

from __future__ import annotations

import json
from typing import Any

import pytest

from octollm import errors
from octollm.errors import (
    InternalError,
    InvalidRequest,
    OctoError,
    RateLimited,
    TaskNotFound,
    UnknownArm,
    from_problem,
)

TREE = list(OctoError.tree())
CONCRETE = [cls for cls in TREE if cls is not OctoError]


@pytest.mark.parametrize("kind", CONCRETE)
def test_every_error_comes_back_from_its_problem_document(kind: type[OctoError]) -> None:
    sent = kind("what happened", retry_after=2.5, findings=[{"field": "goal"}])
    back = from_problem(json.loads(json.dumps(sent.problem("r-1"))))
    assert type(back) is kind
    assert (back.detail, back.retry_after, back.request_id) == ("what happened", 2.5, "r-1")
    assert back.extra == {"findings": [{"field": "goal"}]}
    assert back.problem("r-1") == sent.problem("r-1")


def test_the_base_comes_back_as_what_it_says_an_error_nobody_foresaw() -> None:
    assert type(from_problem(OctoError().problem())) is InternalError


def test_no_two_errors_share_a_type() -> None:
    types = [kind().type for kind in CONCRETE]
    assert len(set(types)) == len(types)


@pytest.mark.parametrize("kind", TREE)
def test_every_error_has_a_status_a_title_and_a_type(kind: type[OctoError]) -> None:
    document = kind().problem()
    assert document["status"] in range(400, 600)
    assert str(document["type"]).startswith("urn:octollm:problem:")
    assert document["detail"] == document["title"] == str(kind())


def test_the_tree_in_the_docstring_is_the_tree() -> None:
    lines = [line for line in (errors.__doc__ or "").splitlines() if "──" in line]
    drawn = {line.split("── ")[1].split()[0] for line in lines}
    assert drawn == {cls.__name__ for cls in CONCRETE}


def test_an_error_is_caught_by_its_parents() -> None:
    assert issubclass(UnknownArm, InvalidRequest)
    assert isinstance(from_problem(TaskNotFound().problem()), errors.NotFound)


def test_an_unknown_type_keeps_what_the_document_says() -> None:
    document = {
        "type": "urn:octollm:problem:from-the-future",
        "title": "New",
        "status": 451,
        "detail": "d",
        "self": 1,
    }
    error = from_problem(document)
    assert type(error) is OctoError
    assert error.problem() == document


def test_another_house_s_type_stays_as_it_is() -> None:
    assert from_problem({"type": "about:blank", "title": "Not Found"}, 404).problem() == {
        "type": "about:blank",
        "title": "Not Found",
        "status": 404,
        "detail": OctoError.title,
    }


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"type": None, "title": [], "status": "bad", "detail": {}, "request_id": 5},
        {"type": 7, "retry_after": "soon", "status": True},
        {"retry_after": -1},
        {"retry_after": float("inf")},
        {"retry_after": float("nan")},
        {"retry_after": True},
    ],
)
def test_members_of_the_wrong_type_count_as_absent(document: dict[str, Any]) -> None:
    error = from_problem(document, 418)
    assert (error.status, error.slug, error.title) == (418, "unknown", "The server refused")
    assert error.detail == OctoError.title
    assert error.retry_after is None
    assert error.request_id is None


def test_without_any_status_an_unknown_error_is_a_500() -> None:
    assert from_problem({}).status == 500


def test_retry_after_is_part_of_the_document_only_when_there_is_one() -> None:
    assert RateLimited(retry_after=3).problem()["retry_after"] == 3
    assert "retry_after" not in RateLimited().problem()
