"""Who was lost with a worker as often as it may be runs alone: it suffers for nobody else."""

from __future__ import annotations

import asyncio

import pytest

from app.company import Company
from app.queue import RunAgain


async def test_any_number_run_beside_each_other() -> None:
    company = Company()
    with company.joined(), company.joined():
        pass
    async with company.alone():
        pass


async def test_one_that_is_to_run_alone_waits_for_the_others_and_lets_no_more_in() -> None:
    company, entered, leave = Company(), asyncio.Event(), asyncio.Event()

    async def alone() -> None:
        async with company.alone():
            entered.set()
            await leave.wait()

    with company.joined():
        with company.joined():
            running = asyncio.create_task(alone())
            await asyncio.sleep(0)
            with pytest.raises(RunAgain), company.joined():
                pass
        await asyncio.sleep(0)
        assert not entered.is_set()
    async with asyncio.timeout(20):
        await entered.wait()
    with pytest.raises(RunAgain), company.joined():
        pass
    with pytest.raises(RunAgain):
        async with company.alone():
            pass
    leave.set()
    await running
    with company.joined():
        pass


async def test_one_that_no_longer_waits_keeps_nobody_out() -> None:
    company = Company()
    with company.joined():
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.01), company.alone():
                pass
        with company.joined():
            pass
