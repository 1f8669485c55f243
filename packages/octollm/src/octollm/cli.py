"""The `octollm` command: ours, and what packages add.

A package adds a command by an entry point of the group `octollm.commands`, its name the
command's, its value a `click.Command`. Ours are named the same way. Each is imported when it is
called; in the list of commands stands what its source says of it. One that cannot be imported says
why and leaves the others alone. Inside a command, `click.get_current_context().find_object(Server)`
has the URL and key the user gave.

Exit codes: 0 done; 1 the task failed or was refused, or there is no such task; 2 usage or an
invalid request; 3 the server is away, overloaded or broken; 130 interrupted.
"""

from __future__ import annotations

import sys
from importlib.metadata import EntryPoint, entry_points
from io import TextIOWrapper

import click
from click.shell_completion import CompletionItem

from octollm.cli_listing import help_of
from octollm.cli_server import Server
from octollm.cli_text import one_line

ENTRY_POINT_GROUP = "octollm.commands"

_OURS = {
    "cancel": "cli_tasks",
    "completion": "cli_completion",
    "docs": "cli_documents",
    "purge": "cli_tasks",
    "show": "cli_tasks",
    "submit": "cli_tasks",
    "tasks": "cli_tasks",
    "top": "cli_top",
    "verify": "cli_events",
    "watch": "cli_events",
}
"""Each with its module. No other package takes a name of these."""


class Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return all names, sorted, without importing anything."""
        return sorted(_commands())

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return a command by name, importing it."""
        entry = _commands().get(cmd_name)
        return None if entry is None else _load(entry)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List all commands with what they say of themselves, importing none that says it."""
        click.Group(commands=_described()).format_commands(ctx, formatter)

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """Return the commands that begin so, and the options."""
        found = [
            CompletionItem(name, help=command.get_short_help_str())
            for name, command in _described(incomplete).items()
        ]
        return [*found, *click.Command.shell_complete(self, ctx, incomplete)]


def _commands() -> dict[str, EntryPoint]:
    ours = {
        name: EntryPoint(name, f"octollm.{module}:{name}", ENTRY_POINT_GROUP)
        for name, module in _OURS.items()
    }
    return {entry.name: entry for entry in entry_points(group=ENTRY_POINT_GROUP)} | ours


def _described(beginning: str = "") -> dict[str, click.Command]:
    """Return a stand-in with its help for each command whose name begins so."""
    described = {}
    for name, entry in sorted(_commands().items()):
        if name.startswith(beginning):
            said = help_of(entry)
            described[name] = click.Command(name, help=said) if said else _load(entry)
    return described


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


def main() -> None:
    """Run the command line of this process; never returns."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a narrow encoding is no error
    cli(prog_name="octollm")
