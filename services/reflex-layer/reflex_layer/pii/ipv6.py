"""IPv6 addresses (RFC 4291, RFC 5952). Zone, port and prefix length are left outside."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv6Address
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import EDGE, compiled, is_whole, stands_in, values
from reflex_layer.pii.ipv4 import IDENTIFIES_NOBODY, PUBLIC
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found, Once, stands_alone

_GROUPS: Final = r"[0-9a-f]{1,4}(?::[0-9a-f]{1,4})*"
_QUAD: Final = r"[0-9]{1,3}(?:\.[0-9]{1,3}){3}"
# Longer runs are matched as a whole, so that no piece of one looks like an address.
_RUN: Final = compiled(
    rf"(?:{EDGE}{_GROUPS})?::(?:(?:[0-9a-f]{{1,4}}:)*{_QUAD}|{_GROUPS})?"
    rf"|{EDGE}[0-9a-f]{{1,4}}(?::[0-9a-f]{{1,4}}){{5}}(?::{_QUAD}|(?::[0-9a-f]{{1,4}}){{2,}})"
)
_LONGEST: Final = len("0000:0000:0000:0000:0000:ffff:255.255.255.255")
# What may begin an address with `::`, which as such is also an operator of languages: the ranges
# that are assigned (IANA IPv6 address space), or so many digits that no program has them.
_ASSIGNED: Final = compiled(
    r"(?:[23][0-9a-f]{3}|f[cd][0-9a-f]{2}|fe[89ab][0-9a-f]|ff[0-9a-f]{2}|64:ff9b):[0-9a-f:.]*"
    r"|::ffff:(?:0:)?[0-9.]+|::1"
    r"|[0-9a-f:]*[0-9a-f]{3,4}:[0-9a-f]{3,4}:[0-9a-f:.]*"
)
_LONG_GROUP: Final = compiled(r"[0-9a-f]{3}")
_GROUPS_IN_FULL: Final = 8


class IPv6:
    kind = PiiType.IPV6
    anchor = r"::|(?:[0-9a-f]{1,4}:){6}[0-9a-f]"
    positive = (
        "From ⟦2a02:8109:9a80:1b4c:35d1:88e2:0c4f:7a11⟧ port 22",
        "http://[⟦2A00:1450:4001:82B::200E⟧]:8080/",
        "ping6 ⟦fe80::8d4:6bff:fe1c:22a⟧%eth0",
        "route ⟦2a02:8109::⟧/32, also ⟦::1⟧.",
        "mapped ⟦::ffff:81.2.69.142⟧",
        "ping6 ⟦2a02:8109::1⟧: unreachable",
        "ip6=⟦2001:db8:0:0:0:0:0:1⟧",
        "(⟦2606:4700:4700::1111⟧)",
    )
    negative = (
        "std::cout << a::b << dead::beef",
        "x[::2] and x[1::2] and x[100::200] and x[::1]",
        "at 10:20:30 or 1:2:3:4",
        "::",
        "3c:52:82:0f:a9:1e",
        "3c:52:82:0f:a9:1e:77:08 and 3c:52:82:0f:a9:1e:77:08:c1:5d",
        "2a02:8109:9a80:1b4c:35d1:88e2:0c4f:7a11:9999",
        "2a02::8109::1",
        "Module::Face::Add, cafe::bed()",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        lower = shadow.lower
        confidence = Once(_confidence)
        for start, end in values(_RUN, lower):
            if end - start > _LONGEST or not stands_alone(shadow, start, end):
                continue
            if _continues(lower, start, end):
                continue
            if sure := confidence[lower[start:end]]:
                yield Found(self.kind, start, end, sure)


def _continues(lower: bytes, start: int, end: int) -> bool:
    """Tell whether the run of groups goes on, or is a slice of a list."""
    after, before = lower[end : end + 2], lower[start - 1 : start]
    if after[:1] in (b":", b".") and (after[1:].isalnum() or after[1:] == b":"):
        return True
    sliced = before == b"[" and lower[start - 2 : start - 1] not in (b"/", b"@", b" ", b'"', b"")
    return before == b":" or (sliced and lower[start : start + 2] == b"::")


def _is_meant(written: bytes) -> bool:
    """Tell an address from an operator between names, a time, a fingerprint."""
    if b"::" in written:
        return is_whole(_ASSIGNED, written, 0, len(written))
    return stands_in(_LONG_GROUP, written) or written.count(b"0") >= _GROUPS_IN_FULL // 2


def _parsed(written: bytes) -> IPv6Address | None:
    try:
        return IPv6Address(written.decode())
    except AddressValueError:
        return None


def _confidence(written: bytes) -> float:
    """Return less for addresses that many have: private, local, for documentation, groups; 0 for
    what is no address."""
    address = _parsed(written) if _is_meant(written) else None
    if address is None:
        return 0.0
    seen = address.ipv4_mapped or address
    return PUBLIC if seen.is_global and not seen.is_multicast else IDENTIFIES_NOBODY
