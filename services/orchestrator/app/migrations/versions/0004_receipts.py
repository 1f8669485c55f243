"""Receipts: the events of a task are a chain of hashes (`octollm.receipt`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from alembic import op

from octollm.receipt import GENESIS, Line, hash_of

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

BATCH = 2_000
NEXT = sa.text("""
    SELECT id, task_id, type, data, created_at FROM task_events
    WHERE (task_id, id) > (:task_id, :id) ORDER BY task_id, id LIMIT :batch
    """).columns(task_id=sa.Uuid(), data=sa.JSON())
CHAIN = sa.text("UPDATE task_events SET prev_hash = :prev_hash, hash = :hash WHERE id = :id")
HEADS = """
    UPDATE tasks SET head_hash = last.hash
    FROM (SELECT DISTINCT ON (task_id) task_id, hash FROM task_events ORDER BY task_id, id DESC)
        AS last
    WHERE tasks.id = last.task_id
    """


def upgrade() -> None:
    op.add_column(
        "tasks",
        sa.Column("head_hash", sa.String(length=64), nullable=False, server_default=GENESIS),
    )
    op.alter_column("tasks", "head_hash", server_default=None)
    for name in ("prev_hash", "hash"):
        op.add_column("task_events", sa.Column(name, sa.String(length=64), nullable=True))
    for batch in _chained(op.get_bind()):
        op.get_bind().execute(CHAIN, batch)
    op.execute(HEADS)
    for name in ("prev_hash", "hash"):
        op.alter_column("task_events", name, nullable=False)


def _chained(connection: sa.Connection) -> Iterator[list[dict[str, Any]]]:
    """Yield the hashes of the events there are, a batch at a time: there may be millions."""
    task_id, last_id, head = UUID(int=0), 0, GENESIS
    while True:
        place = {"task_id": task_id, "id": last_id, "batch": BATCH}
        batch = []
        for row in connection.execute(NEXT, place):
            prev_hash = head if row.task_id == task_id else GENESIS
            head = hash_of(Line(row.task_id, row.type, row.data, row.created_at, prev_hash))
            batch.append({"id": row.id, "prev_hash": prev_hash, "hash": head})
            task_id, last_id = row.task_id, row.id
        if not batch:
            return
        yield batch


def downgrade() -> None:
    op.drop_column("task_events", "hash")
    op.drop_column("task_events", "prev_hash")
    op.drop_column("tasks", "head_hash")
