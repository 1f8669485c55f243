"""IPv4 addresses in dotted-decimal form."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_network
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans, stands_in
from reflex_layer.pii.recogniser import Found, Once, stands_alone
from reflex_layer.text import OTHER_SYMBOL, Shadow

_DOT: Final = r"(?:\.|[\[({] ?(?:\.|dot) ?[\])}]| dot )"
_ADDRESS: Final = compiled(rf"[0-9]{{1,3}}(?:{_DOT}[0-9]{{1,3}}){{3}}")
# The words for versions and for parts of a document, and a package with the version asked for.
_NUMBERED: Final = compiled(
    r"(?:versions?|releases?|build|firmware)[ .:=#-]{0,3}$"
    r"|(?:^|[^a-z])(?:ver|rev|v|sections?|sec\.|clauses?|chapters?|paragraphs?|articles?|appendix"
    r"|annex|figures?|fig\.|oid|abschnitt|kapitel|absatz|ziffer|seccion|capitulo|articulo)"
    r"[ .:=#-]{0,3}$"
    r"|[>~<]=$|[a-z0-9\])]==$"
)
_OF_HOSTS: Final = compiled(
    r"(?:ip|ipv4|addr|address|host|hostname|server|client|remote|peer|source|src|dest|dst|dns|from)==$"
)
_PRODUCT: Final = compiled(r"[a-z_]/$")
_REACH: Final = 16

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
        "ip==⟦8.8.8.8⟧ and host == ⟦8.8.4.4⟧ on dev ⟦9.9.9.9⟧",
    )
    negative = (
        "version 1.2.3.4",
        "v1.2.3.4 and 1.2.3.4.5",
        "256.1.1.1",
        "01.02.03.04",
        "Chrome/131.0.0.0",
        "section 1.2.3",
        "requests==2.31.0.1, django>=4.2.0.1",
        "section 1.2.3.4, § 8.8.4.4 and Clause 3.4.5.6",
        "firmware 5.4.3.2, app_version=1.2.3.4",
        "1.2.3.4-beta1.2.3.4",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        lower = shadow.lower
        confidence = Once(_confidence)
        for start, end in spans(_ADDRESS, lower):
            if not stands_alone(shadow, start, end) or _continues(lower, start, end):
                continue
            sure = confidence[lower[start:end]]
            before = lower[max(0, start - _REACH) : start]
            if not sure or _is_numbered(before) or _follows_sign(shadow, start):
                continue
            if lower.endswith(b".0.0.0", start, end) and stands_in(_PRODUCT, before):
                continue
            yield Found(self.kind, start, end, sure)


def _continues(lower: bytes, start: int, end: int) -> bool:
    """Tell whether the dotted number goes on, as in `1.2.3.4.5` or `1.2.3.4-beta`."""
    before, after = lower[start - 2 : start], lower[end : end + 2]
    if after[:1] in _JOINTS and after[1:].isalnum():
        return True
    if before[1:] == b".":
        return before[:1].isalnum()
    return before[1:] == b"-" and before[:1].isalpha()


def _is_numbered(before: bytes) -> bool:
    """Tell a version or a section from an address by the word before it."""
    word = before.rstrip(b" .:#-")[-1:]
    if not word.isalpha() and word != b"=":
        return False
    return stands_in(_NUMBERED, before) and not stands_in(_OF_HOSTS, before)


def _follows_sign(shadow: Shadow, start: int) -> bool:
    """Tell whether the sign for sections stands before a place."""
    last = start - 1 - (shadow.lower[start - 1 : start] == b" ")
    if last < 0 or shadow.lower[last] != _SYMBOL:
        return False
    return shadow.text[shadow.span(last, last + 1)[0]] in _SECTION_SIGNS


def _octets(written: bytes) -> bytes | None:
    """Return the four numbers of an address; None if it is none. A zero leads no number."""
    plain = written.replace(b"dot", b".").translate(None, b"[](){} ")
    try:
        return bytes([_OCTETS[octet] for octet in plain.split(b".")])
    except KeyError:
        return None


def _confidence(written: bytes) -> float:
    """Return how sure an address is one somebody has; 0 for what is no address."""
    octets = _octets(written)
    if octets is None:
        return 0.0
    if octets[0] not in _SPECIAL_FIRST:
        return PUBLIC
    number = int.from_bytes(octets, "big")
    special = any(number & mask == network for network, mask in _SPECIAL)
    return IDENTIFIES_NOBODY if special else PUBLIC


_OCTETS: Final = {str(value).encode(): value for value in range(256)}
_JOINTS: Final = frozenset((b".", b"-"))
_SECTION_SIGNS: Final = "§¶"
_SYMBOL: Final = ord(OTHER_SYMBOL)
_NETWORKS: Final = tuple(
    map(
        ip_network,
        (
            *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
            *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16", "198.18.0.0/15"),
            *("198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
        ),
    )
)
_SPECIAL: Final = tuple((int(n.network_address), int(n.netmask)) for n in _NETWORKS)
_SPECIAL_FIRST: Final = frozenset(
    (*(int(n.network_address) >> 24 for n in _NETWORKS), *range(224, 256))
)
