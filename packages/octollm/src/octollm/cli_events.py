"""The commands `watch` and `verify`, and an event as one line."""

from __future__ import annotations

import json

import click
from rich.text import Text

from octollm.cli_errors import FAILED, INTERRUPTED, how_to_go_on, reported
from octollm.cli_output import Safe, one_line, print_json, stderr, stdout
from octollm.cli_server import Server, json_option, task_id_argument
from octollm.events import OUTPUT_DELTA, Event
from octollm.receipt import flaw_in

_STYLES = {"task.completed": "green", "task.failed": "red", "task.cancelled": "magenta"}


@click.command(short_help="Show what happens to a task, as it happens.")
@task_id_argument
@json_option
@click.pass_obj
def watch(server: Server, task_id: str, as_json: bool) -> None:
    """Show what happens to a task, from its beginning, as it happens; a line an event.

    With --json each line is a JSON object. The exit code is 1 for a task that failed or was
    cancelled. Ctrl-C ends the watching, not the task.
    """
    last = ""
    try:
        with reported(as_json), server.client() as client:
            for event in client.events(task_id):
                last = event.type
                if as_json:
                    click.echo(json.dumps(event.model_dump(mode="json"), ensure_ascii=True))
                else:
                    stdout().print(Safe(event_line(event)), soft_wrap=True)
            if not last:
                last = f"task.{client.get(task_id).status}"
    except KeyboardInterrupt:
        stderr().print(f"Stopped watching; the task goes on.\n{how_to_go_on(task_id)}")
        raise click.exceptions.Exit(INTERRUPTED) from None
    if last != "task.completed":
        raise click.exceptions.Exit(FAILED)


@click.command(short_help="Check a task's receipt.")
@task_id_argument
@click.option(
    "--head",
    metavar="HASH",
    help="A hash you have kept: it must be in the chain, or what it stood for is gone.",
)
@json_option
@click.pass_obj
def verify(server: Server, task_id: str, head: str | None, as_json: bool) -> None:
    """Check on this machine that a task's events are what was written, and none is missing.

    The exit code is 1, and the first event that does not fit is named, if they are not. Keep the
    hash that is printed: with it, as --head, a history that was written anew is found out too.
    """
    with reported(as_json), server.client() as client:
        receipt = client.receipt(task_id)
    flaw = flaw_in(receipt)
    kept = head is None or head.lower() in {event.hash for event in receipt.events}
    if as_json:
        found = {"task_id": task_id, "verified": flaw is None and kept, "head": receipt.head}
        print_json(found | {"flaw": flaw.model_dump() if flaw else None, "head_found": kept})
    elif flaw is not None:
        where = "The receipt" if flaw.id is None else f"Event {flaw.id}"
        stderr().print(Safe(Text(f"{where} does not fit: {flaw.why}.", style="red")))
    elif not kept:
        stderr().print(Safe(Text("The hash you kept is not in the chain.", style="red")))
    else:
        said = f"Verified: {len(receipt.events)} events, head {receipt.head}"
        stdout().print(Safe(Text(said, style="green")), soft_wrap=True)
    if flaw is not None or not kept:
        raise click.exceptions.Exit(FAILED)


def event_line(event: Event) -> Text:
    """Return an event as one line: the time, its type, what it says."""
    if event.type == OUTPUT_DELTA:
        said = json.dumps(event.data.get("text", ""), ensure_ascii=False)
    else:
        said = "  ".join(f"{name}={_value(value)}" for name, value in event.data.items())
    time = event.created_at.astimezone().strftime("%H:%M:%S.%f")[:-3]
    style = _STYLES.get(event.type, "cyan")
    return Text.assemble((time, "dim"), "  ", (one_line(event.type), style), "  ", one_line(said))


def _value(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
