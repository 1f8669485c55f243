"""Drafts a migration: the difference between models.py and the migrations there are.

    python scripts/migration.py "add priority"

The migrations are run on a throw-away PostgreSQL, and the tables compared with the models.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from app import embedded, migrate


def draft(message: str) -> None:
    """Write the next migration into `migrations/versions`."""
    number = int(migrate.head_revision()) + 1
    with (
        tempfile.TemporaryDirectory(prefix="octollm-migration-") as folder,
        embedded.running(Path(folder), durable=False) as server,
    ):
        server.create_database("draft")
        migrate.upgrade(server.url("draft"))
        config = migrate.alembic_config(server.url("draft"))
        command.revision(config, message, autogenerate=True, rev_id=f"{number:04}")


if __name__ == "__main__":
    draft(sys.argv[1])
    sys.stderr.write("Read the draft and mend it: a renamed column looks like one gone, one new.\n")
