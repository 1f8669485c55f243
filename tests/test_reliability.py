"""The page on reliability names every promise of the fault suite, and time-outs as they are."""

from __future__ import annotations

import importlib
import re

import pytest
from figures import promise
from pages import ROOT, TEXTS
from pydantic_settings import BaseSettings

from app.config import Settings
from reflex_layer.config import Settings as ReflexSettings

PAGE = "docs/reliability.md"
NAME = r"[A-Z]+(?:_[A-Z]+)+|[a-z_]+\.[\w.]+"
ROWS = re.findall(rf"^\|[^|]+\| `({NAME})` \| ([\d.]+) \|", TEXTS[PAGE], re.MULTILINE)
SETTINGS: dict[str, type[BaseSettings]] = {"OCTOLLM": Settings, "REFLEX": ReflexSettings}


def value(name: str) -> float:
    """Return the default of a setting, or the value of a constant."""
    where, _, constant = name.rpartition(".")
    if where:
        return float(getattr(importlib.import_module(where), constant))
    prefix, _, field = name.partition("_")
    return float(SETTINGS[prefix].model_fields[field.lower()].default)


@pytest.mark.parametrize(("name", "seconds"), ROWS)
def test_a_time_out_is_as_the_page_says(name: str, seconds: str) -> None:
    assert value(name) == float(seconds)


def test_every_setting_that_is_a_time_out_is_on_the_page() -> None:
    named = {name for name, _ in ROWS}
    assert len(named) > 20
    told = re.compile(
        r"\b(longest (time|wait)|how long|how often (dead|tasks)|silence)", re.IGNORECASE
    )
    for prefix, settings in SETTINGS.items():
        for field, info in settings.model_fields.items():
            if told.match(info.description or "") and "worker_poll" not in field:
                assert f"{prefix}_{field}".upper() in named


def test_every_promise_of_the_suite_has_its_row() -> None:
    rows = TEXTS[PAGE]
    for path in sorted((ROOT / "tests/faults").glob("test_*.py")):
        for name in re.findall(r"^async def (test_\w+)", path.read_text("utf-8"), re.MULTILINE):
            assert f"| {promise(f'::{name}')}" in rows, "run: make faults ARGS=--write-figures"
