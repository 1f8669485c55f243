"""Both services answer whatever their OpenAPI documents allow or forbid as these documents say.

Schemathesis makes the requests and checks the answers: none is a 5xx, no status, header or body is
undocumented, what a schema forbids is refused and what it allows is not. `make fuzz` asks more.
"""

from __future__ import annotations

import asyncio
import json
import os
import tempfile
from pathlib import Path

from processes import PROGRAM, Fleet
from tenants import a_key

from app.config import Settings

CONFIG = Path(__file__).with_name("schemathesis.toml")
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""How many requests of each kind an operation gets; none: a few, and always the same ones."""

NO_LIMITS = {"OCTOLLM_LIMIT_PER_KEY": "0", "OCTOLLM_LIMIT_PER_IP": "0"}
ABOUT_KEYS = "ignored_auth,missing_required_header,negative_data_rejection"
"""Checks that want a request without a key to be refused."""

REFLEX_KEY = "k" * 32


async def keeps_to_its_document(url: str, *options: str) -> None:
    """Have Schemathesis ask a service; fail with its report if anything is wrong."""
    how = ("--generation-database", "none") if EXAMPLES else ("--generation-deterministic",)
    examples = ("--max-examples", str(EXAMPLES or 3))
    process = await asyncio.create_subprocess_exec(
        PROGRAM.with_name("schemathesis"),
        *("--config-file", str(CONFIG), "run", f"{url}/openapi.json", "--no-color"),
        *(*how, *examples, *options),
        cwd=tempfile.gettempdir(),  # it leaves a folder behind where it runs
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    report = (await process.communicate())[0].decode()
    assert process.returncode == 0, report


async def test_the_api_with_keys_keeps_to_its_document(fleet: Fleet, database_url: str) -> None:
    held = await a_key(Settings(database_url=database_url))
    _, reflex_url = await fleet.reflex()
    await fleet.worker(reflex_url)  # else who asks to wait for a task waits for the whole minute
    fleet.environment |= NO_LIMITS
    _, url = await fleet.api(reflex_url)
    key = f"Authorization: {held.headers['Authorization']}"
    await keeps_to_its_document(url, "--checks", "all", "--header", key)


async def test_the_api_without_keys_keeps_to_its_document(fleet: Fleet) -> None:
    _, reflex_url = await fleet.reflex()
    await fleet.worker(reflex_url)
    _, url = await fleet.api(reflex_url)
    await keeps_to_its_document(
        url, "--exclude-checks", ABOUT_KEYS, "--phases", "examples,fuzzing,stateful"
    )


async def test_the_reflex_layer_with_keys_keeps_to_its_document(fleet: Fleet) -> None:
    fleet.environment |= {
        "REFLEX_KEYS": json.dumps({"team": REFLEX_KEY}),
        "REFLEX_REQUIRE_KEY": "true",
    }
    _, url = await fleet.reflex()
    await keeps_to_its_document(
        url, "--checks", "all", "--header", f"Authorization: Bearer {REFLEX_KEY}"
    )


async def test_the_reflex_layer_without_keys_keeps_to_its_document(fleet: Fleet) -> None:
    _, url = await fleet.reflex()
    await keeps_to_its_document(url, "--checks", "all", "--phases", "examples,fuzzing")
