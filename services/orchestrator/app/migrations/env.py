"""Alembic's entry: our metadata on one connection, under a lock so that only one migrates."""

from __future__ import annotations

from alembic import context
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import create_engine, pool, text

from app.database import SQLALCHEMY_URL
from app.models import Base

MIGRATION_LOCK = 0x0C70_11A2

config = context.config
ours = {*Base.metadata.tables, "alembic_version"}


def include_name(name: str | None, kind: str, _parents: object) -> bool:
    """Leave the queue's tables out of autogenerate."""
    return kind != "table" or name in ours


engine = create_engine(
    SQLALCHEMY_URL,
    poolclass=pool.NullPool,
    connect_args=conninfo_to_dict(config.attributes["database_url"]),
)
with engine.connect() as connection:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        include_name=include_name,
        compare_type=True,
        compare_server_default=True,
        transaction_per_migration=False,
    )
    with context.begin_transaction():
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK})
        context.run_migrations()
engine.dispose()
