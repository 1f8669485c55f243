"""Where a request comes from, and whose word counts on it."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Final

_NETWORK_BITS: Final = 64
"""What one customer of an IPv6 network has at least (RFC 6177): all of it counts as one address."""

_LONGEST: Final = 64
"""Characters of an address with its zone. Longer names are none, and not remembered as such."""


@lru_cache(maxsize=4_096)
def address_of(host: str | None) -> str:
    """Return what a limit of addresses counts by: the address, of IPv6 its network of 64 bits."""
    try:
        address = ip_address((host or "").partition("%")[0])
    except ValueError:
        return ""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        return str(ip_network((address, _NETWORK_BITS), strict=False))
    return str(address)


def is_address(host: str) -> bool:
    """Return True when `host` is an address and no name."""
    return len(host) <= _LONGEST and _is_address(host)


@lru_cache(maxsize=4_096)
def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


@lru_cache(maxsize=64)
def is_loopback(host: str) -> bool:
    """Return True when only this machine can reach `host`."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def proxies(setting: str) -> list[str]:
    """Return the addresses and networks that a setting names; raises ValueError with the reason."""
    named = [part for part in map(str.strip, setting.split(",")) if part]
    for one in named:
        try:
            ip_network(one)
        except ValueError:
            raise ValueError(f"{one} is no address or network, such as 10.0.0.0/8") from None
    return named


def proxies_checked(setting: str) -> str:
    """Return a setting that names proxies or none as it is; raises ValueError with the reason."""
    proxies(setting)
    return setting
