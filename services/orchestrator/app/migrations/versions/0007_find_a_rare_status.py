"""A tenant's tasks of one status are found by an index, however rare they are."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "idx_tasks_tenant_status_created_at_id",
        "tasks",
        ["tenant", "status", "created_at", "id"],
        unique=False,
    )


def downgrade() -> None:
    op.drop_index("idx_tasks_tenant_status_created_at_id", table_name="tasks")
