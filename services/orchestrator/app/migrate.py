"""Runs our migrations (Alembic), which also create the queue's own tables."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory

SCRIPTS = Path(__file__).parent / "migrations"


def alembic_config(database_url: str = "postgresql://") -> Config:
    """Return Alembic's configuration for our migrations on a database (a libpq URL)."""
    config = Config()
    config.set_main_option("script_location", str(SCRIPTS))
    config.attributes["database_url"] = database_url
    return config


@cache
def head_revision() -> str:
    """Return the newest migration this version brings."""
    head = ScriptDirectory.from_config(alembic_config()).get_current_head()
    if head is None:
        raise AssertionError("there are no migrations")
    return head


def upgrade(database_url: str, revision: str = "head") -> None:
    """Bring a database up to a revision. Several processes may do so at once."""
    command.upgrade(alembic_config(database_url), revision)


def current_revision(database_url: str) -> str:
    """Return the migration a database is at that has been migrated."""
    with psycopg.connect(database_url) as connection:
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    if row is None:
        raise AssertionError("a migrated database names its migration")
    return str(row[0])


def downgrade(database_url: str, revision: str) -> None:
    """Take a database back to an older revision; `base` drops every table and its data."""
    command.downgrade(alembic_config(database_url), revision)
