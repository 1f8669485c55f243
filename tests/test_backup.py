"""A dump of the database, restored elsewhere, is the house as it was."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from app import embedded, event_store, views
from app.vault import new_key
from octollm.receipt import flaw_in


@pytest.fixture
def restored_url(postgres: embedded.Server) -> Iterator[str]:
    """The URL of an empty database to restore to."""
    name = f"restored_{uuid4().hex}"
    postgres.create_database(name)
    yield postgres.url(name)
    postgres.drop_database(name)


def run(postgres: embedded.Server, program: str, *arguments: str) -> None:
    command = [str(postgres.bin_dir / program), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


async def test_a_restored_house_goes_on_where_the_dump_was_taken(
    make_house: Callable[..., Any], postgres: embedded.Server, restored_url: str, tmp_path: Path
) -> None:
    key = new_key()
    house = await make_house(secret_key=key)
    house.start_worker()
    ended = await house.submit(
        "Digest for anna@example.org.", context="one two", pii_policy="redact"
    )
    before = await house.ended(ended)
    await house.stop_workers()
    waiting = await house.submit("Count these words.", context="one two three")

    dump = str(tmp_path / "octollm.dump")
    run(postgres, "pg_dump", "--format=custom", f"--file={dump}", house.settings.database_url)
    run(postgres, "pg_restore", "--no-owner", "--exit-on-error", f"--dbname={restored_url}", dump)

    again = await make_house(secret_key=key, database_url=restored_url)
    again.start_worker()
    assert await again.task(ended) == before
    assert (await again.ended(waiting))["status"] == "completed"
    assert (await house.task(waiting))["status"] == "pending"
    for task_id in (ended, waiting):
        async with again.parts.database.transaction() as session:
            head, events = await event_store.chain_of(session, "default", UUID(task_id))
        assert flaw_in(views.receipt(UUID(task_id), head, events)) is None
    await again.stop_workers()
