"""IPv4 addresses in dotted-decimal form."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import AddressValueError, IPv4Address
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans
from reflex_layer.pii.recogniser import Found, stands_alone
from reflex_layer.text import Shadow

_DOT: Final = r"(?:\.|[\[({] ?(?:\.|dot) ?[\])}]| dot )"
_ADDRESS: Final = compiled(rf"[0-9]{{1,3}}(?:{_DOT}[0-9]{{1,3}}){{3}}")
_VERSION: Final = compiled(r"(?:version|release|build|ver|rev|v)[ .:=#-]{0,3}$")
_PRODUCT: Final = compiled(r"[a-z_]/$")
_REACH: Final = 12

PUBLIC: Final = 0.9
IDENTIFIES_NOBODY: Final = 0.3
"""For private, loopback, link-local, documentation and reserved ranges (RFC 6890)."""


class IPv4:
    kind = PiiType.IPV4
    anchor = rf"[0-9]{_DOT}[0-9]{{1,3}}{_DOT}[0-9]"
    positive = (
        "The request came from ⟦8.8.8.8⟧.",
        "http://⟦93.184.215.14⟧:8080/index",
        "route ⟦10.0.0.0⟧/8 via ⟦192.168.1.1⟧",
        "client_ip=⟦81.2.69.142⟧, port=22",
        "blocked ⟦81[.]2[.]69[.]142⟧ twice",
        "⟦81(.)2(.)69(.)142⟧ or ⟦81[dot]2[dot]69[dot]142⟧",
        "⟦٨.٨.٨.٨⟧",
    )
    negative = (
        "version 1.2.3.4",
        "v1.2.3.4 and 1.2.3.4.5",
        "256.1.1.1",
        "01.02.03.04",
        "Chrome/131.0.0.0",
        "section 1.2.3",
        "1.2.3.4-beta1.2.3.4",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        lower = shadow.lower
        for start, end in spans(_ADDRESS, lower):
            if not stands_alone(shadow, start, end) or _continues(lower, start, end):
                continue
            before = lower[max(0, start - _REACH) : start]
            address = _parsed(lower[start:end])
            if address is None or _VERSION.search(before):
                continue
            if _PRODUCT.search(before) and int(address) & 0xFFFFFF == 0:
                continue
            ordinary = address.is_global and not address.is_multicast
            yield Found(self.kind, start, end, PUBLIC if ordinary else IDENTIFIES_NOBODY)


def _continues(lower: bytes, start: int, end: int) -> bool:
    """Tell whether the dotted number goes on, as in `1.2.3.4.5` or `1.2.3.4-beta`."""
    goes_on = lower[end : end + 1] in (b".", b"-") and lower[end + 1 : end + 2].isalnum()
    came_from = lower[start - 1 : start] == b"." and lower[start - 2 : start - 1].isalnum()
    hyphen = lower[start - 1 : start] == b"-" and lower[start - 2 : start - 1].isalpha()
    return goes_on or came_from or hyphen


def _parsed(written: bytes) -> IPv4Address | None:
    try:
        return IPv4Address(written.replace(b"dot", b".").translate(None, b"[](){} ").decode())
    except AddressValueError:
        return None
