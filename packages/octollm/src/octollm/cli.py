"""The `octollm` command: `octollm.cli_tasks`, `cli_events`, `cli_documents`, `cli_top`,
`cli_completion`, and what packages add.

A package adds a command by an entry point of the group `octollm.commands`, its name the
command's, its value a `click.Command`. It is imported when it is called or its help is listed;
one that cannot be imported says why and leaves the others alone. Inside a command,
`click.get_current_context().find_object(Server)` has the URL and key the user gave.

Exit codes: 0 done; 1 the task failed or was refused, or there is no such task; 2 usage or an
invalid request; 3 the server is away, overloaded or broken; 130 interrupted.
"""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points
from io import TextIOWrapper

import click

from octollm.cli_completion import completion
from octollm.cli_documents import docs
from octollm.cli_events import verify, watch
from octollm.cli_output import one_line
from octollm.cli_server import Server
from octollm.cli_tasks import cancel, purge, show, submit, tasks
from octollm.cli_top import top

ENTRY_POINT_GROUP = "octollm.commands"


class Commands(click.Group):
    """A group whose further commands are found among the installed packages."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, sorted, without importing anything."""
        return sorted({*super().list_commands(ctx), *_added()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name; importing its package if another one brings it."""
        own = super().get_command(ctx, cmd_name)
        if own is not None:
            return own
        entry = _added().get(cmd_name)
        return None if entry is None else _load(entry)


def _added() -> dict[str, EntryPoint]:
    return {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)}


def _load(entry: EntryPoint) -> click.Command:
    """Return what an entry point names, or a command that says why it is not there."""
    try:
        command = entry.load()
    except Exception as error:  # an add-on's import may raise anything; the others must work
        return _unavailable(entry.name, f"{type(error).__name__}: {error}")
    if not isinstance(command, click.Command):
        return _unavailable(entry.name, f"{entry.value} is not a click command")
    return command


def _unavailable(name: str, reason: str) -> click.Command:
    """Return a command that takes any arguments, fails and gives the reason."""
    reason = one_line(reason)

    def fail(arguments: tuple[str, ...]) -> None:
        raise click.ClickException(f"'{name}' is not available here: {reason}")

    return click.Command(
        name,
        callback=fail,
        params=[click.Argument(["arguments"], nargs=-1, type=click.UNPROCESSED)],
        context_settings={"ignore_unknown_options": True},
        help=f"Not available here: {reason}",
        short_help=f"unavailable: {reason}",
    )


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--url",
    envvar="OCTOLLM_URL",
    show_envvar=True,
    metavar="URL",
    help="The server.  [default: http://127.0.0.1:8000]",
)
@click.option(
    "--api-key",
    envvar="OCTOLLM_API_KEY",
    show_envvar=True,
    metavar="KEY",
    help="Better set by the variable: others can see a command line.",
)
@click.version_option(package_name="octollm")
@click.pass_context
def cli(ctx: click.Context, url: str | None, api_key: str | None) -> None:
    """Checked, budgeted LLM work: hand in a goal, get back a result or a clear reason why not."""
    ctx.obj = Server(url, api_key)


for command in (submit, tasks, show, watch, top, cancel, purge, verify, docs, completion):
    cli.add_command(command)


def main() -> None:
    """Run the command line of this process; never returns."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a narrow encoding is no error
    cli(prog_name="octollm")
