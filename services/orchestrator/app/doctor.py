"""Looks at everything a house needs, and says how to mend what is not as it should be."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import httpx2
from prometheus_client import CollectorRegistry
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.ext.asyncio import AsyncSession

from app import doctor_store, key_store, private_store
from app.config import IN_PROCESS, Settings
from app.database import Database, reason_of, schema_revision
from app.migrate import head_revision
from app.reflex import SettingsUnusable
from app.reflex_attempt import Answer, exchange
from app.reflex_client import ReflexClient
from app.reflex_config import ReflexClientConfig
from app.routing import unavailable
from app.vault import Vault
from octollm.arm import Arm
from octollm.errors import DatabaseUnavailable, PrivateValuesUnreadable, ReflexUnavailable
from octollm.service.addresses import is_loopback
from octollm.service.redis_link import RedisLink

OLDEST_POSTGRESQL = 150_000
CLOCK_SECONDS = 2.0
"""A difference up to here is nothing to speak of: a question and its answer took part of it."""

REFLEX_SECONDS = 5.0
REDIS_SECONDS = 2.0
HARMLESS = "Are you well?"

State = Literal["ok", "warning", "failed"]


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at, and what to do if it is not `ok`."""

    name: str
    state: State
    detail: str
    mend: str = ""


async def on_database(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what there is to say of the database and of what it holds: migrations, clock, workers,
    keys, private values. Nothing further once one of them keeps the others from being seen."""
    database = Database(settings)
    try:
        async with database.transaction() as session:
            asked = datetime.now(UTC)
            server = await doctor_store.server(session)
            passed = datetime.now(UTC) - asked
            yield _version(server)
            yield _clock(server.now - (asked + passed / 2))
            revision = await schema_revision(session)
            yield _migrations(revision)
            if revision == head_revision():
                yield await _workers(session, settings)
                yield await _keys(session, settings)
                yield await _secret_key(session, settings)
    except DatabaseUnavailable as error:
        mend = (
            "Start PostgreSQL, or set OCTOLLM_DATABASE_URL; for the database of `octollm up`, "
            "give its folder by --data-dir."
        )
        yield Finding("database", "failed", _why_away(settings, error), mend)
    finally:
        await database.close()


def _why_away(settings: Settings, error: DatabaseUnavailable) -> str:
    """Return where no database could be used, and what its driver says about it."""
    where = conninfo_to_dict(settings.database_url)
    address = f"{where.get('host', 'the local socket')}:{where.get('port', 5432)}"
    driver = getattr(error.__context__, "orig", None)
    if driver is None:
        return f"{address}: {error.detail}"
    return f"{address}: {reason_of(driver)}"


def _version(server: doctor_store.Server) -> Finding:
    said = f"PostgreSQL {server.version // 10_000}.{server.version % 10_000}, {server.database}"
    if server.version < OLDEST_POSTGRESQL:
        return Finding("database", "failed", said, "Use PostgreSQL 15 or newer.")
    return Finding("database", "ok", said)


def _clock(ahead: timedelta) -> Finding:
    seconds = ahead.total_seconds()
    if abs(seconds) <= CLOCK_SECONDS:
        return Finding("clock", "ok", "this machine's and the database's agree")
    way = "behind" if seconds > 0 else "ahead of"
    detail = f"this machine's is {abs(seconds):.0f} s {way} the database's"
    mend = "Have both follow the same time service (NTP)."
    return Finding("clock", "warning", detail, mend)


def _migrations(revision: str | None) -> Finding:
    head = head_revision()
    if revision == head:
        return Finding("migrations", "ok", f"at {head}, as this version needs")
    detail = f"at {revision or 'none'}, and this version needs {head}"
    return Finding("migrations", "failed", detail, "Run: octollm migrate")


async def _workers(session: AsyncSession, settings: Settings) -> Finding:
    alive = await doctor_store.workers_alive(session, settings.worker_stale)
    if alive:
        return Finding("workers", "ok", f"{alive} queue consumers are alive")
    return Finding("workers", "warning", "none is alive: tasks wait", "Start one: octollm worker")


async def _keys(session: AsyncSession, settings: Settings) -> Finding:
    good = await key_store.count_valid(session)
    if good:
        return Finding("keys", "ok", f"{good} that let{'s' * (good == 1)} somebody in")
    make = "Make one: octollm keys create --tenant TENANT --name NAME"
    if settings.always_needs_keys:
        return Finding("keys", "failed", f"none, and {settings.host} needs them", make)
    if not is_loopback(settings.host):
        return Finding("keys", "warning", f"none: anyone who reaches {settings.host} is in", make)
    return Finding("keys", "ok", "none, and none is needed on this machine")


async def _secret_key(session: AsyncSession, settings: Settings) -> Finding:
    kept = await private_store.any_values(session)
    make = "Make one by `octollm secret-key`, and set OCTOLLM_SECRET_KEY everywhere."
    if not settings.secret_keys:
        if kept is not None:
            detail = "none, and the database holds private values that need one"
            return Finding("secret key", "failed", detail, "Set OCTOLLM_SECRET_KEY as it was.")
        detail = "none: tasks with private data to be redacted are refused"
        return Finding("secret key", "warning", detail, make)
    if kept is not None:
        try:
            Vault(settings.secret_keys).unlock(kept)
        except PrivateValuesUnreadable:
            detail = "does not open the private values that are kept"
            mend = "Set the one before as well: OCTOLLM_SECRET_KEY=NEW,OLD"
            return Finding("secret key", "failed", detail, mend)
    return Finding("secret key", "ok", "set")


async def on_reflex(settings: Settings) -> AsyncIterator[Finding]:
    """Yield what there is to say of the Reflex Layer, and of the Redis that it shares."""
    if settings.reflex_url == IN_PROCESS:
        yield await _on_reflex_inside()
        return
    config = ReflexClientConfig(
        settings.reflex_url, settings.reflex_key, timeout=REFLEX_SECONDS, retries=0
    )
    async with ReflexClient(config) as reflex:
        try:
            verdict = await reflex.process(HARMLESS, context="doctor")
        except ReflexUnavailable as error:
            mend = "Start it: octollm reflex. Or set OCTOLLM_REFLEX_URL, and OCTOLLM_REFLEX_KEY."
            yield Finding("reflex", "failed", error.detail, mend)
            return
    yield Finding("reflex", "ok", f"screens texts, ruleset {verdict.ruleset or 'unknown'}")
    yield _redis_of_reflex(await _readiness(settings.reflex_url))


async def _on_reflex_inside() -> Finding:
    from app.reflex_inside import screening_inside  # as in `parts`

    try:
        async with screening_inside(REFLEX_SECONDS, CollectorRegistry()) as inside:
            verdict = await inside.process(HARMLESS, context="doctor")
    except ModuleNotFoundError:
        return Finding("reflex", "failed", "octollm-reflex-layer is not installed", "Install it.")
    except (SettingsUnusable, ReflexUnavailable) as error:
        return Finding("reflex", "failed", str(error), "See the REFLEX_ variables.")
    return Finding("reflex", "ok", f"each process screens by itself, ruleset {verdict.ruleset}")


async def _readiness(url: str) -> dict[str, Any]:
    """Return what the Reflex Layer says of itself; nothing if it says nothing."""
    until = asyncio.get_running_loop().time() + REFLEX_SECONDS
    async with httpx2.AsyncClient(base_url=url, trust_env=False) as http:
        answer = await exchange(http, "GET", "ready", None, until)
    try:
        said = json.loads(answer.content or b"") if isinstance(answer, Answer) else None
    except ValueError:
        said = None
    return said if isinstance(said, dict) else {}


def _redis_of_reflex(ready: Mapping[str, Any]) -> Finding:
    match ready.get("redis"):
        case "up":
            return Finding("reflex redis", "ok", "answers the Reflex Layer")
        case None:
            detail = "not set: each Reflex Layer has a cache and limits of its own"
            return Finding("reflex redis", "ok", detail)
    detail = "away: each Reflex Layer goes on with a cache and limits of its own"
    return Finding("reflex redis", "warning", detail, "Start Redis, or see REFLEX_REDIS_URL.")


async def on_redis(settings: Settings) -> Finding:
    """Return what there is to say of the Redis by which API processes share limits."""
    if not settings.redis_url:
        return Finding("redis", "ok", "not set: each API process has limits of its own")
    link = RedisLink(settings.redis_url, REDIS_SECONDS, CollectorRegistry(), "octollm")
    try:
        if await link.is_up():
            return Finding("redis", "ok", "answers")
    finally:
        await link.aclose()
    detail = "away: each API process goes on with limits of its own"
    return Finding("redis", "warning", detail, "Start Redis, or see OCTOLLM_REDIS_URL.")


def on_models(names: Sequence[str], why: str | None, arms: Mapping[str, Arm]) -> Finding:
    """Return what there is to say of the models `names`; `why` is what keeps them from use."""
    if why is None:
        mend = "Whether they answer is told by: octollm arms check"
        return Finding("models", "ok", ", ".join(names), mend)
    ready = sorted(name for name, arm in arms.items() if not unavailable(arm))
    if names:
        return Finding("models", "failed", why, "Or unset OCTOLLM_MODEL.")
    detail = f"none is set; without one there are: {', '.join(ready)}"
    return Finding("models", "warning", detail, "Set OCTOLLM_MODEL to provider:name.")
