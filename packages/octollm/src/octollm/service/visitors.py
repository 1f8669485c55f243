"""What a server that wants no key asks of a request: is it a browser that was sent here?

A page of any site can have its visitor's browser ask a server on the visitor's own machine. It can
send what it likes (CSRF), and under a name of its own that it points at 127.0.0.1 it can read the
answers as well (DNS rebinding). Who shows a key needs none of this: no page can make a browser do
so. Other programs send neither `Origin` nor a foreign `Host`, and notice nothing.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from starlette.requests import Request

from octollm.errors import HostNotAllowed, OriginNotAllowed
from octollm.service.addresses import is_address, is_loopback

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITES: Final = frozenset({"same-origin", "none"})


@dataclass(frozen=True)
class Visitors:
    """`hosts` are names the server goes by beside `localhost`; `origins` those that CORS allows."""

    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()

    def check(self, request: Request) -> None:
        """Raise HostNotAllowed or OriginNotAllowed for what a foreign page made a browser send."""
        self._check_host(request)
        if request.method not in _SAFE_METHODS:
            self._check_origin(request)

    def _check_host(self, request: Request) -> None:
        """Refuse names that may have been pointed here. Addresses cannot be pointed anywhere.

        Looked at is what came over loopback: which names a server has elsewhere is not known
        before somebody says so.
        """
        local = (request.scope.get("server") or ("", None))[0]
        if not (self.hosts or is_loopback(local)):
            return
        host = _name(request.headers.get("host", ""))
        known = not host or host == "localhost" or host.endswith(".localhost")
        if not (known or host in self.hosts or is_address(host)):
            raise HostNotAllowed()

    def _check_origin(self, request: Request) -> None:
        """Refuse what another site sent (Fetch Metadata; where there is none, RFC 6454)."""
        origin, site = (request.headers.get(name) for name in ("origin", "sec-fetch-site"))
        if origin is not None and origin in self.origins:
            return
        if site is not None:
            foreign = site not in _OWN_SITES
        else:
            foreign = origin is not None and _netloc(origin) != request.headers.get("host", "")
        if foreign:
            raise OriginNotAllowed()


def names(setting: Iterable[str]) -> frozenset[str]:
    """Return the names of hosts as they are compared."""
    return frozenset(_name(name.strip()) for name in setting if name.strip())


def _name(host: str) -> str:
    """Return a `Host` without its port and without brackets, in lower case."""
    if host.startswith("["):
        return host[1:].partition("]")[0].lower()
    return host.partition(":")[0].lower().rstrip(".")


def _netloc(origin: str) -> str:
    try:
        return urlsplit(origin).netloc
    except ValueError:
        return ""
