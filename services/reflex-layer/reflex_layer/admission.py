"""At the door: who asks, and whether this one may ask so much."""

from __future__ import annotations

from typing import cast

import structlog
from fastapi import Request

from octollm.errors import Unauthenticated
from octollm.service.addresses import address_of
from octollm.service.buckets import Charge
from octollm.service.edge import add_header
from octollm.service.visitors import Visitors
from reflex_layer.keys import Caller, Keys
from reflex_layer.limits import Limits
from reflex_layer.metrics import Metrics

log = structlog.get_logger(__name__)


class Admission:
    """Knows the keys and the limits of one app."""

    def __init__(self, keys: Keys, limits: Limits, metrics: Metrics, visitors: Visitors) -> None:
        self._keys, self._limits, self._metrics = keys, limits, metrics
        self._visitors = visitors

    async def identify(self, request: Request) -> None:
        """Find out who asks, before the body is read; raises Unauthenticated, RateLimited and,
        for what a foreign page had a browser send without a key, HostNotAllowed, OriginNotAllowed.

        A wrong key costs its address as much as a text, so that guessing has a limit too.
        """
        host = request.client.host if request.client else None
        try:
            caller = self._keys.caller(request.headers.get("authorization"), host)
        except Unauthenticated:
            log.warning("turned away", reason="unauthenticated", address=address_of(host))
            self._settle(request, await self._limits.charge_address(host))
            add_header(request.scope, "WWW-Authenticate", "Bearer")
            raise
        if not caller.name:
            self._visitors.check(request)
        request.state.caller = caller

    async def charge(self, request: Request, texts: int) -> Caller:
        """Return who asks, once `texts` are taken from the limit; raises RateLimited."""
        caller = cast(Caller, request.state.caller)
        self._settle(request, await self._limits.charge(caller, texts))
        return caller

    def _settle(self, request: Request, charge: Charge | None) -> None:
        if charge is None:
            return
        self._metrics.charged(charge)
        for name, value in charge.headers().items():
            add_header(request.scope, name, value)
        charge.check()
