"""Under load: the tasks that wait and those that ended have indexes of their own.

By the one they are counted when another comes, by the other deleted when they were kept long
enough; neither reads the rest of the table for it.

And hot tables are vacuumed early. By default that waits until 50 rows and a fifth of the table are
dead or new (https://www.postgresql.org/docs/15/routine-vacuuming.html#AUTOVACUUM): with a million
tasks kept, 200,000 of them. Until then each search for a job passes the entries of those that are
done, and counting the tasks that wait looks into the table for each. A hundredth is a minute's work
of a busy house; five times the cost limit lets the vacuum end within the next minute. The queue's
tables keep their empty end: to give it back needs a lock that bars all workers, and the next burst
wants it again (`vacuum_truncate`,
https://www.postgresql.org/docs/15/sql-createtable.html#SQL-CREATETABLE-STORAGE-PARAMETERS).
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HOT = ("tasks", "task_events", "model_calls", "procrastinate_jobs", "procrastinate_events")
QUEUE = ("procrastinate_jobs", "procrastinate_events")
EARLY = {
    "autovacuum_vacuum_scale_factor": "0.01",
    "autovacuum_vacuum_threshold": "500",
    "autovacuum_vacuum_insert_scale_factor": "0.01",
    "autovacuum_analyze_scale_factor": "0.02",
    "autovacuum_vacuum_cost_limit": "1000",
}


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
    values = ", ".join(f"{name} = {value}" for name, value in EARLY.items())
    for table in HOT:
        op.execute(f"ALTER TABLE {table} SET ({values})")
    for table in QUEUE:
        op.execute(f"ALTER TABLE {table} SET (vacuum_truncate = false)")


def downgrade() -> None:
    for table in QUEUE:
        op.execute(f"ALTER TABLE {table} RESET (vacuum_truncate)")
    for table in HOT:
        op.execute(f"ALTER TABLE {table} RESET ({', '.join(EARLY)})")
    op.drop_index("idx_tasks_finished_at", table_name="tasks")
    op.drop_index("idx_tasks_pending", table_name="tasks")
