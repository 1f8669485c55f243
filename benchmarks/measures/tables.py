"""The figures as tables: for the terminal, with the goals, and for the README."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

from rich.table import Table

ABSENT: Final = "–"


class Row(NamedTuple):
    """One line: what was measured, ours, the peer's or the limit, and how they compare."""

    name: str
    ours: str
    other: str = ABSENT
    compared: str = ABSENT
    goal: str = ""
    met: bool = True
    brief: bool = True
    """Whether the README has it too."""


def rows(figures: dict[str, Any]) -> list[Row]:
    """Return every line of the tables, in order."""
    return [
        *_latency(figures["latency"]),
        *_detection(figures["detection"]),
        *_false_alarms(figures["false_alarms"]),
        *_injection(figures["injection"]),
        *_http(figures["http"]),
    ]


def terminal(figures: dict[str, Any]) -> Table:
    """Return a table of all lines, those that miss their goal in bold."""
    title = f"Reflex Layer, {figures['cores']} cores, Python {figures['python']}"
    table = Table("", "OctoLLM", "Presidio or limit", "", "goal", title=title)
    for row in rows(figures):
        goal = row.goal if row.met else f"{row.goal}: missed"
        table.add_row(*row[:4], goal, style="" if row.met else "bold")
    return table


def markdown(figures: dict[str, Any]) -> str:
    """Return the README's table."""
    lines = ["| | OctoLLM | Presidio, or the limit | |", "|---|--:|--:|--:|"]
    lines += [f"| {' | '.join(row[:4])} |" for row in rows(figures) if row.brief]
    versions = figures["packages"]
    peer = versions.get("presidio-analyzer")
    beside = f", Presidio {peer} without a language model" if peer else ""
    lines += ["", f"On {figures['cores']} cores, Python {figures['python']}{beside}."]
    return "\n".join(lines)


def levels(figures: dict[str, Any]) -> str:
    """Return which texts reach which injection score, as Markdown for the page of the layer."""
    by_level = figures["injection"]["by_level"]
    names = list(next(iter(by_level.values())))
    lines = [f"| level | {' | '.join(names)} |", "|--:|" + "--:|" * len(names)]
    for level, shares in by_level.items():
        cells = (f"{shares[name]:.1%}" for name in names)
        lines.append(f"| {level} | {' | '.join(cells)} |")
    return "\n".join(lines)


PAGES: Final[dict[str, tuple[str, Callable[[dict[str, Any]], str]]]] = {
    "README.md": ("reflex benchmark", markdown),
    "docs/components/reflex-layer.md": ("injection levels", levels),
}
"""The pages that show figures, with the mark that says where and the table that stands there."""


def duration(seconds: float) -> str:
    """Return a time with three digits at most, in the unit that suits it."""
    for unit, size in (("s", 1.0), ("ms", 1e-3)):
        if seconds >= size:
            return f"{_three(seconds / size)} {unit}"
    return f"{_three(seconds / 1e-6)} µs"


def _three(value: float) -> str:
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def _times(ours: float, other: float | None) -> tuple[str, str]:
    """Return the peer's time, and how many times ours it is."""
    return (ABSENT, ABSENT) if other is None else (duration(other), f"{other / ours:,.0f} ×")


def _latency(figures: dict[str, Any]) -> Iterator[Row]:
    hostile = len(figures["pii_hostile"]["by_text"])
    short, long = (f"{figures[size] // 1000} KB" for size in ("short", "long"))
    for what, key, goal in (
        (f"Private data in clean English, {short}", "pii_clean", 20e-6),
        (f"Private data in clean English, {long}", "pii_clean_long", 2.5e-3),
        (f"Private data in a text full of it, {short}", "pii_dense", 150e-6),
        (f"Private data, slowest of {hostile} hostile texts, {long}", "pii_hostile", 0.1),
        (f"Injection in clean English, {short}", "injection_clean", None),
        (f"Both in clean English, {short}", "both_clean", None),
        (f"Both in clean English, {long}", "both_clean_long", None),
        (f"Both, slowest of {hostile} hostile texts, {long}", "both_hostile", 0.1),
    ):
        ours, peers = figures[key]["ours"], figures[key].get("presidio")
        met = goal is None or ours <= goal
        if "clean" in key and peers is not None:
            met = met and peers >= 200 * ours
        said = "" if goal is None else f"≤ {duration(goal)}"
        yield Row(what, duration(ours), *_times(ours, peers), said, met, brief=goal is not None)


def _detection(figures: dict[str, Any]) -> Iterator[Row]:
    ours = figures["ours"]["micro_f1"]
    kinds = len(figures["ours"]["by_kind"])
    name = f"Private data found, F1 ({figures['texts']:,} texts of our own)"
    yield Row(f"{name}, all {kinds} kinds", f"{ours:.3f}", goal="≥ 0.96", met=ours >= 0.96)
    if beside := figures["beside_peer"]:
        both = beside["ours"]["micro_f1"], beside["presidio"]["micro_f1"]
        mine, theirs = (f"{value:.3f}" for value in both)
        name = f"The same, the {len(beside['kinds'])} kinds that both have"
        yield Row(name, mine, theirs, goal="above", met=both[0] > both[1])


def _false_alarms(figures: dict[str, Any]) -> Iterator[Row]:
    ours = figures["ours"]["per_megabyte"]
    size = figures["ours"]["characters"] / 1e6
    name = f"False alarms per MB in {size:.1f} MB of code, licences and logs"
    yield Row(name, f"{ours:,.0f}", goal="≤ 20", met=ours <= 20)
    if peer := figures.get("presidio_on_sample"):
        mine = figures["ours_on_sample"]["per_megabyte"]
        theirs = peer["per_megabyte"]
        name = f"The same, in {peer['characters'] / 1e3:.0f} KB of these"
        yield Row(name, f"{mine:,.0f}", f"{theirs:,.0f}", goal="below", met=mine < theirs)


def _injection(figures: dict[str, Any]) -> Iterator[Row]:
    goals = {
        "explicit": 0.6,
        "obfuscated": 0.9,
        "multilingual": 0.45,
        "planted in long documents": 0.65,
    }
    for name, found in figures["found"].items():
        clear = ", of those found in the clear" if name == "obfuscated" else ""
        said = f"Attacks found, {name}{clear} ({found['texts']} texts of our own)"
        met = found["share"] >= goals[name]
        yield Row(said, f"{found['share']:.0%}", goal=f"≥ {goals[name]:.0%}", met=met)
    vain = list(figures["flagged in vain"].values())
    total = sum(found["texts"] for found in vain)
    share = sum(found["share"] * found["texts"] for found in vain) / total
    yield Row(f"Innocent texts flagged ({total} texts of our own)", f"{share:.1%}")
    blocked = figures["blocked in vain"]["discussed"]["share"]
    yield Row("Quoted attacks blocked", f"{blocked:.0%}", goal="≤ 25%", met=blocked <= 0.25)


def _http(figures: dict[str, Any]) -> Iterator[Row]:
    ours, bare = figures["ours"], figures["bare"]
    clients = figures["clients"]
    runs = (
        ("closed_loop", f"{clients} clients without a pause"),
        ("paced", f"{clients} clients, {figures['pace']:.0f} requests/s"),
    )
    for key, name in runs:
        for point in ("p50", "p95"):
            mine, limit = ours[key][point], bare[key][point]
            goal = 3e-3 if point == "p95" else None
            yield Row(
                f"`POST /process`, 1 KB, {point.upper()}, {name}",
                duration(mine),
                duration(limit),
                f"{mine / limit:.1f} × the limit",
                "" if goal is None else f"≤ {duration(goal)}",
                goal is None or mine <= goal,
                brief=goal is not None,
            )
