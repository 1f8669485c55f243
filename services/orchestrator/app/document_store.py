"""Every SQL statement on documents and their passages. Functions take the caller's session and
never commit; each is scoped to one tenant."""

from __future__ import annotations

import hashlib
from typing import Any
from uuid import UUID

from sqlalchemy import Select, delete, func, insert, select, text, tuple_
from sqlalchemy.dialects.postgresql import insert as pg_insert
from sqlalchemy.ext.asyncio import AsyncSession

from app import cursor as cursors
from app.models import Document, Passage
from app.passages import pieces, wanted
from octollm.arm import Found
from octollm.errors import DocumentNotFound

CANDIDATES = 200
"""How many passages are ranked closely. The first sieve is one pass over all that match."""

SEARCH = """
WITH candidates AS MATERIALIZED (
    SELECT documents.name, passages.start, passages.text, passages.search
    FROM passages JOIN documents ON documents.id = passages.document_id
    WHERE documents.tenant = :tenant
      AND passages.search @@ websearch_to_tsquery('english', :any)
      AND NOT passages.search @@ websearch_to_tsquery('english', :none)
    ORDER BY passages.search @@ websearch_to_tsquery('english', :all) DESC,
             ts_rank(passages.search, websearch_to_tsquery('english', :any), 1) DESC
    LIMIT :candidates
), words AS MATERIALIZED (
    SELECT query FROM unnest(CAST(:words AS text[])) AS word,
                      websearch_to_tsquery('english', word) AS query
    WHERE numnode(query) > 0
)
SELECT name, start, text,
    ((SELECT count(*) FROM words WHERE candidates.search @@ query)
     + ts_rank_cd(search, websearch_to_tsquery('english', :any), 1 | 32))
    / (1 + (SELECT count(*) FROM words)) AS rank
FROM candidates
ORDER BY rank DESC, name, start
LIMIT :limit
"""
"""A passage that holds more of the words comes before one that holds fewer, and one that holds all
comes first. Among equals `ts_rank_cd` decides, by how often and how close together, divided by
1 + log(length) (its normalisation 1) and brought below 1 (32): PostgreSQL 15, §12.3.3."""


async def add_document(
    session: AsyncSession, tenant: str, name: str, content: str
) -> tuple[Document, int]:
    """Store a text as passages; return its row and their number.

    A document of the same name is replaced and keeps its id. Two that race are one after the
    other: the second waits for the row.
    """
    values: dict[str, Any] = {
        "characters": len(content),
        "sha256": hashlib.sha256(content.encode()).hexdigest(),
        "created_at": func.now(),
    }
    statement = (
        pg_insert(Document)
        .values(tenant=tenant, name=name, **values)
        .on_conflict_do_update(index_elements=["tenant", "name"], set_=values)
        .returning(Document)
    )
    reload = {"populate_existing": True}
    document = (await session.execute(statement, execution_options=reload)).scalar_one()
    await session.execute(delete(Passage).where(Passage.document_id == document.id))
    passages = [
        {"document_id": document.id, "start": piece.start, "text": piece.text}
        for piece in pieces(content)
    ]
    await session.execute(insert(Passage), passages)
    return document, len(passages)


async def get_document(
    session: AsyncSession, tenant: str, document_id: UUID
) -> tuple[Document, int]:
    """Return a tenant's document and the number of its passages. Raises DocumentNotFound."""
    statement = _documents(tenant).where(Document.id == document_id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise DocumentNotFound
    return row[0], row[1]


async def list_documents(
    session: AsyncSession, tenant: str, *, name: str | None, limit: int, cursor: str | None
) -> tuple[list[tuple[Document, int]], str | None]:
    """Return one page of a tenant's documents, newest first, and the cursor of the next page.

    With `name`, only the one of that name. Raises InvalidRequest for a cursor that is not ours.
    """
    statement = _documents(tenant)
    if name is not None:
        statement = statement.where(Document.name == name)
    if cursor is not None:
        place = tuple_(Document.created_at, Document.id)
        statement = statement.where(place < cursors.read(cursor))
    statement = statement.order_by(Document.created_at.desc(), Document.id.desc()).limit(limit + 1)
    rows = [(row[0], row[1]) for row in await session.execute(statement)]
    if len(rows) <= limit:
        return rows, None
    last, _ = rows[limit - 1]
    return rows[:limit], cursors.write(last.created_at, last.id)


async def delete_document(session: AsyncSession, tenant: str, document_id: UUID) -> None:
    """Delete a tenant's document with its passages. Raises DocumentNotFound."""
    statement = delete(Document).where(Document.id == document_id, Document.tenant == tenant)
    if (await session.execute(statement.returning(Document.id))).first() is None:
        raise DocumentNotFound


async def search(session: AsyncSession, tenant: str, query: str, limit: int) -> list[Found]:
    """Return up to `limit` passages of a tenant's documents that hold a word of `query`.

    The best first, ranked above 0 and below 1. Words are compared by their English stems;
    `"a phrase"` must stand so, a `-word` must not. No text is an error: one without words finds
    nothing.
    """
    parameters = search_parameters(tenant, query, limit)
    if not parameters["words"]:
        return []
    rows = await session.execute(text(SEARCH), parameters)
    return [Found(row.name, row.start, row.text, float(row.rank)) for row in rows]


def search_parameters(tenant: str, query: str, limit: int) -> dict[str, Any]:
    """Return what the statement `SEARCH` is to be run with."""
    terms = wanted(query)
    return {
        "tenant": tenant,
        "words": list(terms.words),
        "any": " OR ".join(terms.words),
        "all": " ".join(terms.words),
        "none": " OR ".join(terms.unwanted),
        "candidates": CANDIDATES,
        "limit": limit,
    }


def _documents(tenant: str) -> Select[Document, int]:
    number = select(func.count()).where(Passage.document_id == Document.id).scalar_subquery()
    return select(Document, number).where(Document.tenant == tenant)
