"""Tables. Wire models live in `octollm.contracts` and are re-exported here."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Computed,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    String,
    UniqueConstraint,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column

from app.table_base import Base
from octollm.contracts import (
    ResourceBudget,
    TaskContract,
    TaskRequest,
    TaskResponse,
    TaskResult,
    TaskStatus,
)
from octollm.receipt import GENESIS

__all__ = [
    "ApiKey",
    "AuditEvent",
    "Base",
    "Document",
    "ModelCall",
    "Passage",
    "PrivateValues",
    "ResourceBudget",
    "Task",
    "TaskContract",
    "TaskEvent",
    "TaskRequest",
    "TaskResponse",
    "TaskResult",
    "TaskResultRow",
    "TaskStatus",
]


class Task(Base):
    """What a user asked, and how far it has come. `run_token` belongs to the attempt that may
    write; a worker whose token is no longer here has lost the task. `drawn_tokens` and `drawn_usd`
    are what its model calls have used or may still use: settled, reserved and uncertain ones."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("idx_tasks_status", "status"),
        Index("idx_tasks_created_at", "created_at"),
        Index("idx_tasks_tenant_created_at_id", "tenant", "created_at", "id"),
        # A status may be rare, and all of it old: the other index would be read through.
        Index("idx_tasks_tenant_status_created_at_id", "tenant", "status", "created_at", "id"),
        Index(
            "idx_tasks_finished_at", "finished_at", postgresql_where=text("finished_at IS NOT NULL")
        ),
        Index("idx_tasks_pending", "tenant", postgresql_where=text("status = 'pending'")),
        UniqueConstraint("tenant", "idempotency_key"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    tenant: Mapped[str] = mapped_column(String(64))
    goal: Mapped[str]
    status: Mapped[TaskStatus] = mapped_column(
        Enum(
            TaskStatus,
            name="task_status",
            values_callable=lambda statuses: [status.value for status in statuses],
        )
    )
    constraints: Mapped[dict[str, Any]]
    context: Mapped[str | None]
    acceptance_criteria: Mapped[list[Any]]
    max_repairs: Mapped[int] = mapped_column(SmallInteger)
    budget: Mapped[dict[str, Any]]
    assigned_arm: Mapped[str | None] = mapped_column(String(64))
    task_metadata: Mapped[dict[str, Any]] = mapped_column("metadata")
    pii_policy: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int] = mapped_column(SmallInteger)
    attempt: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int]
    drawn_tokens: Mapped[int] = mapped_column(default=0)
    drawn_usd: Mapped[Decimal] = mapped_column(default=Decimal(0))
    run_token: Mapped[UUID | None]
    job_id: Mapped[int | None] = mapped_column(BigInteger)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    request_fingerprint: Mapped[str | None] = mapped_column(String(64))
    head_hash: Mapped[str] = mapped_column(String(64), default=GENESIS)
    traceparent: Mapped[str | None] = mapped_column(String(55))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TaskResultRow(Base):
    """How a task ended: `error` and its type when it failed, and `result`: what it made, or the
    best of it or a part of it when it did not complete."""

    __tablename__ = "task_results"

    task_id: Mapped[UUID] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    result: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    error: Mapped[str | None]
    error_type: Mapped[str | None] = mapped_column(String(64))
    processing_time_ms: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TaskEvent(Base):
    """One line of a task's history, only ever added to; `tasks.head_hash` is the last `hash`."""

    __tablename__ = "task_events"
    __table_args__ = (Index("idx_task_events_task_id_id", "task_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    prev_hash: Mapped[str] = mapped_column(String(64))
    hash: Mapped[str] = mapped_column(String(64))


class ModelCall(Base):
    """One request to a model. `reserved` while it is made, `settled` once its usage is known,
    `uncertain` when nobody knows how it ended, which counts as its worst case."""

    __tablename__ = "model_calls"
    __table_args__ = (
        Index("idx_model_calls_task_id_id", "task_id", "id"),
        Index(
            "idx_model_calls_settled",
            "task_id",
            "request_hash",
            postgresql_where=text("state = 'settled'"),
        ),
        CheckConstraint("state IN ('reserved', 'settled', 'uncertain')", name="state"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    attempt: Mapped[int]
    request_hash: Mapped[str] = mapped_column(String(64))
    model: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(16))
    reserved_tokens: Mapped[int]
    reserved_usd: Mapped[Decimal]
    input_tokens: Mapped[int | None]
    output_tokens: Mapped[int | None]
    cost_usd: Mapped[Decimal | None]
    price_version: Mapped[str] = mapped_column(String(64))
    response: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    settled_at: Mapped[datetime | None]


class PrivateValues(Base):
    """What the placeholders of a task stand for under the policy `redact`, encrypted."""

    __tablename__ = "private_values"

    task_id: Mapped[UUID] = mapped_column(
        ForeignKey("tasks.id", ondelete="CASCADE"), primary_key=True
    )
    ciphertext: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Document(Base):
    """A text of a tenant's own that the retriever may quote. `name` says where it is from."""

    __tablename__ = "documents"
    __table_args__ = (UniqueConstraint("tenant", "name"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    tenant: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(500))
    characters: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class Passage(Base):
    """A stretch of a document; `start` is its first character in it."""

    __tablename__ = "passages"
    __table_args__ = (
        Index("idx_passages_document_id_start", "document_id", "start"),
        Index("idx_passages_search", "search", postgresql_using="gin"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id", ondelete="CASCADE"))
    start: Mapped[int]
    text: Mapped[str]
    search: Mapped[str] = mapped_column(
        TSVECTOR, Computed("to_tsvector('english', text)", persisted=True)
    )


class AuditEvent(Base):
    """Something refused at the door: who, when and why, never what."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("idx_audit_events_tenant_created_at", "tenant", "created_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class ApiKey(Base):
    """A key of a tenant. Of the key itself only the SHA-256 is here, and its first characters to
    tell keys apart. One that is revoked or has expired stays: it lets nobody in."""

    __tablename__ = "api_keys"
    __table_args__ = (UniqueConstraint("key_hash"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    tenant: Mapped[str] = mapped_column(String(64))
    name: Mapped[str] = mapped_column(String(64))
    key_hash: Mapped[bytes] = mapped_column(LargeBinary)
    prefix: Mapped[str] = mapped_column(String(16))
    scopes: Mapped[list[str]] = mapped_column(ARRAY(String(16)))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    last_used_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
