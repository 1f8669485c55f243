"""At the door: who asks, whether this one may do that, and how often."""

from __future__ import annotations

from collections import Counter as Counts
from functools import partial
from typing import Final

import structlog
from fastapi import Request
from prometheus_client import CollectorRegistry, Counter

from app.api_keys import ANYONE, Caller, Scope, key_in
from app.config import Settings
from app.database import Database
from app.keyring import Keyring
from octollm.errors import (
    Forbidden,
    HostNotAllowed,
    OriginNotAllowed,
    RateLimited,
    Unauthenticated,
)
from octollm.service.addresses import address_of, is_loopback
from octollm.service.buckets import Buckets, Charge
from octollm.service.edge import add_header, at_end
from octollm.service.redis_link import RedisLink
from octollm.service.visitors import Visitors, names

TENANTS: Final = 2
"""So many tenants at least share the connections of a process: one alone cannot take them all."""

RETRY_SECONDS: Final = 1

_UNIT: Final = "requests"
_REFUSALS: Final = (
    *("unauthenticated", "forbidden", "key-limit", "ip-limit", "open-limit"),
    *(HostNotAllowed.slug, OriginNotAllowed.slug),
)

log = structlog.get_logger(__name__)


class Admission:
    """Knows the keys and the limits of one API process.

    Keys are needed as soon as one was ever made, and beyond loopback from the start. Revoking the
    last one opens nothing.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        registry: CollectorRegistry,
        redis: RedisLink | None = None,
    ) -> None:
        """Limits are shared by `redis` while it is there, else kept by this process."""
        self._keyring = Keyring(database)
        self._always = settings.always_needs_keys
        self._visitors = Visitors(names(settings.trusted_hosts), frozenset(settings.cors_origins))
        limits = {"key": settings.limit_per_key, "ip": settings.limit_per_ip}
        self._buckets = {
            dimension: Buckets(dimension, limit, _UNIT, prefix=settings.redis_prefix, link=redis)
            for dimension, limit in limits.items()
            if limit
        }
        self._most_open = max(1, settings.max_connections // TENANTS)
        self._open: Counts[str] = Counts()
        self._refused = Counter(
            "octollm_requests_refused",
            "Requests turned away at the door, by reason.",
            ["reason"],
            registry=registry,
        )
        for reason in _REFUSALS:
            self._refused.labels(reason)

    async def admit(self, request: Request, scope: Scope) -> Caller:
        """Return who asks by a header, as `admit_holder` does."""
        return await self.admit_holder(key_in(request.headers.get("authorization")), request, scope)

    async def keys_needed(self) -> bool:
        """Return whether nobody comes in without a key. Raises DatabaseUnavailable."""
        return self._always or await self._keyring.any_made()

    async def admit_holder(self, key: str | None, request: Request, scope: Scope) -> Caller:
        """Return who shows that key, or none, once one request is taken from the limit.

        Raises Unauthenticated, Forbidden, HostNotAllowed, OriginNotAllowed, RateLimited and
        DatabaseUnavailable. Who shows a good key is limited by the key alone, for many may share
        an address; all others are by address.
        """
        address = _address(request)
        if not await self.keys_needed():
            if not is_loopback(address):
                await self._charge(request, "ip", address)
            self._welcome(request)
            return ANYONE
        caller = await self._identified(key, request, address)
        await self._charge(request, "key", str(caller.key_id))
        self._open_one(request, caller.tenant)
        await self._keyring.note_use(caller)
        if not caller.may(scope):
            self._refuse(request, "forbidden")
            raise Forbidden(f"This key lacks the scope {scope}.", missing_scope=scope)
        return caller

    async def still_in(self, caller: Caller) -> bool:
        """Return whether who was let in a while ago would be let in now.

        Raises DatabaseUnavailable. A key that is revoked or expired lets nobody in, and who needed
        none does once there is one. Takes nothing from the limits.
        """
        return await self._keyring.lets_in(caller)

    async def check_still_in(self, request: Request) -> None:
        """Raise Unauthenticated unless who was let in by this request a while ago still would be,
        and DatabaseUnavailable."""
        if not await self.still_in(request.state.caller):
            raise self._unknown(request)

    def _open_one(self, request: Request, tenant: str) -> None:
        """Count a request among its tenant's until its answer has ended; a stream's does late.

        Raises RateLimited for one too many: else a single key could hold all connections there are.
        """
        if self._open[tenant] >= self._most_open:
            self._refuse(request, "open-limit")
            detail = f"{self._most_open:,} requests of yours are open here, and no more may."
            raise RateLimited(detail, retry_after=RETRY_SECONDS)
        self._open[tenant] += 1
        at_end(request.scope, partial(self._open.subtract, [tenant]))

    def _welcome(self, request: Request) -> None:
        """Raise HostNotAllowed or OriginNotAllowed for what a foreign page had a browser send."""
        try:
            self._visitors.check(request)
        except (HostNotAllowed, OriginNotAllowed) as refusal:
            self._refuse(request, refusal.slug)
            raise

    def _refuse(self, request: Request, reason: str) -> None:
        """Count a refusal, and log it with the address it came from; the key stays unsaid."""
        self._refused.labels(reason).inc()
        log.warning("turned away", reason=reason, address=_address(request))

    async def _identified(self, key: str | None, request: Request, address: str) -> Caller:
        caller = await self._keyring.find(key) if key else None
        if caller is None:
            # Before anything is read for it, so that guessing has a limit too.
            await self._charge(request, "ip", address)
            caller = await self._keyring.find_anew(key) if key else None
        if caller is None:
            raise self._unknown(request)
        return caller

    def _unknown(self, request: Request) -> Unauthenticated:
        self._refuse(request, "unauthenticated")
        add_header(request.scope, "WWW-Authenticate", "Bearer")
        return Unauthenticated("Send Authorization: Bearer, with a key of this server.")

    async def _charge(self, request: Request, dimension: str, whose: str) -> None:
        bucket = self._buckets.get(dimension)
        if bucket is None:
            return
        charge = await bucket.take(whose or "unknown")
        try:
            charge.check()
        except RateLimited:
            self._refuse(request, f"{dimension}-limit")
            raise
        finally:
            _say(request, charge)


def _address(request: Request) -> str:
    return address_of(request.client.host if request.client else None)


def _say(request: Request, charge: Charge) -> None:
    for name, value in charge.headers().items():
        add_header(request.scope, name, value)
