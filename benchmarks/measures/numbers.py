"""Check digits and addresses of the formats that private values have, from their standards."""

from __future__ import annotations

import hashlib
from random import Random
from typing import Final

DIGITS: Final = "0123456789"
UPPER: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
LOWER: Final = UPPER.lower()

_BASE58: Final = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_BECH32: Final = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_BECH32_CONSTANT: Final = {0: 1, 1: 0x2BC830A3}  # by witness version (BIP 173, BIP 350)
_VIN_VALUES: Final = dict(zip("ABCDEFGHJKLMNPRSTUVWXYZ", "12345678123457923456789", strict=True))
_VIN_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_EMPTY: Final = ""


def seeded(seed: int) -> Random:
    """Return a source of chance that gives the same for the same seed. It keeps no secrets."""
    return Random(seed)  # noqa: S311  texts to measure with


def some(random: Random, alphabet: str, length: int) -> str:
    """Return `length` characters of `alphabet`, drawn at random."""
    return _EMPTY.join(random.choices(alphabet, k=length))


def luhn(number: str) -> str:
    """Return the digit that makes `number` pass Luhn's check (ISO/IEC 7812-1, annex B)."""
    total = 0
    for place, digit in enumerate(reversed(number)):
        value = int(digit) * (2 if place % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def iban(country: str, account: str) -> str:
    """Return the IBAN of an account number, with its check digits (ISO 13616)."""
    digits = _EMPTY.join(str(int(c, 36)) for c in f"{account}{country}00")
    return f"{country}{98 - int(digits) % 97:02}{account}"


def routing(first_eight: str) -> str:
    """Return the routing number of the American Bankers Association with its check digit."""
    total = sum(int(d) * w for d, w in zip(first_eight, (3, 7, 1) * 3, strict=False))
    return f"{first_eight}{-total % 10}"


def vin(start: str, end: str) -> str:
    """Return a vehicle's number of 17 characters from 8 before its check digit and 8 after it
    (49 CFR 565.15)."""
    characters = f"{start}0{end}"
    values = (int(_VIN_VALUES.get(c, c)) for c in characters)
    rest = sum(v * w for v, w in zip(values, _VIN_WEIGHTS, strict=True)) % 11
    return f"{start}{'X' if rest == 10 else rest}{end}"


def base58check(version: int, payload: bytes) -> str:
    """Return a Bitcoin address of the old form."""
    body = bytes([version]) + payload
    body += hashlib.sha256(hashlib.sha256(body).digest()).digest()[:4]
    number, encoded = int.from_bytes(body, "big"), ""
    while number:
        number, rest = divmod(number, 58)
        encoded = _BASE58[rest] + encoded
    return "1" * (len(body) - len(body.lstrip(b"\0"))) + encoded


def segwit(version: int, program: bytes) -> str:
    """Return a Bitcoin address of the new form (BIP 173, BIP 350)."""
    bits = _EMPTY.join(f"{byte:08b}" for byte in program)
    bits += "0" * (-len(bits) % 5)
    data = [version, *(int(bits[i : i + 5], 2) for i in range(0, len(bits), 5))]
    prefix = [ord(c) >> 5 for c in "bc"] + [0] + [ord(c) & 31 for c in "bc"]
    checksum = _polymod([*prefix, *data, *[0] * 6]) ^ _BECH32_CONSTANT[min(version, 1)]
    data += [(checksum >> 5 * (5 - place)) & 31 for place in range(6)]
    return "bc1" + _EMPTY.join(_BECH32[value] for value in data)


def _polymod(values: list[int]) -> int:
    check = 1
    for value in values:
        top = check >> 25
        check = (check & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(
            (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
        ):
            check ^= generator if top >> place & 1 else 0
    return check
