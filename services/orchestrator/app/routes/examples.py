"""What the OpenAPI document shows for requests and answers; a test checks each by its model."""

from __future__ import annotations

from typing import Any

from fastapi.openapi.models import Example

TASK_ID = "6f1c0f5e-58a4-4f9e-9f39-0c3b8f3a7d11"
AT = "2026-11-22T09:30:00.120000Z"
LATER = "2026-11-22T09:30:00.185000Z"


def _answer(description: str, value: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {"application/json": {"example": value}}}


SUBMIT: dict[str, Example] = {
    "digest": Example(
        summary="A digest of a log",
        value={
            "goal": "Which lines of this log matter?",
            "context": "10:00:01 INFO started\n10:00:02 ERROR disk full on volume data\n",
            "budget": {"max_time_seconds": 30},
        },
    ),
    "everything": Example(
        summary="Every field",
        value={
            "goal": "Summarise the table.",
            "context": "region,sales\nnorth,12\nsouth,7\n",
            "constraints": {"format": "csv", "top": 3},
            "acceptance_criteria": ["Names the region that sold most."],
            "budget": {"max_tokens": 5000, "max_time_seconds": 60, "max_cost_usd": 0.1},
            "assigned_arm": "digest",
            "metadata": {"ticket": "OPS-17"},
            "priority": 5,
            "pii_policy": "block",
        },
    ),
}

DOCUMENTS: dict[str, Example] = {
    "handbook": Example(
        summary="A page of a handbook",
        value={
            "name": "handbook/leave.md",
            "text": "# Leave\n\nParental leave is 26 weeks. Tell your lead by e-mail.\n",
        },
    ),
}

_SUMMARY: dict[str, Any] = {
    "task_id": TASK_ID,
    "status": "completed",
    "goal": "Which lines of this log matter?",
    "assigned_arm": None,
    "priority": 0,
    "attempt": 1,
    "cancel_requested": False,
    "created_at": AT,
    "updated_at": LATER,
    "started_at": AT,
    "finished_at": LATER,
}

_TASK: dict[str, Any] = _SUMMARY | {
    "context": "10:00:01 INFO started\n10:00:02 ERROR disk full on volume data\n",
    "constraints": {},
    "acceptance_criteria": [],
    "budget": {"max_tokens": 10000, "max_time_seconds": 30, "max_cost_usd": 1.0},
    "metadata": {},
    "pii_policy": "block",
    "deadline_at": "2026-11-22T09:30:30.120000Z",
    "processing_time_ms": 41,
    "result": {
        "arm": "digest",
        "output": "2 lines, 1 error.\n\n- line 2: ERROR disk full on volume data",
        "data": {"format": "log", "lines": 2},
        "spend": {"tokens": 0, "seconds": 0.041, "cost_usd": 0.0},
    },
    "error": None,
}

_CANCELLING = _SUMMARY | {
    "status": "processing",
    "cancel_requested": True,
    "finished_at": None,
}

_DOCUMENT: dict[str, Any] = {
    "document_id": "0c9a1f57-7d0e-4b4f-8a53-2b5a7f1f6d20",
    "name": "handbook/leave.md",
    "characters": 63,
    "sha256": "b620cbe99a97ef21b3d409fd3334dec73b162e8f3202555ff41fdb3c2d9fba8e",
    "passages": 1,
    "created_at": AT,
}

ACCEPTED = _answer(
    "Stored; `Location` says where to look",
    {"task_id": TASK_ID, "status": "pending", "created_at": AT},
)
ACCEPTED["headers"] = {"Location": {"schema": {"type": "string"}, "description": "The task."}}
PAGE = _answer("A page", {"tasks": [_SUMMARY], "next_cursor": None})
TASK = _answer("The task", _TASK)
CANCELLED = _answer("Noted; a running task is cancelled within a second", _CANCELLING)
_RECEIPT: dict[str, Any] = {
    "task_id": TASK_ID,
    "verified": True,
    "flaw": None,
    "head": "983f9c9f3ae5b61a3bb26da862cdc3a2493da4cd2f97e5ee770789153f3eb8e5",
    "events": [
        {
            "id": 4711,
            "type": "task.submitted",
            "data": {"priority": 0},
            "created_at": AT,
            "prev_hash": "0" * 64,
            "hash": "983f9c9f3ae5b61a3bb26da862cdc3a2493da4cd2f97e5ee770789153f3eb8e5",
        }
    ],
}
_FRAMES = f"""\
id: 4711
event: task.submitted
data: {{"task_id":"{TASK_ID}","type":"task.submitted","data":{{"priority":0}},"created_at":"{AT}"}}

event: output.delta
data: {{"task_id":"{TASK_ID}","type":"output.delta","data":{{"offset":0,"text":"2 lines"}},\
"created_at":"{AT}"}}

"""

RECEIPT = _answer("All its events, and whether they fit", _RECEIPT)
_FRAME = {
    "title": "Server-Sent Event",
    "description": "Each of them, after https://html.spec.whatwg.org/#server-sent-events.",
    "type": "object",
    "properties": {
        "id": {"type": "string", "description": "To be sent as `Last-Event-ID`; drafts have none."},
        "event": {"type": "string", "description": "The event's type."},
        "data": {"type": "string", "description": "An `Event` as JSON."},
        "retry": {"description": "Milliseconds after which to come again."},
    },
}
STREAM: dict[str, Any] = {
    "description": "Server-Sent Events; `data` is an `Event` as JSON",
    "content": {"text/event-stream": {"schema": _FRAME, "example": _FRAMES}},
}
ADDED = _answer("Stored, and found from now on", _DOCUMENT)
ADDED["headers"] = {"Location": {"schema": {"type": "string"}, "description": "The document."}}
DOCUMENT = _answer("The document", _DOCUMENT)
DOCUMENT_PAGE = _answer("A page", {"documents": [_DOCUMENT], "next_cursor": None})
ABOUT = _answer(
    "This server", {"name": "OctoLLM Orchestrator", "version": "0.1.0", "links": {"docs": "/docs"}}
)
ALIVE = _answer("Alive", {"status": "alive"})
READY = _answer("Ready", {"status": "ready", "checks": {"database": "ok", "reflex": "ok"}})

RESPONSES: dict[str, Example] = {
    "background": Example(
        summary="A digest of a log, in the background",
        value={
            "model": "digest",
            "instructions": "Which lines of this log matter?",
            "input": "10:00:01 INFO started\n10:00:02 ERROR disk full on volume data\n",
            "background": True,
            "metadata": {"octollm.max_cost_usd": "0.1", "ticket": "OPS-17"},
        },
    ),
}

RESPONSE = _answer(
    "The response",
    {
        "id": f"resp_{TASK_ID.replace('-', '')}",
        "object": "response",
        "created_at": 1795426200.12,
        "completed_at": 1795426200.185,
        "status": "completed",
        "background": True,
        "model": "digest",
        "output": [
            {
                "id": f"msg_{TASK_ID.replace('-', '')}_0",
                "type": "message",
                "role": "assistant",
                "status": "completed",
                "content": [
                    {
                        "type": "output_text",
                        "text": "2 lines, 1 of them an error.",
                        "annotations": [],
                        "logprobs": [],
                    }
                ],
            }
        ],
        "metadata": {"ticket": "OPS-17"},
        "usage": {"input_tokens": 0, "output_tokens": 0, "total_tokens": 0},
        "octollm": {"task_id": TASK_ID, "arm": "digest", "accepted": None},
    },
)

_MODEL = {
    "id": "digest",
    "object": "model",
    "created": 0,
    "owned_by": "octollm",
    "description": "Digests a log, CSV, JSON or text: counts, statistics, the lines that matter.",
}
MODEL = _answer("The model", _MODEL)
MODELS = _answer("The models", {"object": "list", "data": [_MODEL]})
STREAMED_RESPONSE: dict[str, Any] = {
    "description": "The response; with `stream` its events, in OpenAI's format",
    "content": {**RESPONSE["content"], "text/event-stream": {"schema": _FRAME}},
}
