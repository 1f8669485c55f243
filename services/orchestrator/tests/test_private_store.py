"""Encrypted values are kept beside their task, replaced, and erased for its owner alone."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

from app import private_store


async def test_values_are_kept_and_replaced(house: Any) -> None:
    task_id = UUID(await house.submit())
    async with house.parts.database.transaction() as session:
        assert await private_store.get_values(session, task_id) is None
        await private_store.put_values(session, task_id, b"first")
        await private_store.put_values(session, task_id, b"second")
    async with house.parts.database.transaction() as session:
        assert await private_store.get_values(session, task_id) == b"second"


async def test_values_are_erased_for_the_tasks_own_tenant_alone(house: Any) -> None:
    task_id = UUID(await house.submit())
    async with house.parts.database.transaction() as session:
        await private_store.put_values(session, task_id, b"values")
        assert not await private_store.purge(session, "somebody-else", task_id)
        assert not await private_store.purge(session, "default", uuid4())
        assert await private_store.get_values(session, task_id) == b"values"
        assert await private_store.purge(session, "default", task_id)
        assert not await private_store.purge(session, "default", task_id)
        assert await private_store.get_values(session, task_id) is None
