"""What `octollm screen` shows: the text with its findings underlined, and a table of them.

Nothing here is handed to rich as markup, and `clean` keeps one character for one, so that the
spans of the text are the spans of what is shown.
"""

from __future__ import annotations

from typing import Final

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from octollm.cli_output import clean
from octollm.verdict import PiiType, ReflexResponse
from reflex_layer.guard.judgement import GUARD_TYPE
from reflex_layer.injection import LEARNED

_ATTACK: Final = "underline bold red"
_BY_NO_PLACE: Final = {LEARNED, GUARD_TYPE}
"""Their spans are whole windows of the text."""

_OTHER_KIND: Final = "underline bold white"
_COLOURS: Final = {
    PiiType.EMAIL: "cyan",
    PiiType.PHONE: "green",
    PiiType.SSN: "magenta",
    PiiType.CREDIT_CARD: "yellow",
    PiiType.IPV4: "blue",
    PiiType.AWS_KEY: "bright_magenta",
    PiiType.GITHUB_TOKEN: "bright_yellow",
}
_UNSURE: Final = 0.5
"""Below this confidence a finding is shown faint."""


def report(text: str, verdict: ReflexResponse) -> RenderableType:
    """Return everything a person wants to see of a verdict."""
    style = "bold red" if verdict.status == "blocked" else "bold green"
    summary = Text.assemble((verdict.status, style), "  ", clean(verdict.details))
    if verdict.injection_detected:
        summary.append(f"  Injection score {verdict.injection_score:.2f}.")
    if not (verdict.pii_matches or verdict.injection_matches):
        return summary
    return Group(marked(text, verdict), "", findings(verdict), "", summary)


def marked(text: str, verdict: ReflexResponse) -> Text:
    """Return the text with every finding underlined in the colour of its kind.

    What was found by no place in the text, but by how much of it reads, is not.
    """
    shown = Text(clean(text.rstrip("\n")))
    for attack in verdict.injection_matches:
        if attack.injection_type in _BY_NO_PLACE:
            continue
        shown.stylize(_faint(_ATTACK, attack.confidence), attack.start, attack.end)
    for private in verdict.pii_matches:
        style = _faint(_style(private.pii_type), private.confidence)
        shown.stylize(style, private.start, private.end)
    return shown


def findings(verdict: ReflexResponse) -> Table:
    """Return one line for each finding, in order of position."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for heading in ("kind", "span", "confidence", "severity"):
        table.add_column(heading, no_wrap=True)
    rows = [
        (p.start, p.end, Text(clean(p.pii_type), _style(p.pii_type)), p.confidence, "")
        for p in verdict.pii_matches
    ] + [
        (
            i.start,
            i.end,
            Text(clean(i.injection_type), _style_of_attack(i.injection_type)),
            i.confidence,
            i.severity,
        )
        for i in verdict.injection_matches
    ]
    for start, end, kind, confidence, severity in sorted(rows, key=lambda row: row[:2]):
        table.add_row(kind, f"{start}-{end}", f"{confidence:.2f}", severity)
    return table


def _style_of_attack(kind: str) -> str:
    return _ATTACK.removeprefix("underline ") if kind in _BY_NO_PLACE else _ATTACK


def _style(kind: str) -> str:
    colour = {str(known): colour for known, colour in _COLOURS.items()}.get(kind)
    return f"underline bold {colour}" if colour else _OTHER_KIND


def _faint(style: str, confidence: float) -> str:
    return style if confidence >= _UNSURE else f"{style} dim not bold"
