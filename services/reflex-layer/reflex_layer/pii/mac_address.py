"""Hardware addresses of network cards (IEEE 802, EUI-48), as systems print them.

With colons (IETF, Linux), with dashes (IEEE, Windows), in three groups with dots (Cisco).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import EDGE, compiled, values
from reflex_layer.pii.ipv4 import IDENTIFIES_NOBODY
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found, cued, stands_alone

# Longer runs are matched as a whole, so that no piece of a fingerprint looks like an address.
_RUN: Final = compiled(
    rf"{EDGE}(?:[0-9a-f]{{2}}(?:(?::[0-9a-f]{{2}}){{5,}}|(?:-[0-9a-f]{{2}}){{5,}})"
    rf"|[0-9a-f]{{4}}(?:\.[0-9a-f]{{4}}){{2,}}){EDGE}"
)
_LENGTHS: Final = frozenset((len("00:00:00:00:00:00"), len("0000.0000.0000")))
_HEX: Final = b"0123456789abcdef"
_SIGNS: Final = b":-."
_GROUP_BIT: Final = 1
_LONGEST_GROUP: Final = 4


class MACAddress:
    kind = PiiType.MAC_ADDRESS
    anchor = (
        rf"{EDGE}(?:[0-9a-f]{{2}}(?:(?::[0-9a-f]{{2}}){{5}}|(?:-[0-9a-f]{{2}}){{5}})"
        rf"|[0-9a-f]{{4}}\.[0-9a-f]{{4}}\.[0-9a-f]{{4}}{EDGE})"
    )
    cues = ("mac", "mac address", "hwaddr", "hw addr", "ether", "hardware address", "bssid", "wlan")
    positive = (
        "link/ether ⟦3c:52:82:0f:a9:1e⟧ brd ⟦ff:ff:ff:ff:ff:ff⟧",
        "Physical Address: ⟦3C-52-82-0F-A9-1E⟧",
        "interface ⟦3c52.820f.a91e⟧ is up.",
        "MAC:⟦3C:52:82:0F:A9:1E⟧",
        "mac=⟦10:20:30:40:50:60⟧,",
        '{"bssid": "⟦3c:52:82:0f:a9:1e⟧"}',
    )
    negative = (
        "SHA1 3c:52:82:0f:a9:1e:77:08:c1:5d:2e:9f:00:11:aa:bb:cc:dd:ee:ff",
        "EUI-64 3c-52-82-ff-fe-0f-a9-1e",
        "2001:db8:85:0:8a:2e:37:73",
        "from 10:20:30 to 11:20:30",
        "file 24-05-17-12-30-45.log",
        "3c:52-82:0f-a9:1e",
        "1234.5678.9012 units",
        "002C  ; [*020d.0020.0002] # COMMA",
        "01234567-89ab-4cde-8f01-23456789abce",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        lower = shadow.lower
        for start, end in values(_RUN, lower):
            if end - start not in _LENGTHS or not stands_alone(shadow, start, end):
                continue
            if _goes_on(lower, start, end) or _is_weight(lower, start, end):
                continue
            digits = lower[start:end].translate(None, _SIGNS)
            plain = (digits.isdigit() or digits.isalpha()) and digits != b"f" * 12
            if plain and not cued(shadow, self.kind, start, end):
                continue  # a time stamp, a part number, three words
            yield Found(self.kind, start, end, _confidence(digits))


def _goes_on(lower: bytes, start: int, end: int) -> bool:
    """Tell whether further groups of hexadecimal digits stand before or after the address."""
    sign = lower[start + 2 : start + 3] if lower[start + 2] in _SIGNS else b"."
    if lower[end : end + 1] == sign and lower[end + 1 : end + 2] in _HEX_DIGITS:
        return True
    if lower[start - 1 : start] != sign:
        return False
    before = lower[max(0, start - 2 - _LONGEST_GROUP) : start - 1]
    group = before[len(before.rstrip(_HEX)) :]
    whole = len(group) < len(before) and before[-len(group) - 1 :][:1].isalnum()
    return bool(group) and not whole


def _is_weight(lower: bytes, start: int, end: int) -> bool:
    """Tell three dotted groups of a table, such as Unicode's collation weights, from an address."""
    return lower[start + 4 : start + 5] == b"." and (
        lower[start - 1 : start] in _TABLE_SIGNS
        or lower[start + 5 : start + 7] == lower[start + 10 : start + 12] == b"00"
    )


def _confidence(digits: bytes) -> float:
    """Return 0.9 for one card; less for no card and for groups, the broadcast among them."""
    octets = bytes.fromhex(digits.decode())
    return IDENTIFIES_NOBODY if octets[0] & _GROUP_BIT or not any(octets) else 0.9


_TABLE_SIGNS: Final = frozenset((b"[", b"*", b".", b"{"))
_HEX_DIGITS: Final = frozenset(bytes([digit]) for digit in _HEX)
