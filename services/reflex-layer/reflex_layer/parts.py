"""What screening is made of, for whoever does it: the service, or a process that needs none."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace

import structlog
from prometheus_client import CollectorRegistry

from octollm.service.redis_link import RedisLink
from reflex_layer.cache import VerdictCache
from reflex_layer.config import Settings
from reflex_layer.guard.guarded import Guarded
from reflex_layer.guard.judgement import GUARD_TYPE, GuardUnusable
from reflex_layer.injection import LEARNED
from reflex_layer.metrics import Metrics
from reflex_layer.redis_cache import RedisCache
from reflex_layer.ruleset import Ruleset
from reflex_layer.screen import warm_up
from reflex_layer.screener import Screener
from reflex_layer.threads import Threads

log = structlog.get_logger(__name__)


@dataclass
class Parts:
    """Nothing of it runs or connects before it is opened."""

    rules: Ruleset
    screener: Screener
    metrics: Metrics
    guarded: Guarded
    threads: Threads
    link: RedisLink | None
    ready: bool = False


def assembled(settings: Settings, registry: CollectorRegistry) -> Parts:
    """Return the parts the settings ask for; what they count is in `registry`.

    Raises GuardUnusable if the settings name a guard that cannot be used.
    """
    guarded = Guarded(settings, registry)
    rules = replace(settings.ruleset(), guard=guarded.version)
    metrics = Metrics(
        registry,
        pii_kinds=[recogniser.kind for recogniser in rules.pii.recognisers],
        injection_kinds=[GUARD_TYPE, LEARNED],
    )
    link = None
    if settings.redis_url:
        link = RedisLink(settings.redis_url, settings.redis_timeout, registry, "reflex")
    shared = None
    if link is not None and settings.keeps_verdicts_in_redis:
        shared = RedisCache(link, settings.redis_prefix, settings.cache_ttl)
    cache = VerdictCache(settings.cache_size, settings.cache_secret, shared)
    threads = Threads(settings.long_text_threads, settings.long_text_queue)
    return Parts(
        rules=rules,
        screener=Screener(rules, cache=cache, threads=threads, guarded=guarded, metrics=metrics),
        metrics=metrics,
        guarded=guarded,
        threads=threads,
        link=link,
    )


@asynccontextmanager
async def opened(parts: Parts) -> AsyncIterator[None]:
    """Make parts ready: the guard is loaded, the automata are built; close them at the end.

    Raises GuardUnusable.
    """
    async with AsyncExitStack() as stack:
        stack.push_async_callback(parts.threads.aclose)
        if parts.link is not None:
            stack.push_async_callback(parts.link.aclose)
        try:
            await parts.guarded.open()
        except GuardUnusable as fault:
            log.error("the guard cannot be used", reason=str(fault))
            raise
        stack.push_async_callback(parts.guarded.aclose)
        await asyncio.to_thread(warm_up, parts.rules)
        parts.ready = True
        log.info("ready", ruleset=parts.rules.version)
        yield
        parts.ready = False
