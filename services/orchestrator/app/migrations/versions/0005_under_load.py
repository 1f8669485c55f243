"""Under load: the tasks that wait and those that ended have indexes of their own.

By the one they are counted when another comes, by the other deleted when they were kept long
enough; neither reads the rest of the table for it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "idx_tasks_pending",
        "tasks",
        ["tenant"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "idx_tasks_finished_at",
        "tasks",
        ["finished_at"],
        unique=False,
        postgresql_where=sa.text("finished_at IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("idx_tasks_finished_at", table_name="tasks")
    op.drop_index("idx_tasks_pending", table_name="tasks")
