"""Screens texts and, under the policy `redact`, puts placeholders where they are private."""

from __future__ import annotations

from collections.abc import Mapping, Set
from uuid import UUID

from pydantic import JsonValue
from sqlalchemy.ext.asyncio import AsyncSession

from app import private_store
from app.document import Part, leaves, parts_of_request
from app.redacting import redact_made, redact_request
from app.reflex import RETRY_AFTER_SECONDS
from app.screening import Screening
from app.vault import Vault
from octollm.contracts import PiiPolicy, TaskRequest
from octollm.errors import PiiDetected, PrivateValuesUnreadable, ReflexUnavailable
from octollm.validation import invalid
from octollm.verdict import PiiMatch

MAX_ROUNDS = 3
"""What was redacted may leave neighbours that look private; so many rounds in a row are a loop."""


class Concealing:
    """What is private leaves the texts here, and the vault keeps it."""

    def __init__(self, screening: Screening, vault: Vault | None) -> None:
        self._screening = screening
        self._vault = vault

    async def admit(
        self, request: TaskRequest, policy: PiiPolicy
    ) -> tuple[TaskRequest, dict[str, str]]:
        """Return a request as it may be stored, and its private values by placeholder.

        Raises PiiDetected, InjectionDetected, ReflexUnavailable, and InvalidRequest when the
        policy is `redact` and there is no key to keep the values under.
        """
        if policy == "redact" and self._vault is None:
            raise invalid(
                "pii_policy",
                "redact needs a key to keep private values under: the operator sets "
                "OCTOLLM_SECRET_KEY to one made by `octollm secret-key`",
            )
        values: dict[str, str] = {}
        for _ in range(MAX_ROUNDS):
            found = await self._screening.check(parts_of_request(request), policy, "submit")
            if not found:
                return request, values
            with _placed():
                request, more = redact_request(request, found)
            values |= more
        raise _still_private(found)

    async def made(
        self,
        output: str,
        data: Mapping[str, JsonValue],
        policy: PiiPolicy,
        door: str,
        values: dict[str, str],
        taken: Set[str] = frozenset(),
    ) -> tuple[str, dict[str, JsonValue]]:
        """Return a text and an object as they may be stored; what is private in them is added to
        `values`, under a placeholder that is not `taken`.

        Raises PiiDetected, InjectionDetected and ReflexUnavailable.
        """
        kept = dict(data)
        for _ in range(MAX_ROUNDS):
            parts = [Part("output", output), *leaves("data", kept)]
            found = await self._screening.check(parts, policy, door)
            if not found:
                return output, kept
            with _placed():
                output, kept, more = redact_made(output, kept, found, values, taken)
            values |= more
        raise _still_private(found)

    def key(self) -> Vault:
        """Return what keeps private values; raise PrivateValuesUnreadable when there is no key."""
        if self._vault is None:
            raise PrivateValuesUnreadable
        return self._vault

    def locked(self, values: Mapping[str, str]) -> bytes | None:
        """Return private values as they may be stored, encrypted; None if there are none."""
        return self.key().lock(values) if values else None

    async def keep(self, session: AsyncSession, task_id: UUID, values: Mapping[str, str]) -> None:
        """Store the private values of a task, encrypted, in the place of those there may be."""
        if (ciphertext := self.locked(values)) is not None:
            await private_store.put_values(session, task_id, ciphertext)

    async def values_of(self, session: AsyncSession, task_id: UUID) -> dict[str, str]:
        """Return the private values of a task by placeholder; none if they were erased.

        Raises PrivateValuesUnreadable when there is no key for them.
        """
        ciphertext = await private_store.get_values(session, task_id)
        return {} if ciphertext is None else self.key().unlock(ciphertext)


class _placed:  # noqa: N801  (reads as a verb where it is used: `with _placed():`)
    """Context manager: findings that lie outside their text belong to another one."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, _type: object, error: BaseException | None, _tb: object) -> None:
        if isinstance(error, ValueError):
            raise ReflexUnavailable(
                "The Reflex Layer found what is not in the text.", retry_after=RETRY_AFTER_SECONDS
            ) from None


def _still_private(found: Mapping[int, list[PiiMatch]]) -> PiiDetected:
    kinds = sorted({match.pii_type for matches in found.values() for match in matches})
    return PiiDetected(
        f"Found {', '.join(kinds)} again in what was redacted.",
        findings=[{"field": "body", "kind": kind, "start": 0, "end": 0} for kind in kinds],
    )
