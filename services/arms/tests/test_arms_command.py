"""`octollm arms` and `octollm arms check`, as an operator runs them."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from arms.scripted import Reply

OCTOLLM = Path(sys.executable).with_name("octollm")
MODEL = "openai-compatible:one"
PRICES = json.dumps({MODEL: {"input_per_million": 1_000_000, "output_per_million": 0}})


async def run(*arguments: str, **environment: str) -> tuple[int, str, str]:
    """Run the command with warnings as errors; return its exit code and what it wrote."""
    keep = {k: v for k, v in os.environ.items() if not k.startswith(("OCTOLLM", "OPENAI"))}
    process = await asyncio.create_subprocess_exec(
        OCTOLLM,
        "arms",
        *arguments,
        env=keep | {"PYTHONWARNINGS": "error::ResourceWarning"} | environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    return process.returncode or 0, out.decode(), err.decode()


async def test_without_a_model_the_thinking_arms_say_what_they_lack() -> None:
    code, out, err = await run("--json")
    assert (code, err) == (0, "")
    arms = {row["arm"]: row for row in json.loads(out)}
    assert arms["digest"]["available"]
    for name in ("assistant", "coder", "planner", "judge"):
        assert not arms[name]["available"]
        assert "OCTOLLM_MODEL" in arms[name]["reason"]
    code, out, _ = await run()
    assert code == 0
    assert "absent" in next(line for line in out.splitlines() if line.startswith("assistant"))


async def test_with_a_model_they_are_ready() -> None:
    code, out, _ = await run(OCTOLLM_MODEL=MODEL, OCTOLLM_MODEL_BASE_URL="http://127.0.0.1:9/v1")
    assert code == 0
    assert "absent" not in out


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OCTOLLM_MODEL", "sk-canary"),
        ("OCTOLLM_MODEL_FALLBACKS", "sk-canary"),
        ("OCTOLLM_MODEL_PRICES", "{sk-canary"),
        ("OCTOLLM_MODEL_PRICES", '{"sk-canary": {}}'),
        ("OCTOLLM_MODEL_BASE_URL", "sk-canary"),
    ],
)
@pytest.mark.parametrize("arguments", [(), ("check",)])
async def test_a_wrong_setting_is_named_by_its_variable(
    variable: str, value: str, arguments: tuple[str, ...]
) -> None:
    code, out, err = await run(*arguments, **{variable: value})
    assert (code, out) == (2, "")
    assert variable in err
    assert "canary" not in err
    assert "Traceback" not in err


async def test_a_check_without_a_model_says_which_setting_is_missing() -> None:
    code, out, err = await run("check", "--json")
    assert (code, out) == (1, "")
    assert "OCTOLLM_MODEL" in err


async def test_a_check_asks_each_model_once_and_says_what_it_cost(scripted: Any) -> None:
    reply = Reply("ready", input_tokens=2, output_tokens=1, times=None)
    provider, _ = await scripted([reply])
    environment = {
        "OCTOLLM_MODEL": MODEL,
        "OCTOLLM_MODEL_FALLBACKS": '["openai-compatible:two"]',
        "OCTOLLM_JUDGE_MODEL": "openai-compatible:judge",
        "OCTOLLM_MODEL_BASE_URL": provider.base_url,
        "OCTOLLM_MODEL_PRICES": PRICES,
    }
    code, out, err = await run("check", "--json", **environment)
    assert (code, err) == (0, "")
    one, two, judge = json.loads(out)
    assert (one["model"], one["answered"], one["cost_usd"]) == (MODEL, True, 2.0)
    assert (one["input_tokens"], one["output_tokens"]) == (2, 1)
    assert one["seconds"] >= 0
    assert two["cost_usd"] is None
    assert "OCTOLLM_MODEL_PRICES" in two["prices"]
    assert judge["model"] == "openai-compatible:judge"
    assert len(provider.ledger.entries) == 3
    code, out, _ = await run("check", **environment)
    assert code == 0
    assert "price unknown" in out


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(status=401, message="sk-canary"), "key"),
        (Reply(status=503, message="sk-canary"), "did not answer"),
        (Reply(status=418, message="sk-canary"), "refuses"),
        (Reply("lost", cut_after=0), "did not answer"),
    ],
)
async def test_one_that_does_not_answer_ends_the_check_with_1(
    reply: Reply, reason: str, scripted: Any
) -> None:
    provider, _ = await scripted([reply])
    code, out, err = await run(
        "check", "--json", OCTOLLM_MODEL=MODEL, OCTOLLM_MODEL_BASE_URL=provider.base_url
    )
    assert (code, err) == (1, "")
    (row,) = json.loads(out)
    assert not row["answered"]
    assert reason in row["reason"]
    assert "canary" not in out
    assert len(provider.ledger.entries) == 1
