"""The command `octollm doctor`. As in `commands`, slow imports stand inside the functions."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.command_line import data_option, database_url_of, read_settings
from octollm.cli_server import Server, json_option

if TYPE_CHECKING:
    from app.config import Settings
    from app.doctor import Finding

_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red"}


@click.command(short_help="Look at everything this house needs.")
@data_option
@json_option
@click.pass_context
def doctor(context: click.Context, data_dir: Path | None, as_json: bool) -> None:
    """Look at database, migrations, clock, workers, keys, Reflex Layer, Redis, models and API, by
    the settings of this environment, and say how to mend what is not as it should be.

    With --data-dir: at the database of `octollm up`, which screens by itself. The
    exit code is 1 if something failed; a warning is no failure.
    """
    from app.config import IN_PROCESS
    from octollm.service import logs

    settings = read_settings()
    logs.configure("ERROR", settings.log_format)  # the lines below say it better
    server = context.find_object(Server) or Server()
    inside = {"reflex_url": IN_PROCESS} if data_dir is not None else {}
    with database_url_of(data_dir, settings.database_url) as url:
        ours = settings.model_copy(update={"database_url": url} | inside)
        findings = asyncio.run(_findings(ours, server, in_one_process=data_dir is not None))
    failed = any(finding.state == "failed" for finding in findings)
    if as_json:
        from octollm.cli_output import print_json

        print_json({"ok": not failed, "checks": [asdict(finding) for finding in findings]})
    else:
        _print(findings)
    sys.exit(1 if failed else 0)


async def _findings(settings: Settings, server: Server, *, in_one_process: bool) -> list[Finding]:
    return [finding async for finding in _looked_at(settings, server, in_one_process)]


async def _looked_at(
    settings: Settings, server: Server, in_one_process: bool
) -> AsyncIterator[Finding]:
    from app import doctor
    from arms.commands import model_settings
    from arms.model import Models
    from arms.roster import load_arms

    async for finding in doctor.on_database(settings):
        if not (in_one_process and finding.name == "secret key"):  # it is kept in the folder
            yield finding
    async for finding in doctor.on_reflex(settings):
        yield finding
    yield await doctor.on_redis(settings)
    set_ = model_settings()
    models = Models(set_)
    yield doctor.on_models(models.names, models.unavailable, load_arms(set_).arms)
    yield await asyncio.to_thread(_api, server)


def _api(server: Server) -> Finding:
    """Ask the API whether it can work."""
    from app.doctor import Finding
    from octollm.errors import OctoError, ServerUnreachable, Unauthenticated

    try:
        with server.client() as client:
            client.ready()
            client.list(limit=1)
    except ServerUnreachable as error:
        mend = "Start it: octollm serve; or say where it is by --url or OCTOLLM_URL."
        return Finding("api", "warning", error.detail, mend)
    except Unauthenticated as error:
        return Finding("api", "warning", error.detail, "Set OCTOLLM_API_KEY.")
    except OctoError as error:
        return Finding("api", "failed", error.detail, "Its log says more.")
    return Finding("api", "ok", f"ready at {client.url}")


def _print(findings: list[Finding]) -> None:
    from rich.table import Table
    from rich.text import Text

    from octollm.cli_output import Safe, one_line, stdout

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        said = Text(one_line(finding.detail))
        if finding.mend:
            said.append(f"\n{one_line(finding.mend)}", style="cyan")
        table.add_row(Text(finding.state, style=_STYLES[finding.state]), finding.name, said)
    stdout().print(Safe(table))
