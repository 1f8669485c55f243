"""The same key with the same body is the same task, for as long as the key is kept."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from app import idempotency_store, views
from octollm.contracts import TaskAccepted, TaskRequest
from octollm.errors import IdempotencyKeyReused


@dataclass(frozen=True)
class Once:
    """A tenant's idempotency key, None if it sent none; what its request is known by; for how many
    hours a key is kept."""

    tenant: str
    key: str | None
    fingerprints: Sequence[str]
    hours: int

    async def earlier(self, session: AsyncSession) -> TaskAccepted | None:
        """Return what the task that holds the key was answered with, None if no task does.

        Raises IdempotencyKeyReused if that task had another body.
        """
        if self.key is None:
            return None
        task = await idempotency_store.task_with_key(session, self.tenant, self.key, self.hours)
        if task is None:
            return None
        if task.request_fingerprint not in self.fingerprints:
            raise IdempotencyKeyReused
        return views.accepted(task)


def fingerprints(request: TaskRequest, keys: Sequence[str]) -> list[str]:
    """Return what a request is known by, however its JSON was written; the first is stored.

    What is left out counts as its default, also for a release that knows more fields.

    HMAC-SHA256 under each of the keys, since a plain hash of a short private value could be
    guessed; the plain SHA-256 comes last, for tasks from before there was a key.
    """
    document = json.dumps(
        request.model_dump(mode="json", exclude_defaults=True),
        sort_keys=True,
        separators=(",", ":"),
    ).encode()
    keyed = [hmac.digest(key.encode(), document, "sha256").hex() for key in keys]
    return [*keyed, hashlib.sha256(document).hexdigest()]
