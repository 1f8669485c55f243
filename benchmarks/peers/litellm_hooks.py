"""What LiteLLM's proxy is given: a guardrail that does nothing, a logger that inserts a row.

Its own log in PostgreSQL goes through Prisma, whose engine is fetched from Prisma's host on first
use; a logger of one's own is the documented way that runs anywhere. It is called after the answer.
"""

from __future__ import annotations

import os
from typing import Any

import asyncpg
from litellm.integrations.custom_guardrail import CustomGuardrail
from litellm.integrations.custom_logger import CustomLogger


class PassAll(CustomGuardrail):
    async def async_pre_call_hook(self, *_: Any, **__: Any) -> None:
        return None


class Rows(CustomLogger):
    """Inserts a row for each answer, by connections kept open."""

    def __init__(self) -> None:
        super().__init__()
        self._pool: asyncpg.Pool | None = None

    async def async_log_success_event(
        self, kwargs: dict[str, Any], response_obj: Any, start_time: Any, end_time: Any
    ) -> None:
        if self._pool is None:
            self._pool = asyncpg.create_pool(os.environ["LOG_DATABASE"], max_size=20)
        await (await self._pool).execute(
            "INSERT INTO log (model, tokens, began, ended) VALUES ($1, $2, $3, $4)",
            str(kwargs.get("model")),
            response_obj.usage.total_tokens,
            start_time,
            end_time,
        )


rows = Rows()
