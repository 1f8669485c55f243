"""Tables. Wire models live in `octollm.contracts` and are re-exported here."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    DateTime,
    Enum,
    ForeignKey,
    Identity,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    Uuid,
    func,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from octollm.contracts import (
    ResourceBudget,
    TaskContract,
    TaskRequest,
    TaskResponse,
    TaskResult,
    TaskStatus,
)

__all__ = [
    "AuditEvent",
    "Base",
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

NAMES = {
    "ix": "idx_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMES)
    type_annotation_map = {
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[str]: JSONB,
        str: Text,
        UUID: Uuid,
    }


class Task(Base):
    """What a user asked, and how far it has come. `run_token` belongs to the attempt that may
    write; a worker whose token is no longer here has lost the task."""

    __tablename__ = "tasks"
    __table_args__ = (
        Index("idx_tasks_status", "status"),
        Index("idx_tasks_created_at", "created_at"),
        Index("idx_tasks_tenant_created_at_id", "tenant", "created_at", "id"),
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
    acceptance_criteria: Mapped[list[str]]
    budget: Mapped[dict[str, Any]]
    assigned_arm: Mapped[str | None] = mapped_column(String(64))
    task_metadata: Mapped[dict[str, Any]] = mapped_column("metadata")
    pii_policy: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int] = mapped_column(SmallInteger)
    attempt: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int]
    run_token: Mapped[UUID | None]
    job_id: Mapped[int | None] = mapped_column(BigInteger)
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    deadline_at: Mapped[datetime | None]
    cancel_requested_at: Mapped[datetime | None]
    idempotency_key: Mapped[str | None] = mapped_column(String(255))
    request_fingerprint: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
    updated_at: Mapped[datetime] = mapped_column(server_default=func.now())


class TaskResultRow(Base):
    """How a task ended: `result` when it completed, `error` and its type when it failed."""

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
    """One line of a task's history. Only ever added to."""

    __tablename__ = "task_events"
    __table_args__ = (Index("idx_task_events_task_id_id", "task_id", "id"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("tasks.id", ondelete="CASCADE"))
    type: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())


class AuditEvent(Base):
    """Something refused at the door: who, when and why, never what."""

    __tablename__ = "audit_events"
    __table_args__ = (Index("idx_audit_events_tenant_created_at", "tenant", "created_at"),)

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    tenant: Mapped[str] = mapped_column(String(64))
    type: Mapped[str] = mapped_column(String(64))
    data: Mapped[dict[str, Any]]
    created_at: Mapped[datetime] = mapped_column(server_default=func.now())
