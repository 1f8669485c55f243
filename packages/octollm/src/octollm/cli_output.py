"""What the commands print. Text of users and models can neither steer the terminal nor be taken
for markup: every line passes `Safe`, and nothing is handed to rich as a markup string."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

import click
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.markdown import Markdown
from rich.panel import Panel
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

from octollm.cli_text import clean as clean  # for the commands of other packages, too
from octollm.cli_text import one_line as one_line
from octollm.contracts import TaskAccepted, TaskResponse, TaskResult, TaskStatus, TaskSummary

STATUS_STYLES = {
    TaskStatus.PENDING: "yellow",
    TaskStatus.PROCESSING: "cyan",
    TaskStatus.COMPLETED: "green",
    TaskStatus.FAILED: "red",
    TaskStatus.CANCELLED: "magenta",
}

_CELLS_BEFORE_GOAL = len("6b0e0d52-3f0a-4b53-9a55-0e8d3c7f1a01  processing  59 min  ")
_LEAST_GOAL_CELLS = 10


class Safe:
    """Prints another renderable with every piece of its text cleaned.

    The last door: Markdown decodes `&#27;` to an escape character only while it renders.
    """

    def __init__(self, *renderables: RenderableType) -> None:
        self.renderables = renderables

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        for segment in console.render(Group(*self.renderables), options):
            if segment.control is None:
                yield Segment(clean(segment.text), segment.style)


def stdout() -> Console:
    """Return a console for results."""
    return Console(markup=False, highlight=False)


def stderr() -> Console:
    """Return a console for messages and progress."""
    return Console(stderr=True, markup=False, highlight=False)


def print_json(document: Any) -> None:
    """Print JSON on stdout, in ASCII, so that it is safe and whole in every encoding."""
    click.echo(json.dumps(document, indent=2, ensure_ascii=True))


def status_text(status: TaskStatus) -> Text:
    return Text(status.value, style=STATUS_STYLES[status])


def accepted_lines(accepted: TaskAccepted) -> RenderableType:
    """Return what to say once a task is stored."""
    return Group(
        Text.assemble("Accepted: ", (str(accepted.task_id), "bold")),
        Text(f"Follow it: octollm show {accepted.task_id} --wait 60", style="dim"),
    )


def task_table(tasks: Iterable[TaskSummary], now: datetime, width: int) -> Table:
    """Return one line for each task, at most `width` cells long, with what fits of the goal.

    Where next to nothing fits, age and goal stand on a second line; the id is never cut.
    """
    room = width - _CELLS_BEFORE_GOAL
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("task", overflow="fold")
    table.add_column("status", no_wrap=True)
    if room >= _LEAST_GOAL_CELLS:
        table.add_column("age", no_wrap=True, justify="right", min_width=6)
        table.add_column("goal", no_wrap=True)
    for task in tasks:
        task_id, status = Text(str(task.task_id)), status_text(task.status)
        age, goal = span((now - task.created_at).total_seconds()), Text(one_line(task.goal))
        if room >= _LEAST_GOAL_CELLS:
            goal.truncate(room, overflow="ellipsis")
            table.add_row(task_id, status, age, goal)
        else:
            goal.truncate(len(task_id), overflow="ellipsis")
            goal.stylize("dim")
            table.add_row(task_id + Text("\n") + goal, status + Text(f"\n{age}", "dim"))
    return table


def span(seconds: float) -> str:
    """Return a length of time as people say it: `12 s`, `5 min`, `3 h`, `9 d`."""
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


def task_panel(task: TaskResponse) -> RenderableType:
    """Return everything about a task worth reading, its result or error last."""
    parts: list[RenderableType] = [_facts(task)]
    result = task.result
    if result is not None and result.judgements:
        parts.append(_judgements(task, result))
    if result is not None:
        body = Markdown(clean(result.output), hyperlinks=False)
        whole = result.accepted is not False and not result.partial
        title = "result" if whole else "result, partial" if result.partial else "best result"
        style = "green" if whole else "yellow"
        parts.append(Panel(body, title=title, title_align="left", border_style=style))
    if task.error is not None:
        reason = Text.assemble((task.error.title, "bold"), "\n", task.error.detail)
        parts.append(Panel(reason, title="error", title_align="left", border_style="red"))
    return Group(*parts)


def _judgements(task: TaskResponse, result: TaskResult) -> Panel:
    """Return what was judged of each criterion, and on what evidence."""
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for judgement in result.judgements:
        mark, style = _MARKS[judgement.verdict]
        said = Text.assemble(_criterion(task, judgement.criterion))
        if judgement.evidence:
            said.append(f"\n{one_line(judgement.evidence)} ({judgement.judged_by})", style="dim")
        table.add_row(Text(mark, style=style), said)
    return Panel(table, title="criteria", title_align="left", border_style="dim")


_MARKS = {"passed": ("✓", "green"), "failed": ("✗", "red"), "undecided": ("?", "yellow")}


def _criterion(task: TaskResponse, number: int) -> str:
    """Return a criterion as one line: the sentence, or the check as `type: what it wants`."""
    if not 0 <= number < len(task.acceptance_criteria):
        return f"criterion {number}"
    wanted = task.acceptance_criteria[number]
    if not isinstance(wanted, dict):
        return one_line(str(wanted))
    rest = {key: value for key, value in wanted.items() if key != "type" and value is not None}
    return one_line(f"{wanted.get('type')}: {json.dumps(rest, ensure_ascii=False)}")


def _facts(task: TaskResponse) -> Table:
    facts = Table.grid(padding=(0, 2, 0, 0))
    facts.add_column(style="dim", no_wrap=True)
    facts.add_column(overflow="fold")
    arm = task.result.arm if task.result else task.assigned_arm
    rows: list[tuple[str, str | Text | None]] = [
        ("task", str(task.task_id)),
        ("status", _status_line(task)),
        ("goal", task.goal),
        ("arm", arm or "the best for it"),
        ("attempt", str(task.attempt) if task.attempt else "not started yet"),
        ("created", _time(task.created_at)),
        ("started", _time(task.started_at)),
        ("finished", _time(task.finished_at)),
        ("took", _took(task)),
        ("accepted", _accepted(task)),
        ("used", _spend(task)),
    ]
    for name, value in rows:
        if value is not None:
            facts.add_row(name, value if isinstance(value, Text) else Text(clean(value)))
    return facts


def _status_line(task: TaskResponse) -> Text:
    asked = " (to be cancelled)" if task.cancel_requested and not task.status.final else ""
    return status_text(task.status) + Text(asked)


def _time(moment: datetime | None) -> str | None:
    return moment.astimezone().strftime("%Y-%m-%d %H:%M:%S %Z") if moment else None


def _took(task: TaskResponse) -> str | None:
    return None if task.processing_time_ms is None else f"{task.processing_time_ms / 1000:.2f} s"


def _accepted(task: TaskResponse) -> str | None:
    """Return whether the criteria were met, if there are any and the task has a result."""
    if task.result is None or not task.acceptance_criteria:
        return None
    said = {True: "yes", False: "no", None: "undecided"}[task.result.accepted]
    repairs = task.result.repairs
    return f"{said}, after {repairs} repair{'s' * (repairs > 1)}" if repairs else said


def _spend(task: TaskResponse) -> str | None:
    if not task.attempt:
        return None
    spend, budget = task.spend, task.budget
    return (
        f"{spend.tokens:,} of {budget.max_tokens:,} tokens, "
        f"{_dollars(spend.cost_usd)} of {_dollars(budget.max_cost_usd)}"
    )


def _dollars(usd: float) -> str:
    """Return US dollars to the last digit that says something: `$1.00`, `$0.000849`."""
    whole, _, cents = f"{usd:,.6f}".rstrip("0").partition(".")
    return f"${whole}.{cents.ljust(2, '0')}"
