"""Where requests of ours may go: a transport that looks at the address before it connects.

Whoever controls a name's DNS, or answers with a redirect, could otherwise have a server ask what
only its own network can reach: a cloud's metadata service, an admin page (SSRF). What is checked is
the address that is then connected to, so an answer of DNS that changes in between changes nothing.
"""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import httpx2

Address = IPv4Address | IPv6Address

_METADATA: Final = tuple(
    map(
        ip_network,
        (
            "169.254.0.0/16",  # AWS, Azure, Google Cloud and most others (RFC 3927)
            "fe80::/10",
            "fd00:ec2::/32",  # AWS over IPv6
            "100.100.100.200/32",  # Alibaba Cloud
        ),
    )
)
_NAT64: Final = ip_network("64:ff9b::/96")

log = logging.getLogger(__name__)


class AddressRefused(httpx2.ConnectError):
    """The address lies where requests of this client may not go."""


@dataclass(frozen=True)
class Reach:
    """How far a client may go. `private`: networks of one's own too, if a name resolves there."""

    private: bool = False

    def allows(self, address: Address, host: str) -> bool:
        """Return whether `host`, which stands for `address`, may be asked.

        Link-local addresses never, for metadata services answer there. An address that was
        written out was meant; so was `localhost`.
        """
        real = _real(address)
        if any(real in network for network in _METADATA if network.version == real.version):
            return False
        if real.is_multicast or real.is_unspecified or (real.is_reserved and not real.is_loopback):
            return False
        if real.is_global or self.private:
            return True
        named = host.lower().rstrip(".")
        if real.is_loopback and (named == "localhost" or named.endswith(".localhost")):
            return True
        return _literal(host) == address


@dataclass
class OutboundTransport(httpx2.AsyncBaseTransport):
    """Connects to an address that was looked at, in the name of the host that was asked for.

    Raises AddressRefused. To be used with `follow_redirects=False`: a redirect is checked as well,
    but it would carry the request, with its text, to somebody else.
    """

    reach: Reach
    inner: httpx2.AsyncBaseTransport = field(default_factory=httpx2.AsyncHTTPTransport)
    resolve: Callable[[str, int], list[Address]] = field(default=lambda h, p: resolved(h, p))

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        host = request.url.host
        port = request.url.port or (443 if request.url.scheme == "https" else 80)
        try:
            addresses = await asyncio.to_thread(self.resolve, host, port)
        except OSError as error:
            raise httpx2.ConnectError(str(error), request=request) from error
        refused = [one for one in addresses if not self.reach.allows(one, host)]
        if refused or not addresses:
            log.warning("an address was refused that a model's or a receiver's name stands for")
            raise AddressRefused("the address may not be asked by this server", request=request)
        extensions = request.extensions
        if _literal(host) is None:
            extensions = {**extensions, "sni_hostname": host}
        # The header Host was written when the request was made, and stays.
        request.url = request.url.copy_with(host=str(addresses[0]))
        request.extensions = extensions
        return await self.inner.handle_async_request(request)

    async def aclose(self) -> None:
        await self.inner.aclose()


def client(reach: Reach, *, timeout: httpx2.Timeout) -> httpx2.AsyncClient:
    """Return a client that goes no further than `reach`, and follows no redirect."""
    return httpx2.AsyncClient(
        transport=OutboundTransport(reach), timeout=timeout, follow_redirects=False
    )


def resolved(host: str, port: int) -> list[Address]:
    """Return the addresses of a host, those of IPv4 first. Raises OSError. Blocks."""
    literal = _literal(host)
    if literal is not None:
        return [literal]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    addresses = {ip_address(str(sockaddr[0]).partition("%")[0]) for *_, sockaddr in found}
    return sorted(addresses, key=lambda address: (address.version, int(address)))


def _literal(host: str) -> Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _real(address: Address) -> Address:
    """Return the address of IPv4 that one of IPv6 wraps, if any (RFC 4291, 3056, 6052)."""
    if isinstance(address, IPv6Address):
        if (wrapped := address.ipv4_mapped or address.sixtofour) is not None:
            return wrapped
        if address in _NAT64:
            return IPv4Address(int(address) & 0xFFFF_FFFF)
    return address
