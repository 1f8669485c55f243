"""LiteLLM's proxy before a model provider, with a guardrail and a row in PostgreSQL."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import asyncpg

MODE, URL, PROVIDER, COUNT = sys.argv[1:5]
CONFIG = Path(__file__).with_suffix(".yaml")
TABLE = """
    CREATE TABLE log (
        id bigserial PRIMARY KEY, model text, tokens int, began timestamp, ended timestamp)
"""


async def prepare() -> None:
    connection = await asyncpg.connect(URL)
    await connection.execute(TABLE)
    await connection.close()


if MODE == "prepare":
    asyncio.run(prepare())
else:
    litellm = str(Path(sys.executable).with_name("litellm"))
    options = ["--config", str(CONFIG), "--host", "127.0.0.1", "--port", COUNT]
    settings = {"SCRIPTED_PROVIDER": PROVIDER, "LOG_DATABASE": URL, "LITELLM_LOG": "ERROR"}
    settings |= {"LITELLM_LOCAL_MODEL_COST_MAP": "True", "LITELLM_TELEMETRY": "False"}
    environment = {**os.environ, **settings}
    os.execve(litellm, [litellm, *options], environment)  # noqa: S606  its own program
