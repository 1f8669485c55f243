"""What the Orchestrator's sub-commands share: reading the settings, and ending with a message."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

if TYPE_CHECKING:
    from app.config import Settings
    from arms.config import ModelSettings

USAGE = 2

_FIELD = re.compile(r'field "(\w+)"')
"""What pydantic-settings names in the message of what it cannot read."""

data_option = click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="OCTOLLM_DATA_DIR",
    show_envvar=True,
    help="Folder that keeps the data.",
)


def read_settings(**overrides: Any) -> Settings:
    """Read the settings; a wrong one ends the command with a message that names it."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from app.config import Settings
    from octollm.validation import field_error

    given = {name: value for name, value in overrides.items() if value is not None}
    try:
        return Settings(**given)
    except SettingsError as error:
        named = _FIELD.search(str(error))
        name = f"OCTOLLM_{named[1].upper()}" if named else str(error)
        click.echo(f'{name}: must be a list in JSON, such as ["one", "two"]', err=True)
        sys.exit(USAGE)
    except ValidationError as error:
        for problem in error.errors(include_input=False):
            parts = [str(part).upper() for part in problem["loc"][:1]]
            names = [p if p.startswith("OCTOLLM_") else f"OCTOLLM_{p}" for p in parts]
            message = field_error(problem)["message"]
            click.echo(": ".join([*names, message]), err=True)
        sys.exit(USAGE)


def check_screening(reflex_url: str) -> None:
    """End the command unless a process that is to screen by itself has what it takes."""
    from app.config import IN_PROCESS
    from app.reflex import SettingsUnusable

    if reflex_url != IN_PROCESS:
        return
    try:
        from app.reflex_inside import checked

        checked()
    except ModuleNotFoundError:
        fail(f"To screen {IN_PROCESS}, octollm-reflex-layer must be installed.", code=USAGE)
    except SettingsUnusable as wrong:
        fail(str(wrong), code=USAGE)


def start_tracing(service: str) -> None:
    """Send the traces of this process where the environment says, if it does."""
    from octollm.service import tracing

    try:
        tracing.start(service)
    except tracing.TracingUnavailable as error:
        fail(str(error), code=USAGE)


@contextmanager
def database_url_of(data_dir: Path | None, otherwise: str) -> Iterator[str]:
    """Yield the URL of the database in a folder of `octollm up`, which is started if it is not
    running; without a folder, `otherwise`."""
    if data_dir is None:
        yield otherwise
        return
    from app import data_folder, embedded

    try:
        with data_folder.database_in(data_dir) as url:
            yield url
    except (data_folder.NoData, embedded.EmbeddedPostgresError) as error:
        fail(str(error))


def fail(message: str, code: int = 1) -> NoReturn:
    """End the command with a message on stderr and an exit code."""
    click.echo(message, err=True)
    sys.exit(code)


def check_key_for_models(settings: Settings, models: ModelSettings) -> None:
    """End the command if models are to be asked and there is no key to keep their answers under."""
    if (models.model or models.judge_model) and not settings.secret_keys:
        fail(
            "OCTOLLM_SECRET_KEY: is not set, and what a model answers is kept encrypted until its "
            "task ends. Set it for the API and all workers, to a key made by `octollm secret-key`.",
            code=USAGE,
        )
