"""Pure: the encodings that a model undoes by itself: how they look, and what they say.

Sources: RFC 4648 (base64, base32, base16), RFC 3986 §2.1 (percent), HTML Standard §13.2.5.72
(character references), ECMA-262 (escapes), ITU-R M.1677 (Morse).
"""

from __future__ import annotations

import base64
import binascii
import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote_to_bytes

LONGEST: Final = 40_000
"""A longer carrier is read this far; characters."""


@dataclass(frozen=True)
class Code:
    """An encoding: `gate` stands in the lower-case shadow of a text with it, `carrier` is what
    is decoded, in the shadow with its case. `decode` returns None for what it cannot read."""

    name: str
    gate: str
    carrier: str
    decode: Callable[[bytes], str | None]


def _text(data: bytes) -> str | None:
    """Return UTF-8 as text, or None; a last character that is cut off is left out."""
    try:
        return data.decode()
    except UnicodeDecodeError as fault:
        if fault.start < len(data) - 3:
            return None
        return data[: fault.start].decode()


def _base64(carrier: bytes) -> str | None:
    data = carrier.translate(_URL_SAFE, b" \t\r\n=")[:LONGEST]
    if data.islower() or data.isupper() or data.isdigit():
        return None
    data = data[: len(data) - (len(data) % 4 == 1)]
    try:
        return _text(base64.b64decode(data + b"=" * (-len(data) % 4), validate=True))
    except binascii.Error:
        return None


def _base32(carrier: bytes) -> str | None:
    data = carrier.rstrip(b"=")[:LONGEST]
    try:
        return _text(base64.b32decode(data + b"=" * (-len(data) % 8)))
    except binascii.Error:
        return None


def _hexadecimal(carrier: bytes) -> str | None:
    digits = carrier.lower().replace(b"0x", b"").translate(None, b"\\x ,;:\n\r\t-%")
    digits = digits[:LONGEST]
    try:
        return _text(bytes.fromhex(digits[: len(digits) // 2 * 2].decode("latin-1")))
    except ValueError:
        return None


def _percent(carrier: bytes) -> str | None:
    return _text(unquote_to_bytes(carrier[:LONGEST].replace(b"+", b" ")))


def _references(carrier: bytes) -> str | None:
    return html.unescape(carrier[:LONGEST].decode("latin-1"))


def _escapes(carrier: bytes) -> str | None:
    try:
        said = carrier[:LONGEST].decode("unicode_escape")
        return said.encode("utf-16", "surrogatepass").decode("utf-16")
    except UnicodeDecodeError:
        return None


def _binary(carrier: bytes) -> str | None:
    bits = carrier.translate(None, b" ,\n\r\t")[:LONGEST]
    return _text(bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits) // 8 * 8, 8)))


def _decimal(carrier: bytes) -> str | None:
    numbers = [int(one) for one in carrier.translate(_LISTED)[:LONGEST].split()]
    if any(not (32 <= one < 127 or one in (9, 10, 13)) for one in numbers):
        return None
    return bytes(numbers).decode("latin-1")


def _morse(carrier: bytes) -> str | None:
    words = carrier[:LONGEST].replace(b"|", b"/").replace(b"   ", b"/").split(b"/")
    letters = (b"".join(_MORSE.get(one, b"") for one in word.split()) for word in words)
    return b" ".join(letters).decode("latin-1")


_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")
_LISTED: Final = bytes.maketrans(b",;[]\n\t", b"      ")
_MORSE: Final = dict(
    zip(
        b".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...-"
        b" .-- -..- -.-- --..".split(),
        (bytes([letter]) for letter in range(97, 123)),
        strict=True,
    )
)

CODES: Final = (
    Code(
        "base64",
        r"[a-z0-9+/_-]{16}",
        r"[A-Za-z0-9+/_-]{16,}(?:\r?\n[A-Za-z0-9+/_-]{16,})*(?:\r?\n[A-Za-z0-9+/_-]+)?={0,2}",
        _base64,
    ),
    Code("base32", r"[a-z2-7]{24}", r"\b[A-Z2-7]{24,}={0,6}", _base32),
    Code(
        "hexadecimal",
        r"(?:[0-9a-f]{2}[ ,:;-]?){12}|(?:\\x|0x|%)[0-9a-f]{2}[ ,;]{0,2}(?:\\x|0x|%)[0-9a-f]{2}",
        r"(?:(?:\\x|0x|%)?[0-9a-fA-F]{2}[ ,:;\n-]{0,2}){12,}",
        _hexadecimal,
    ),
    Code(
        "percent",
        r"%[0-9a-f]{2}[^\s%]{0,40}%[0-9a-f]{2}",
        r"[A-Za-z0-9._~+-]*(?:%[0-9A-Fa-f]{2}[A-Za-z0-9._~+-]*){2,}",
        _percent,
    ),
    Code(
        "character references",
        r"&#x?[0-9a-f]{2,6};",
        r"(?:[\w ,.]{0,20}&#[xX]?[0-9A-Fa-f]{2,6};){3,}[\w ]{0,20}",
        _references,
    ),
    Code(
        "escapes",
        r"\\u\{?[0-9a-f]{4}",
        r"(?:[\w ,.]{0,20}\\u[0-9A-Fa-f]{4}){3,}[\w ]{0,20}",
        _escapes,
    ),
    Code("binary", r"[01]{8}[ ,\n]?[01]{8}", r"[01]{8}(?:[ ,\n]{0,2}[01]{8}){5,}", _binary),
    Code(
        "decimal",
        r"[0-9]{2,3}[ ,;]{1,2}[0-9]{2,3}[ ,;]{1,2}[0-9]{2,3}[ ,;]{1,2}[0-9]{2,3}",
        r"\b[0-9]{2,3}(?:[ ,;]{1,2}[0-9]{2,3}){9,}\b",
        _decimal,
    ),
    Code(
        "morse", r"[.-]{1,5} [.-]{1,5} [.-]{1,5} ", r"[.-]{1,5}(?:[ /|]{1,3}[.-]{1,5}){9,}", _morse
    ),
)
