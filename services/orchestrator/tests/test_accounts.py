"""What was bought is written down whatever came over the wire, and is not bought again."""

from __future__ import annotations

from typing import Any

import pytest
from raw_provider import raw_house, said


@pytest.mark.filterwarnings("ignore::pydantic_ai.CostCalculationFailedWarning")
async def test_a_usage_no_column_holds_is_settled(make_house: Any) -> None:
    usage = {"prompt_tokens": 10**13, "completion_tokens": 10, "total_tokens": 1}
    async with raw_house(make_house, said("Fine.", usage)) as (house, provider):
        task = await house.ended(await house.submit("Hello", assigned_arm="assistant"))
        assert task["status"] == "completed", task
        assert task["spend"]["tokens"] == 100_000_010
        assert len(provider.requests) == 1


@pytest.mark.parametrize("text", ["a\x00b", "a\ud800b"])
async def test_an_answer_no_database_holds_is_bought_once(make_house: Any, text: str) -> None:
    async with raw_house(make_house, said(text)) as (house, provider):
        task = await house.ended(await house.submit("Hello", assigned_arm="assistant"))
        assert task["error"]["type"].endswith("arm-failed"), task
        assert len(provider.requests) == 1


async def test_a_proxy_that_gave_up_waiting_may_have_been_billed(make_house: Any) -> None:
    async with raw_house(make_house, b"{}", status=504) as (house, provider):
        task = await house.ended(
            await house.submit("Hello", assigned_arm="assistant", budget={"max_tokens": 6_000})
        )
        assert task["status"] == "failed"
        assert len(provider.requests) == 2
        assert task["spend"]["tokens"] > 4_000
