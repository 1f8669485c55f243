"""The page on reliability names every promise of the fault suite, and time-outs as they are."""

from __future__ import annotations

import importlib
import re

import pytest
from figures import COLUMNS, HEAD, merged, promise, promises
from pages import TEXTS
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


def test_the_rows_are_those_of_the_suite_as_it_would_write_them() -> None:
    table = TEXTS[PAGE].partition("<!-- figures: begin -->\n")[2].partition("\n<!--")[0].split("\n")
    assert tuple(table[:2]) == HEAD
    assert table[2:] == merged(table[2:], (), promises())
    told = {row.removeprefix("| ").partition(" | ")[0].partition(" (")[0] for row in table[2:]}
    assert told == promises(), "run: make faults ARGS=--write-figures"


def test_a_run_of_some_tests_keeps_the_rows_of_the_others() -> None:
    line = "| {} | [test_a.py](../tests/faults/test_a.py) |" + " |" * len(COLUMNS)
    before = [line.format(said) for said in ("a is kept", "b was taken away", "c is old (x)")]
    after = line.format("c is old (x)") + " and counted anew"
    new = line.format("d is new")
    suite = {promise(f"::test_{name}") for name in ("a_is_kept", "c_is_old", "d_is_new")}
    assert merged(before, [new, after], suite) == [before[0], after, new]
