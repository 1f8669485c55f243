"""Texts to verdicts, as the service does it: cache, rules, guard, metrics."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from time import perf_counter
from typing import Final

from octollm.verdict import ReflexRequest, ReflexResponse
from reflex_layer.cache import VerdictCache
from reflex_layer.guard.guarded import Guarded, Judged
from reflex_layer.keys import Caller
from reflex_layer.metrics import Metrics
from reflex_layer.ruleset import Ruleset
from reflex_layer.screen import Verdict, screen
from reflex_layer.threads import Threads

LONG_TEXT: Final = 8_192
"""From this many characters on, texts are screened in a thread: RE2 releases the interpreter lock,
and what Python does besides takes up to about half a second on a hostile text of full length."""


class Screener:
    """Answers requests. One for each app."""

    def __init__(
        self,
        rules: Ruleset,
        *,
        cache: VerdictCache,
        threads: Threads,
        guarded: Guarded,
        metrics: Metrics,
    ) -> None:
        self._rules, self._cache, self._threads = rules, cache, threads
        self._guarded, self._metrics = guarded, metrics

    async def answers(
        self, requests: Sequence[ReflexRequest], caller: Caller, request_id: str
    ) -> list[ReflexResponse]:
        """Return a verdict for each request, in order, from the cache where it is there.

        Raises Unavailable if they are long and too many others are waiting.
        """
        started = perf_counter()
        keys = [self._cache.key(request, self._rules, caller.name) for request in requests]
        known = await self._looked_up(requests, keys)
        unknown = [index for index, verdict in enumerate(known) if verdict is None]
        judged = await self._judged([requests[index] for index in unknown])
        await self._keep(requests, keys, dict(zip(unknown, judged, strict=True)))
        fresh = iter(judged)
        verdicts = [verdict or next(fresh).verdict for verdict in known]
        seconds = (perf_counter() - started) / len(requests)
        for verdict in verdicts:
            self._metrics.screened(verdict, seconds)
        return [
            verdict.response(
                request_id,
                cache_hit=known[index] is not None,
                processing_time_ms=round(seconds * 1000, 3),
            )
            for index, verdict in enumerate(verdicts)
        ]

    async def _looked_up(
        self, requests: Sequence[ReflexRequest], keys: Sequence[bytes]
    ) -> list[Verdict | None]:
        asked = [key for request, key in zip(requests, keys, strict=True) if request.use_cache]
        found = await self._cache.get(asked) if asked else {}
        hits = sum(key in found for key in asked)
        self._metrics.looked_up(hits, len(asked) - hits)
        return [
            found.get(key) if request.use_cache else None
            for request, key in zip(requests, keys, strict=True)
        ]

    async def _judged(self, requests: Sequence[ReflexRequest]) -> list[Judged]:
        if not requests:
            return []
        work = partial(_screened, requests, self._rules)
        is_long = sum(len(request.text) for request in requests) >= LONG_TEXT
        verdicts = await self._threads.run(work) if is_long else work()
        return await self._guarded.judged(requests, verdicts, self._rules)

    async def _keep(
        self, requests: Sequence[ReflexRequest], keys: Sequence[bytes], judged: dict[int, Judged]
    ) -> None:
        kept = {
            keys[index]: one.verdict
            for index, one in judged.items()
            if requests[index].use_cache and one.may_be_cached
        }
        if kept:
            await self._cache.put(kept)


def _screened(requests: Sequence[ReflexRequest], rules: Ruleset) -> list[Verdict]:
    return [
        screen(
            request.text,
            rules,
            check_pii=request.check_pii,
            check_injection=request.check_injection,
        )
        for request in requests
    ]
