"""Writes docs/settings.md from the Settings classes, or says that it is out of date (--check).

python scripts/settings_page.py
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

import click
from annotated_types import Ge, Gt, Le, Lt
from pydantic import AliasChoices, SecretStr
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings

from app.config import Settings
from arms.config import ModelSettings
from octollm.cli import cli
from reflex_layer.config import Settings as ReflexSettings

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"

INTRODUCTION = """\
# Settings

All settings are environment variables, read once when a process starts. A wrong value ends the
start with a message that names the variable. Times are seconds. This page is made from the code,
by `scripts/settings_page.py`.
"""
ORCHESTRATOR = """
## Orchestrator: API and workers

`octollm up` and `octollm demo` bring their own database and Reflex Layer; `OCTOLLM_DATABASE_URL`
and `OCTOLLM_REFLEX_URL` mean nothing to them. `OCTOLLM_WORKER_GRACE` must be below
`OCTOLLM_WORKER_STALE`, which must be at least twice `OCTOLLM_WORKER_HEARTBEAT`; `OCTOLLM_TASK_DAYS`
may not be shorter than `OCTOLLM_IDEMPOTENCY_HOURS`. An `OCTOLLM_HOST` other than loopback needs an
API key (`octollm keys create`) or `OCTOLLM_ALLOW_UNAUTHENTICATED=true`.
"""
REFLEX = """
## Reflex Layer

Its levels decide the `status` of its answers; whether a task is refused, the Orchestrator's do.
"""
MODELS = """
## Models

Read by whatever runs arms: API, workers, `octollm up` and `octollm arms`; not by `octollm demo`,
whose model follows a script. The key of a provider is read from the provider's own variable:
[arms](../services/arms/README.md#models) says which. A price is what a million tokens cost in US
dollars: `{"openai-compatible:NAME": {"input_per_million": 0.2, "output_per_million": 0.8}}`.
"""
TRACES = """
## Traces

By OpenTelemetry's own variables, such as `OTEL_EXPORTER_OTLP_ENDPOINT`; see
[observability](observability.md#traces).
"""
COMMANDS = """
## Command line and client

`OCTOLLM_URL` and `OCTOLLM_API_KEY` are read by `octollm.Client` too.

| variable | command | |
|---|---|---|
"""
HEAD = "\n| variable | default | values | |\n|---|---|---|---|\n"
_NAMES = {bool: "true, false", int: "whole number", float: "number"}
_BOUNDS = {Ge: "≥", Gt: "&gt;", Le: "≤", Lt: "&lt;"}


def page() -> str:
    """Return what the page must hold."""
    rows = "".join(f"| `{variable}` | {where} | {text} |\n" for variable, where, text in options())
    sections: list[tuple[str, type[BaseSettings]]] = [
        (ORCHESTRATOR, Settings),
        (MODELS, ModelSettings),
        (REFLEX, ReflexSettings),
    ]
    tables = "".join(f"{text}{HEAD}{''.join(table(settings))}" for text, settings in sections)
    return INTRODUCTION + tables + TRACES + COMMANDS + rows


def table(settings: type[BaseSettings]) -> Iterator[str]:
    """Yield one row for each setting."""
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        names = " or ".join(f"`{variable}`" for variable in variables(prefix, name, field))
        yield f"| {names} | `{written(field.default)}` | {values(field)} | {field.description} |\n"


def variables(prefix: str, name: str, field: FieldInfo) -> list[str]:
    """Return the environment variables a setting is read from."""
    alias = field.validation_alias
    if isinstance(alias, AliasChoices):
        return [str(choice) for choice in alias.choices]
    return [f"{prefix}{name}".upper()]


def written(value: Any) -> str:
    """Return a value as it is written into a variable."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    return value if isinstance(value, str) else json.dumps(value)


def values(field: FieldInfo) -> str:
    """Return what a setting may be, in words."""
    kind: Any = getattr(field.annotation, "__value__", field.annotation)
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if get_origin(kind) is dict:
        return "JSON object"
    name = _NAMES.get(kind, "JSON list of texts" if get_origin(kind) is list else "text")
    bounds = [
        f"{sign} {getattr(limit, attribute):,}"
        for limit in field.metadata
        for bound, sign in _BOUNDS.items()
        if isinstance(limit, bound) and (attribute := bound.__name__.lower())
    ]
    return " ".join([name, ", ".join(bounds)]).strip()


def options() -> Iterator[tuple[str, str, str]]:
    """Yield variable, command and meaning of the variables that the command line alone reads."""
    known = {
        variable
        for settings in (Settings, ModelSettings, ReflexSettings)
        for name, field in settings.model_fields.items()
        for variable in variables(settings.model_config.get("env_prefix", ""), name, field)
    }
    context = click.Context(cli)
    commands = [("every command", cli)] + [
        (f"`octollm {name}`", cli.get_command(context, name)) for name in cli.list_commands(context)
    ]
    for where, command in commands:
        for option in command.params if command else ():
            if not isinstance(option, click.Option) or option.envvar in known:
                continue
            if isinstance(option.envvar, str):
                text = " ".join((option.help or "").split("[")[0].split())
                yield option.envvar, where, text


def main() -> None:
    if sys.argv[1:] == ["--check"]:
        if not PAGE.exists() or PAGE.read_text("utf-8") != page():
            sys.exit("docs/settings.md is out of date. Run: python scripts/settings_page.py")
        return
    PAGE.write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
