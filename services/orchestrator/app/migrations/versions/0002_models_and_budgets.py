"""Model calls and what they draw on a budget, private values, documents to retrieve from."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("tenant", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=500), nullable=False),
        sa.Column("characters", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_documents")),
        sa.UniqueConstraint("tenant", "name", name=op.f("uq_documents_tenant_name")),
    )
    op.create_table(
        "model_calls",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("model", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reserved_tokens", sa.Integer(), nullable=False),
        sa.Column("reserved_usd", sa.Numeric(precision=18, scale=9), nullable=False),
        sa.Column("input_tokens", sa.Integer(), nullable=True),
        sa.Column("output_tokens", sa.Integer(), nullable=True),
        sa.Column("cost_usd", sa.Numeric(precision=18, scale=9), nullable=True),
        sa.Column("price_version", sa.String(length=64), nullable=False),
        sa.Column(
            "response", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('reserved', 'settled', 'uncertain')", name=op.f("ck_model_calls_state")
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_model_calls_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_model_calls")),
    )
    op.create_index("idx_model_calls_task_id_id", "model_calls", ["task_id", "id"], unique=False)
    op.create_index(
        "idx_model_calls_settled",
        "model_calls",
        ["task_id", "request_hash"],
        unique=False,
        postgresql_where=sa.text("state = 'settled'"),
    )
    op.create_table(
        "passages",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "search",
            postgresql.TSVECTOR(),
            sa.Computed("to_tsvector('english', text)", persisted=True),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name=op.f("fk_passages_document_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_passages")),
    )
    op.create_index(
        "idx_passages_document_id_start", "passages", ["document_id", "start"], unique=False
    )
    op.create_index(
        "idx_passages_search", "passages", ["search"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "private_values",
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("ciphertext", sa.LargeBinary(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["task_id"], ["tasks.id"], name=op.f("fk_private_values_task_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("task_id", name=op.f("pk_private_values")),
    )
    # A default for the tasks there are; new ones are given theirs by the application.
    for column in (
        sa.Column("max_repairs", sa.SmallInteger(), nullable=False, server_default="2"),
        sa.Column("drawn_tokens", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("drawn_usd", sa.Numeric(18, 9), nullable=False, server_default="0"),
    ):
        op.add_column("tasks", column)
        op.alter_column("tasks", column.name, server_default=None)


def downgrade() -> None:
    op.drop_column("tasks", "drawn_usd")
    op.drop_column("tasks", "drawn_tokens")
    op.drop_column("tasks", "max_repairs")
    op.drop_table("private_values")
    op.drop_index("idx_passages_search", table_name="passages", postgresql_using="gin")
    op.drop_index("idx_passages_document_id_start", table_name="passages")
    op.drop_table("passages")
    op.drop_index(
        "idx_model_calls_settled",
        table_name="model_calls",
        postgresql_where=sa.text("state = 'settled'"),
    )
    op.drop_index("idx_model_calls_task_id_id", table_name="model_calls")
    op.drop_table("model_calls")
    op.drop_table("documents")
