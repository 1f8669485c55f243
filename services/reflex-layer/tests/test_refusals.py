"""A setting that cannot be used is refused in words that name it, the field and its limit."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from octollm.cli import cli
from reflex_layer.config import Settings

EMPLOYEE = {"name": "EmployeeNumber", "pattern": r"\bEMP-[0-9]{6}\b"}


def _refused(monkeypatch: pytest.MonkeyPatch, command: str = "reflex", **settings: str) -> str:
    """Start the command with these settings and return its last line."""
    for name, value in settings.items():
        monkeypatch.setenv(f"REFLEX_{name}", value)
    arguments = [command] if command == "reflex" else [command, "hello"]
    result = CliRunner().invoke(cli, arguments)
    assert result.exit_code == 2, result.output
    return result.stderr.splitlines()[-1].removeprefix("Error: ")


@pytest.mark.parametrize("command", ["reflex", "screen"])
def test_a_level_that_flags_above_the_one_that_blocks_is_refused_by_both_names(
    monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    levels = {"INJECTION_FLAG_SCORE": "0.9", "INJECTION_BLOCK_SCORE": "0.5"}
    told = _refused(monkeypatch, command, **levels)
    assert "REFLEX_INJECTION_FLAG_SCORE=0.9" in told
    assert "REFLEX_INJECTION_BLOCK_SCORE=0.5" in told


def test_levels_may_be_the_same() -> None:
    assert Settings(injection_flag_score=0.6, injection_block_score=0.6).ruleset()


KIND = 'kind "EmployeeNumber", '


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"confidence": 1.5}, f"{KIND}0.confidence: must be at most 1.0"),
        ({"confidence": "high"}, f"{KIND}0.confidence: must be a number"),
        ({"context": ["a(b"]}, f"{KIND}0.context.0: must be 2 to 60 letters, digits"),
        ({"context": "badge"}, f"{KIND}0.context: must be a JSON list"),
        ({"context": ["ab"] * 51}, f"{KIND}0.context: must have at most 50 entries, not 51"),
        ({"examples": [""]}, f"{KIND}0.examples.0: must have 1 or more characters"),
        ({"examples": ["x" * 501]}, f"{KIND}0.examples.0: must have at most 500 characters"),
        ({"examples": ["EMP-1"]}, f"{KIND}0: examples.0: nothing is found in it"),
        ({"colour": "red"}, f"{KIND}0.colour: there is no field of this name"),
        ({"pattern": 7}, f"{KIND}0.pattern: must be a text"),
        ({"name": "Employee No"}, 'kind "Employee No", 0.name: must be a capital letter and 1 to'),
        ({"name": None}, "0.name: must be a text"),
    ],
)
def test_a_kind_that_cannot_be_used_is_named_with_field_and_limit(
    monkeypatch: pytest.MonkeyPatch, change: dict[str, Any], told: str
) -> None:
    refused = _refused(monkeypatch, PII_KINDS=json.dumps([EMPLOYEE | change]))
    assert refused.startswith(f"REFLEX_PII_KINDS: {told}")


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        (EMPLOYEE, "must be a JSON list"),
        (["EmployeeNumber"], "0: must be a JSON object"),
        ([{"name": "EmployeeNumber"}], f"{KIND}0.pattern: this field is required"),
        ([EMPLOYEE] * 101, "must have at most 100 entries, not 101"),
        ([EMPLOYEE] * 2, "1.name: EmployeeNumber is described twice"),
    ],
)
def test_a_list_of_kinds_that_cannot_be_used_is_refused_in_words(
    monkeypatch: pytest.MonkeyPatch, kinds: object, told: str
) -> None:
    assert _refused(monkeypatch, PII_KINDS=json.dumps(kinds)) == f"REFLEX_PII_KINDS: {told}"


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("PII_ALLOW", '{"values": [7]}', "values.0: must be a text"),
        ("LONG_TEXT_THREADS", "65", "must be at most 64"),
        ("TIME_BUDGET", "0", "must be more than 0.0"),
        ("REQUIRE_KEY", "often", "must be true or false"),
        ("LOG_FORMAT", "xml", "must be 'json' or 'console'"),
        ("REDIS_URL", "http://127.0.0.1", "must begin with redis://, rediss:// or unix://"),
        ("REDIS_PREFIX", "a:", "must be visible ASCII characters, without a colon at either end"),
    ],
)
def test_every_setting_is_refused_in_such_words(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, told: str
) -> None:
    assert _refused(monkeypatch, **{name: value}) == f"REFLEX_{name}: {told}"
