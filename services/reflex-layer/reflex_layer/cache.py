"""Verdicts of texts seen lately: in this process and, if there is one, in a Redis for all of them.

Neither holds a text nor a value, but a keyed hash and spans.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from octollm.verdict import ReflexRequest
from reflex_layer.redis_cache import RedisCache
from reflex_layer.ruleset import Ruleset, Thresholds
from reflex_layer.screen import Verdict

MAX_CACHED_MATCHES: Final = 100
"""A verdict with more matches is not kept, so that an entry stays within about 100 KB."""


class VerdictCache:
    """Keeps the `size` verdicts asked for last. To be used from one thread, the event loop's."""

    def __init__(self, size: int, secret: str = "", shared: RedisCache | None = None) -> None:
        """`secret` is that of all processes with a `shared` cache; empty: one of our own."""
        self._size, self._shared = size, shared
        self._verdicts: OrderedDict[bytes, Verdict] = OrderedDict()
        # A plain hash of a short text, such as a card number, could be guessed from a memory dump
        # or from Redis without the text; the key makes such a guess useless to all others.
        self._secret = secret.encode() or secrets.token_bytes(32)

    def key(self, request: ReflexRequest, rules: Ruleset, tenant: str) -> bytes:
        """Return what tells apart all questions whose verdicts may differ, and all tenants'."""
        checks = (request.check_pii, request.check_injection)
        question = _question(rules.version, rules.thresholds, checks, tenant)
        return hmac.digest(self._secret, f"{question}\0{request.text}".encode(), "sha256")

    async def get(self, keys: Sequence[bytes]) -> dict[bytes, Verdict]:
        """Return the verdicts there are; Redis is asked once, for those not in this process."""
        found = {key: verdict for key in keys if (verdict := self._remembered(key)) is not None}
        missing = [key for key in dict.fromkeys(keys) if key not in found]
        if self._shared is not None and missing:
            for key, verdict in (await self._shared.get(missing)).items():
                found[key] = verdict
                self._remember(key, verdict)
        return found

    async def put(self, verdicts: dict[bytes, Verdict]) -> None:
        """Keep verdicts but those that are not all there is; the oldest give way to them."""
        kept = {key: verdict for key, verdict in verdicts.items() if _is_worth_it(verdict)}
        for key, verdict in kept.items():
            self._remember(key, verdict)
        if self._shared is not None and kept:
            await self._shared.put(kept)

    def _remembered(self, key: bytes) -> Verdict | None:
        verdict = self._verdicts.get(key)
        if verdict is not None:
            self._verdicts.move_to_end(key)
        return verdict

    def _remember(self, key: bytes, verdict: Verdict) -> None:
        self._verdicts[key] = verdict
        self._verdicts.move_to_end(key)
        if len(self._verdicts) > self._size:
            self._verdicts.popitem(last=False)


@lru_cache(maxsize=1_024)
def _question(version: str, thresholds: Thresholds, checks: tuple[bool, bool], tenant: str) -> str:
    return repr((version, thresholds, checks, tenant))


def _is_worth_it(verdict: Verdict) -> bool:
    matches = len(verdict.private) + len(verdict.injection_matches)
    return not verdict.incomplete and matches <= MAX_CACHED_MATCHES
