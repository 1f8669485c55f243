"""What happens to a tenant's documents: screened, then stored; searched for the arms."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from app import document_store, views
from app.config import Settings
from app.database import Database
from app.document import Part
from app.screening import Screening
from octollm.arm import Found
from octollm.documents import DocumentPolicy, DocumentRequest, DocumentSummary
from octollm.errors import RefusedByPolicy

log = structlog.get_logger(__name__)


class Library:
    """The documents of all tenants. `audit(tenant, refused)` notes what was refused, and why."""

    def __init__(
        self,
        settings: Settings,
        database: Database,
        screening: Screening,
        audit: Callable[[str, RefusedByPolicy], Awaitable[None]],
    ) -> None:
        self._settings = settings
        self._database = database
        self._screening = screening
        self._audit = audit

    async def add(
        self, session: AsyncSession, request: DocumentRequest, *, tenant: str
    ) -> DocumentSummary:
        """Screen a document and store it in the caller's transaction.

        Raises PiiDetected, InjectionDetected, ReflexUnavailable and DatabaseUnavailable; then
        nothing was stored but an audit event.
        """
        parts = [Part("name", request.name), Part("text", request.text)]
        try:
            await self._screening.check(parts, self._policy(request), "documents")
        except RefusedByPolicy as refused:
            await self._audit(tenant, refused)
            raise
        stored = await document_store.add_document(session, tenant, request.name, request.text)
        log.info("document added", document_id=str(stored[0].id), passages=stored[1])
        return views.document(*stored)

    async def search(self, tenant: str, query: str, limit: int) -> list[Found]:
        """Return the passages that suit a question best; see `document_store.search`.

        In a transaction of its own. Raises DatabaseUnavailable.
        """
        async with self._database.transaction() as session:
            return await document_store.search(session, tenant, query, limit)

    def _policy(self, request: DocumentRequest) -> DocumentPolicy:
        policy = request.pii_policy or self._settings.pii_policy
        return "allow" if policy == "allow" else "block"
