"""How `octollm top` shows an overview: what fits into a width is decided here."""

from __future__ import annotations

from datetime import datetime

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from octollm.cli_output import STATUS_STYLES, one_line, span
from octollm.contracts import TaskResponse
from octollm.overview import Count, Overview, used

SHORT_ID = 8
WIDE, MEDIUM = 110, 76
"""From so many cells on there is room for whole ids, and for what was spent."""

_RISKY = 0.8
"""Of its budget; what has used more may end by it."""


def frame(seen: Overview, url: str, width: int, note: str = "") -> RenderableType:
    """Return an overview, each line at most `width` cells; `note` is said below the head."""
    parts: list[RenderableType] = [_head(seen, url, width)]
    if note:
        parts.append(_fitted(Text(one_line(note), style="yellow"), width))
    parts += [_fitted(line, width) for line in (_health(seen), _counts(seen), _throughput(seen))]
    parts += [Text(), _running(seen, width)]
    if seen.failures:
        parts += [Text(), _failures(seen, width)]
    return Group(*parts)


def _fitted(line: Text, width: int) -> Text:
    line.truncate(width, overflow="ellipsis")
    return line


def _head(seen: Overview, url: str, width: int) -> Text:
    time = seen.at.astimezone().strftime("%H:%M:%S")
    return _fitted(Text.assemble((f"{time}  ", "dim"), (one_line(url), "bold")), width)


def _health(seen: Overview) -> Text:
    parts = [
        Text.assemble(
            f"{one_line(name)} ", (one_line(state), "green" if state == "ok" else "bold red")
        )
        for name, state in seen.checks.items()
    ]
    if seen.arms:
        ready = sum(state == "ok" for state in seen.arms.values())
        parts.append(Text(f"{ready} of {len(seen.arms)} arms ready"))
    return Text("  ").join(parts)


def _counts(seen: Overview) -> Text:
    return Text("  ").join(
        Text.assemble(
            (f"{status.value} ", STATUS_STYLES[status] if count.number else "dim"), _said(count)
        )
        for status, count in seen.counts.items()
    )


def _throughput(seen: Overview) -> Text:
    return Text(
        f"ended: {_said(seen.minute)} in the last minute, {_said(seen.hour)} in the last hour",
        "dim",
    )


def _said(count: Count) -> str:
    return f"{count.number}{'+' * count.more}"


def _running(seen: Overview, width: int) -> RenderableType:
    if not seen.running:
        return Text("Nothing runs.", style="dim")
    table = _table("running", width)
    table.add_column("age", justify="right", no_wrap=True)
    table.add_column("arm", no_wrap=True)
    table.add_column("used", justify="right", no_wrap=True)
    if width >= MEDIUM:
        table.add_column("tokens", justify="right", no_wrap=True)
    if width >= WIDE:
        table.add_column("USD", justify="right", no_wrap=True)
    table.add_column("goal", no_wrap=True, overflow="ellipsis", ratio=1)
    for task in seen.running:
        table.add_row(*_running_cells(task, seen.at, width))
    return table


def _running_cells(task: TaskResponse, now: datetime, width: int) -> list[str | Text]:
    share = used(task, now)
    style = "bold red" if share >= _RISKY else ""
    cells: list[str | Text] = [
        _id(task, width),
        span((now - (task.started_at or now)).total_seconds()),
        task.assigned_arm or "-",
        Text(f"{share:.0%}", style=style),
    ]
    if width >= MEDIUM:
        cells.append(f"{task.spend.tokens:,}/{task.budget.max_tokens:,}")
    if width >= WIDE:
        cells.append(f"{task.spend.cost_usd:.4f}/{task.budget.max_cost_usd:g}")
    return [*cells, Text(one_line(task.goal))]


def _failures(seen: Overview, width: int) -> Table:
    table = _table("failed", width)
    table.add_column("ended", justify="right", no_wrap=True)
    table.add_column("why", no_wrap=True, overflow="ellipsis", ratio=1)
    for task in seen.failures:
        ago = span((seen.at - (task.finished_at or task.updated_at)).total_seconds())
        why = f"{task.error.title}: {task.error.detail}" if task.error else "no reason is known"
        table.add_row(_id(task, width), f"{ago} ago", Text(one_line(why)))
    return table


def _table(name: str, width: int) -> Table:
    table = Table(
        box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", width=width, expand=True
    )
    table.add_column(name, no_wrap=True)
    return table


def _id(task: TaskResponse, width: int) -> str:
    whole = str(task.task_id)
    return whole if width >= WIDE else whole[:SHORT_ID]
