"""The overview: how much, how fast, what was refused, what it cost, and whether all parts work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from fastapi import APIRouter
from sqlalchemy import Row
from starlette.responses import Response

from app import overview_store, readiness
from app.console import charts, ticket, words
from app.console.door import Reader, Visit
from app.console.sheet import Page
from app.routing import unavailable

SHOWN_REFUSALS: Final = 8
ENDINGS: Final = ("completed", "failed", "cancelled", "open")
DAYS: Final = 7
HOURS: Final = 24
ARM_COLOURS: Final = 6

router = APIRouter(prefix=ticket.PATH, route_class=Page, include_in_schema=False)


@router.get("/overview")
async def overview(visit: Reader) -> Response:
    """Show the last day, and what was spent and refused in the last seven."""
    tenant = visit.tenant
    async with visit.parts.database.transaction() as session:
        hours = await overview_store.by_hour(session, tenant)
        latency = await overview_store.latency(session, tenant)
        spend = await overview_store.spend(session, tenant)
        refusals = await overview_store.refusals(session, tenant)
        refused = await overview_store.refused(session, tenant, SHOWN_REFUSALS)
        failures = await overview_store.failures(session, tenant)
        unended = await overview_store.unended(session, tenant)
    return visit.page(
        "overview.html",
        latency=latency,
        unended=unended,
        throughput=_throughput(hours),
        curves=_curves(hours),
        spend=_spend(spend),
        refusals=charts.shares((f"{row.kind}", row.refusals) for row in refusals),
        refusal_types={row.kind: row.type for row in refusals},
        refused=refused,
        failures=charts.shares((row.reason, row.tasks) for row in failures),
        health=await _health(visit),
        most=overview_store.MOST,
        stream=f"{ticket.PATH}/events",
    )


def _throughput(hours: Sequence[Row[Any]]) -> charts.Columns:
    rows = []
    for place, row in enumerate(charts.by_place(hours, "hours_ago", HOURS)):
        parts = {kind: getattr(row, kind) for kind in ENDINGS} if row else {}
        rows.append((_hours_ago(HOURS - 1 - place), parts))
    return charts.columns(rows, ENDINGS, "tasks")


def _curves(hours: Sequence[Row[Any]]) -> dict[str, Any]:
    rows = charts.by_place(hours, "hours_ago", HOURS)
    points = [row.percentiles if row and row.percentiles else (None, None) for row in rows]
    series = {"p95": [high for _, high in points], "p50": [low for low, _ in points]}
    curves, top = charts.curves(series)
    return {"curves": curves, "top": top, "width": HOURS * charts.COLUMN}


def _spend(rows: Sequence[Row[Any]]) -> dict[str, Any]:
    arms = sorted({row.arm for row in rows})
    colours = {arm: f"arm-{place % ARM_COLOURS}" for place, arm in enumerate(arms)}
    days: list[tuple[str, dict[str, float]]] = []
    for ago in reversed(range(DAYS)):
        parts = {row.arm: float(row.usd) for row in rows if row.days_ago == ago}
        days.append((_days_ago(ago), parts))
    drawn = charts.columns(days, arms, "US dollars")
    totals = [
        {
            "arm": arm,
            "colour": colours[arm],
            "usd": sum(float(row.usd) for row in rows if row.arm == arm),
            "tokens": sum(row.tokens for row in rows if row.arm == arm),
            "tasks": sum(row.tasks for row in rows if row.arm == arm),
        }
        for arm in arms
    ]
    today = sum(float(row.usd) for row in rows if row.days_ago == 0)
    total = sum(row["usd"] for row in totals)
    return {
        "chart": drawn,
        "colours": colours,
        "arms": totals,
        "today": today,
        "total": total,
        "days": [label for label, _ in days],
    }


async def _health(visit: Visit) -> list[dict[str, str]]:
    """Return each part with its state: good, warning or bad, and a word on it."""
    checks = await readiness.checks(visit.parts)
    parts = [
        {"name": name, "state": "good" if said == "ok" else "bad", "said": said}
        for name, said in (("Database", checks["database"]), ("Reflex Layer", checks["reflex"]))
    ]
    if (breaker := visit.parts.reflex.breaker_state) is not None:
        said = breaker.name.lower().replace("_", "-")
        states = {"closed": "good", "half-open": "warning", "open": "bad"}
        parts.append({"name": "Circuit breaker", "state": states[said], "said": said})
    arms = visit.parts.pipeline.arms
    lacking = sorted(name for name, arm in arms.items() if unavailable(arm))
    parts.append(
        {
            "name": "Arms",
            "state": "warning" if lacking else "good",
            "said": f"{len(arms) - len(lacking)} of {len(arms)} ready",
        }
    )
    listening = visit.request.app.state.completions.connected.is_set()
    said = "live" if listening else "interrupted, pages are read again all the same"
    parts.append({"name": "Events", "state": "good" if listening else "warning", "said": said})
    return parts


def _hours_ago(hours: int) -> str:
    return "the last hour" if hours == 0 else f"{words.plural(hours, 'hour')} before"


def _days_ago(days: int) -> str:
    return {0: "last 24 h", 1: "1 day before"}.get(days, f"{days} days before")
