"""Documents: add, list, look at, delete."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Body, Path, Query, Response

from app import document_store, views
from app.routes import examples
from app.routes.depends import Cursor, Tenant, TheParts, Transaction
from app.routes.guarded import DOOR, Guarded, needs
from octollm.documents import (
    MAX_NAME_CHARACTERS,
    DocumentPage,
    DocumentRequest,
    DocumentSummary,
)
from octollm.errors import (
    BodyTooLarge,
    DatabaseUnavailable,
    DocumentNotFound,
    InjectionDetected,
    InternalError,
    InvalidRequest,
    PiiDetected,
    ReflexUnavailable,
)
from octollm.fields import Text
from octollm.service.problems import responses

DocumentId = Annotated[UUID, Path(description="As given by `POST /documents`.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Documents on a page.")]
Name = Annotated[
    Text | None,
    Query(max_length=MAX_NAME_CHARACTERS, description="Only the document of this name."),
]

router = APIRouter(tags=["documents"], route_class=Guarded, responses=DOOR)


@router.post(
    "/documents",
    dependencies=[needs("submit")],
    status_code=201,
    summary="Add a document, or replace the one of that name",
    responses={
        201: examples.ADDED,
        **responses(
            InvalidRequest,
            PiiDetected,
            InjectionDetected,
            BodyTooLarge,
            ReflexUnavailable,
            DatabaseUnavailable,
            InternalError,
        ),
    },
)
async def add_document(
    request: Annotated[DocumentRequest, Body(openapi_examples=examples.DOCUMENTS)],
    response: Response,
    parts: TheParts,
    session: Transaction,
    tenant: Tenant,
) -> DocumentSummary:
    """Screen a text and keep it as passages, which the arm `retriever` quotes in its answers."""
    added = await parts.library.add(session, request, tenant=tenant)
    response.headers["Location"] = f"/documents/{added.document_id}"
    return added


@router.get(
    "/documents",
    dependencies=[needs("read")],
    summary="List documents, newest first",
    responses={
        200: examples.DOCUMENT_PAGE,
        **responses(InvalidRequest, DatabaseUnavailable, InternalError),
    },
)
async def list_documents(
    session: Transaction,
    tenant: Tenant,
    name: Name = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> DocumentPage:
    """One page of your documents. Follow `next_cursor` until it is null."""
    rows, following = await document_store.list_documents(
        session, tenant, name=name, limit=limit, cursor=cursor
    )
    return DocumentPage(documents=[views.document(*row) for row in rows], next_cursor=following)


@router.get(
    "/documents/{document_id}",
    dependencies=[needs("read")],
    summary="Look at a document",
    responses={
        200: examples.DOCUMENT,
        **responses(DocumentNotFound, InvalidRequest, DatabaseUnavailable, InternalError),
    },
)
async def get_document(
    document_id: DocumentId, session: Transaction, tenant: Tenant
) -> DocumentSummary:
    """What is known of a document. Its text is handed out by quotation alone."""
    return views.document(*await document_store.get_document(session, tenant, document_id))


@router.delete(
    "/documents/{document_id}",
    dependencies=[needs("admin")],
    status_code=204,
    summary="Delete a document",
    responses={
        204: {"description": "Deleted; nothing of it is found any more"},
        **responses(DocumentNotFound, InvalidRequest, DatabaseUnavailable, InternalError),
    },
)
async def delete_document(document_id: DocumentId, session: Transaction, tenant: Tenant) -> None:
    """Delete a document and all its passages. Results that quote it stay as they are."""
    await document_store.delete_document(session, tenant, document_id)
