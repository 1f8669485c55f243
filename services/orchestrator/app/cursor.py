"""Pure: where a page of tasks ended, as an opaque text."""

from __future__ import annotations

import base64
from datetime import datetime
from uuid import UUID

from octollm.errors import InvalidRequest


def write(created_at: datetime, task_id: UUID) -> str:
    """Return the cursor that continues after this task."""
    return base64.urlsafe_b64encode(f"{created_at.isoformat()}|{task_id}".encode()).decode()


def read(cursor: str) -> tuple[datetime, UUID]:
    """Return what `write` was given. Raises InvalidRequest for anything else."""
    try:
        created_at, task_id = base64.urlsafe_b64decode(cursor.encode()).decode().split("|")
        moment = datetime.fromisoformat(created_at)
        if moment.tzinfo is None:
            raise ValueError("a moment without a time zone")
        return moment, UUID(task_id)
    except ValueError:
        message = "is not a cursor of this server"
        raise InvalidRequest(
            f"cursor: {message}", errors=[{"field": "cursor", "message": message}]
        ) from None
