"""The commands `submit`, `tasks`, `show`, `cancel` and `purge`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import BinaryIO, cast, get_args

import click
from rich.text import Text

from octollm.cli_errors import reported
from octollm.cli_follow import follow, print_task
from octollm.cli_output import (
    Safe,
    accepted_lines,
    print_json,
    stderr,
    stdout,
    task_table,
)
from octollm.cli_server import Server, json_option, task_id_argument
from octollm.cli_values import criteria, pairs, read_text
from octollm.client import BudgetFields, TaskFields
from octollm.contracts import (
    MAX_CONTEXT_CHARACTERS,
    MAX_GOAL_CHARACTERS,
    PiiPolicy,
    TaskStatus,
)
from octollm.waiting import finished


@click.command()
@click.argument("goal")
@click.option(
    "--context",
    type=click.Path(exists=True, dir_okay=False, allow_dash=True),
    metavar="FILE",
    help="The material to work on; - reads stdin.",
)
@click.option("--arm", "assigned_arm", metavar="NAME", help="Left out, the best one is chosen.")
@click.option(
    "--criteria",
    "acceptance_criteria",
    multiple=True,
    callback=criteria,
    metavar="TEXT",
    help="What must hold for the result: a sentence, or a check as JSON. May be repeated.",
)
@click.option("--max-repairs", type=int, help="How often an arm may mend what failed.")
@click.option(
    "--constraint",
    "constraints",
    multiple=True,
    callback=pairs,
    metavar="KEY=VALUE",
    help="A limit or option for the arm; VALUE is JSON or text. May be repeated.",
)
@click.option(
    "--metadata",
    multiple=True,
    callback=pairs,
    metavar="KEY=VALUE",
    help="A note of your own, kept with the task. May be repeated.",
)
@click.option("--max-tokens", type=int, help="Model tokens the task may use.")
@click.option("--max-seconds", "max_time_seconds", type=float, help="Time it may take.")
@click.option("--max-cost", "max_cost_usd", type=float, help="US dollars it may cost.")
@click.option("--priority", type=int, help="-100 to 100; higher runs earlier.")
@click.option("--pii-policy", type=click.Choice(get_args(PiiPolicy)), help="For private data.")
@click.option("--wait", is_flag=True, help="Stay until the task has ended, then show it.")
@click.option("--timeout", type=click.FloatRange(min=0), help="Seconds to wait, with --wait.")
@json_option
@click.pass_obj
def submit(
    server: Server,
    /,
    goal: str,
    context: str | None,
    wait: bool,
    timeout: float | None,
    as_json: bool,
    **given: object,
) -> None:
    """Hand in a task. GOAL says what is to be done; - reads it from stdin."""
    if timeout is not None and not wait:
        raise click.UsageError("--timeout needs --wait.")
    if goal == context == "-":
        raise click.UsageError("GOAL and --context cannot both be read from stdin.")
    with reported(as_json), server.client() as client:
        if goal == "-":
            goal = _read(goal, "goal", MAX_GOAL_CHARACTERS).rstrip("\r\n")
        if context is not None:
            given["context"] = _read(context, "context", MAX_CONTEXT_CHARACTERS)
        accepted = client.submit(goal, **_fields(given))
        if wait:
            print_task(finished(follow(client, accepted, timeout, as_json)), as_json)
        elif as_json:
            print_json(accepted.model_dump(mode="json"))
        else:
            stdout().print(Safe(accepted_lines(accepted)))


@click.command()
@click.option("--status", type=click.Choice([status.value for status in TaskStatus]))
@click.option("--limit", type=click.IntRange(min=1), help="How many at most.")
@json_option
@click.pass_obj
def tasks(server: Server, status: str | None, limit: int | None, as_json: bool) -> None:
    """List tasks, newest first."""
    with reported(as_json), server.client() as client:
        page = client.list(status, limit)
        if as_json:
            print_json(page.model_dump(mode="json"))
        elif page.tasks:
            console = stdout()
            console.print(Safe(task_table(page.tasks, datetime.now(UTC), console.width)))
        else:
            stderr().print("No tasks. Hand one in with: octollm submit GOAL")
        if page.next_cursor is not None and not as_json:
            stderr().print("There are more: raise --limit, or narrow them down by --status.")


@click.command()
@task_id_argument
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="Wait that long for the task to end.",
)
@json_option
@click.pass_obj
def show(server: Server, task_id: str, wait: float | None, as_json: bool) -> None:
    """Show a task: what was asked, how far it is, its result or error.

    The exit code is 1 for a task that failed or was cancelled.
    """
    with reported(as_json), server.client() as client:
        task = client.get(task_id)
        if wait is not None and not task.status.final:
            task = follow(client, task, wait, as_json)
        print_task(task, as_json)


@click.command()
@task_id_argument
@json_option
@click.pass_obj
def cancel(server: Server, task_id: str, as_json: bool) -> None:
    """End a task. Cancelling twice is cancelling once."""
    with reported(as_json), server.client() as client:
        task = client.cancel(task_id)
        if as_json:
            print_json(task.model_dump(mode="json"))
        elif task.status is TaskStatus.CANCELLED:
            stdout().print(Safe(Text(f"Cancelled: {task.task_id}")))
        else:
            stdout().print(Safe(Text(f"To be cancelled: {task.task_id}, now {task.status}")))


def _fields(given: dict[str, object]) -> TaskFields:
    """Return the options that were given, by the names of `TaskRequest`."""
    fields = {name: value for name, value in given.items() if value not in (None, (), [], {})}
    limits = BudgetFields.__annotations__.keys() & fields
    budget = {name: fields.pop(name) for name in limits}
    return cast(TaskFields, fields | ({"budget": budget} if budget else {}))


@click.command(short_help="Erase a task's private values.")
@task_id_argument
@json_option
@click.pass_obj
def purge(server: Server, task_id: str, as_json: bool) -> None:
    """Erase what the placeholders of a finished task stand for, for good. The task stays."""
    with reported(as_json), server.client() as client:
        client.purge(task_id)
        if as_json:
            print_json({"task_id": task_id, "purged": True})
        else:
            stdout().print(Safe(Text(f"Its private values are erased: {task_id}")))


def _read(path: str, field: str, max_characters: int) -> str:
    with click.open_file(path, "rb") as stream:
        return read_text(cast(BinaryIO, stream), field, max_characters)
