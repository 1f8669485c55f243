"""The queue library's own tables, created and upgraded inside our revisions.

A comment on its main table says how far its SQL has been run, so that a revision which follows
an upgrade of the library works on old and on fresh databases alike.
"""

from __future__ import annotations

from importlib import resources

from procrastinate.schema import SchemaManager, migrations_path
from sqlalchemy import Connection, text

_MARK = "octollm: queue schema "


def upgrade(connection: Connection) -> None:
    """Create the queue's tables, or run those of the library's migrations not yet run here."""
    files = sorted(path.name for path in migrations_path.glob("*.sql"))
    done = _done(connection)
    if done is None:
        _run(connection, SchemaManager.get_schema())
    else:
        for name in files:
            if name > done:
                _run(connection, _read(name))
    _run(connection, f"COMMENT ON TABLE procrastinate_jobs IS '{_MARK}{files[-1]}'")


def drop(connection: Connection) -> None:
    """Drop everything the library created."""
    for (statement,) in connection.execute(text(_DROPS)).all():
        _run(connection, statement)


def _done(connection: Connection) -> str | None:
    """Return the last of the library's migrations run here, None when it has no tables yet."""
    if connection.scalar(text("SELECT to_regclass('procrastinate_jobs')")) is None:
        return None
    comment = connection.scalar(text("SELECT obj_description('procrastinate_jobs'::regclass)"))
    return str(comment or "").removeprefix(_MARK)


def _read(name: str) -> str:
    return (resources.files("procrastinate.sql") / "migrations" / name).read_text("utf-8")


def _run(connection: Connection, statements: str) -> None:
    """Run SQL as it stands: it holds several statements, and `%` signs that are no parameters."""
    cursor = connection.connection.cursor()
    try:
        cursor.execute(statements)
    finally:
        cursor.close()


_DROPS = """
SELECT format('DROP TABLE IF EXISTS %I CASCADE', c.relname)
  FROM pg_class c WHERE c.relkind = 'r' AND c.relname LIKE 'procrastinate\\_%'
   AND c.relnamespace = current_schema()::regnamespace
UNION ALL
SELECT format('DROP FUNCTION IF EXISTS %s CASCADE', p.oid::regprocedure)
  FROM pg_proc p WHERE p.proname LIKE 'procrastinate\\_%'
   AND p.pronamespace = current_schema()::regnamespace
UNION ALL
SELECT format('DROP TYPE IF EXISTS %I CASCADE', t.typname)
  FROM pg_type t LEFT JOIN pg_class c ON c.oid = t.typrelid
 WHERE t.typname LIKE 'procrastinate\\_%' AND t.typtype IN ('e', 'c')
   AND (c.oid IS NULL OR c.relkind = 'c')
   AND t.typnamespace = current_schema()::regnamespace
"""
