"""Addresses of crypto-currencies, by their checksums where there are any.

Sources: Bitcoin wiki, "Base58Check encoding" and "List of address prefixes" (Bitcoin, Litecoin,
Dogecoin, Dash, Zcash, Tron); XRP Ledger documentation, "base58 encodings"; BIP 173 and BIP 350
(bech32, bech32m) with the prefixes of SLIP-0173; Ethereum yellow paper, section 4.1; Monero
documentation, "Standard address"; Solana documentation, "Accounts".
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import reduce
from hashlib import sha256
from operator import xor
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import EDGE, compiled, is_whole
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found, cued, stands_alone

_BASE58: Final = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_RIPPLE: Final = b"rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_FROM_RIPPLE: Final = bytes.maketrans(_RIPPLE, _BASE58)
_VALUES58: Final = {character: value for value, character in enumerate(_BASE58)}
_HASH_LENGTH: Final = 20
_CHECK_LENGTH: Final = 4
_VERSIONS: Final = frozenset(
    (
        b"\x00",  # Bitcoin 1…, Ripple r…
        b"\x05",  # Bitcoin 3…
        b"\x30",  # Litecoin L…
        b"\x32",  # Litecoin M…
        b"\x1e",  # Dogecoin D…
        b"\x16",  # Dogecoin 9…, A…
        b"\x4c",  # Dash X…
        b"\x10",  # Dash 7…
        b"\x41",  # Tron T…
        b"\x1c\xb8",  # Zcash t1…
        b"\x1c\xbd",  # Zcash t3…
    )
)
_CHECKED: Final = compiled(r"[13LMDA9X7Tt][1-9A-HJ-NP-Za-km-z]{25,34}|r[1-9A-HJ-NP-Za-km-z]{24,34}")
_HEX: Final = compiled(r"0x[0-9a-fA-F]{40}")
_MONERO: Final = compiled(r"[48][0-9AB][1-9A-HJ-NP-Za-km-z]{93}(?:[1-9A-HJ-NP-Za-km-z]{11})?")
_SOLANA: Final = compiled(r"[1-9A-HJ-NP-Za-km-z]{32,44}")
_SOLANA_BYTES: Final = 32
_LONGEST_SOLANA: Final = 44
_FIRST: Final = frozenset(b"13LMDA9X7Ttr")
_SHORTEST_BECH32: Final = len("bc1") + 38
_SHORTEST_MONERO: Final = 95
_CASH_LENGTH: Final = 42
_SHORTEST: Final = 26

_BASE32: Final = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_VALUES32: Final = {character: value for value, character in enumerate(_BASE32)}
_BECH32: Final = compiled(
    r"(?:bc|ltc|addr|stake|cosmos|osmo|terra|kava|inj|celestia|juno)1[02-9ac-hj-np-z]{38,110}"
)
_CASH: Final = compiled(r"[qp][02-9ac-hj-np-z]{41}")
_CASH_PREFIX: Final = b"bitcoincash:"
_GENERATORS: Final = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_STEPS: Final = tuple(
    reduce(xor, (g for bit, g in enumerate(_GENERATORS) if top >> bit & 1), 0) for top in range(32)
)
_SEALS: Final = (1, 0x2BC830A3)
"""What the checksum of bech32 and that of bech32m leave."""

_FEWEST_DIGITS: Final = 6
"""Addresses of fewer different digits, such as 0x000…dEaD, are nobody's."""


class CryptoAddress:
    kind = PiiType.CRYPTO_ADDRESS
    anchor = rf"{EDGE}[0-9a-z]{{26}}"
    cues = (
        "sol",
        "solana",
        "phantom",
        "wallet",
        "wallet address",
        "crypto",
        "donate",
        "donations",
        "send to",
        "deposit address",
        "spl",
    )
    positive = (
        "tips: ⟦1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN2⟧, thanks",
        "pay ⟦3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy⟧",
        "⟦bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq⟧ or",
        "BC: ⟦BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4⟧",
        "taproot ⟦bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0⟧",
        "eth:⟦0x52908400098527886E0F7030069857D2E4169EE7⟧",
        "⟦0xde709f2102306220921060314715629080e2fb77⟧",
        "xrp ⟦rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh⟧",
        "tron ⟦TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t⟧",
        "XMR ⟦44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt"
        "7f2wfn3RVGQBEP3A⟧",
        "my sol wallet: ⟦7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV⟧",
        "bitcoincash:⟦qpm2qsznhks23z7629mms6s4cwef74vcwvy22gdx6a⟧",
    )
    negative = (
        "1BvBMSEYstWetqTFn5Au4m4GFg7xJaNVN3",
        "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdp",
        "0x52908400098527886E0F7030069857D2E4169EE7a",
        "0x0000000000000000000000000000000000000000",
        "commit 3b9e1f7a5c2d4e8f9a0b1c2d3e4f5a6b7c8d9e0f",
        "rev 7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV",
        "wallet 3b9e1f7a5c2d4e8f9a0b1c2d3e4f5a6b",
        "LONGWORDSOFCAPITALLETTERSWITHOUTANYDIGIT",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        for start, end in shadow.long_words:
            if end - start < _SHORTEST or not stands_alone(shadow, start, end):
                continue
            if confidence := self._confidence(shadow, start, end):
                yield Found(self.kind, start, end, confidence)

    def _confidence(self, shadow: Reading, start: int, end: int) -> float:
        """Return how sure a word is an address; 0 for none."""
        cased, length = shadow.cased, end - start
        if cased.startswith(b"0x", start) and is_whole(_HEX, cased, start, end):
            return 0.9 if len(set(shadow.lower[start + 2 : end])) >= _FEWEST_DIGITS else 0.0
        if length >= _SHORTEST_BECH32 and is_whole(_BECH32, shadow.lower, start, end):
            return 0.98 if _is_bech32(cased[start:end]) else 0.0
        if (
            cased[start] in _FIRST
            and is_whole(_CHECKED, cased, start, end)
            and _is_checked(cased[start:end])
        ):
            return 0.98
        if length >= _SHORTEST_MONERO and is_whole(_MONERO, cased, start, end):
            return 0.95
        if length == _CASH_LENGTH and is_whole(_CASH, shadow.lower, start, end):
            return 0.95 if shadow.lower.endswith(_CASH_PREFIX, 0, start) else 0.0
        if (
            _SOLANA_BYTES <= length <= _LONGEST_SOLANA
            and is_whole(_SOLANA, cased, start, end)
            and cued(shadow, self.kind, start, end)
        ):
            return 0.7 if _is_solana(cased[start:end]) else 0.0
        return 0.0


def _is_checked(address: bytes) -> bool:
    """Check a base58 address: version, hash, and the first four bytes of the hash of both."""
    if address[:1] == b"r":
        address = address.translate(_FROM_RIPPLE)
    version_length = 2 if address[:1] == b"t" else 1
    size = version_length + _HASH_LENGTH + _CHECK_LENGTH
    number = _number58(address)
    if number.bit_length() > 8 * size:
        return False
    decoded = number.to_bytes(size, "big")
    body, check = decoded[:-_CHECK_LENGTH], decoded[-_CHECK_LENGTH:]
    return body[:version_length] in _VERSIONS and _hash(_hash(body))[:_CHECK_LENGTH] == check


def _hash(data: bytes) -> bytes:
    return sha256(data).digest()


def _number58(written: bytes) -> int:
    number = 0
    for character in written:
        number = number * len(_BASE58) + _VALUES58[character]
    return number


def _is_solana(word: bytes) -> bool:
    """Tell whether a word is 32 bytes in base58 and drawn at random, unlike hexadecimal digits."""
    mixed = not word.isalpha() and word.lower() != word and word.upper() != word
    bits = _number58(word).bit_length()
    return mixed and 8 * (_SOLANA_BYTES - 1) < bits <= 8 * _SOLANA_BYTES


def _is_bech32(address: bytes) -> bool:
    """Check an address after BIP 173 or BIP 350; it is in one case."""
    lower = address.lower()
    if address not in (lower, address.upper()):
        return False
    prefix, _, data = lower.partition(b"1")
    values = [character >> 5 for character in prefix] + [0]
    values += [character & 31 for character in prefix]
    values += [_VALUES32[character] for character in data]
    check = 1
    for value in values:
        check = (check & 0x1FFFFFF) << 5 ^ value ^ _STEPS[check >> 25]
    return check in _SEALS
