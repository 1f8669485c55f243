"""Pure: escapes that stand in a text as text, read as the space or sign that they mean.

In JSON within JSON, logs and links the last character of an escape touches what follows: the `n` of
`\\n4111`, the `m` of a terminal's colour, the `20` of `%20`. Each reading is as long as what it
stands for, so that places stay the same.

Sources: RFC 8259 §7 (`\\n`, `\\u0020`), ECMA-48 §5.4 (control sequences), RFC 3986 §2.1 (percent),
HTML Standard §13.5 (named character references).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

OTHER_LETTER: Final = b"\xff"
"""As in a shadow, for a letter of no word that a pattern knows."""

_CONTROL: Final = r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
_WRITTEN_CONTROL: Final = r"\\(?:x1[bB]|u001[bB]|0?33|e)\[[0-9;]*[A-Za-z]"
_UNSEEN: Final = re.compile(rf"{_CONTROL}|{_WRITTEN_CONTROL}|(?:\\[nrt])+")

_PLUS: Final = re.compile(rb"(?<![A-Za-z0-9])%2[bB](?=[1-9])")
_PLACEHOLDER: Final = re.compile(rb"<(?:[A-Z]{2,}[0-9]?_)+[1-9][0-9]{0,5}>")
_EQUALS: Final = re.compile(rb"%3[dD](?=[A-Za-z0-9+])")


def _both_cases(codes: Iterable[str]) -> frozenset[bytes]:
    return frozenset(c.encode() for code in codes for c in (code, code[:-2] + code[-2:].upper()))


# A link goes on at a percent sign: it must not end in the middle for being easier to read.
_IN_LINKS: Final = tuple(
    (code, b"%" * len(code))
    for code in _both_cases(
        (
            "%c2%a0",
            "%20",
            "%0a",
            "%0d",
            "%09",
            "%22",
            "%27",
            "%2c",
            "%3a",
            "%3b",
            "%3c",
            "%3e",
            "%7c",
        )
    )
)
_IN_PAGES: Final = tuple(
    (code, b" " * (len(code) - 1) + sign)
    for codes, sign in (
        ((b"&nbsp;", b"&ensp;", b"&emsp;", b"&thinsp;", b"&#160;", b"&#xa0;", b"&#32;"), b" "),
        ((b"&quot;", b"&#34;"), b'"'),
        ((b"&apos;", b"&#39;", b"&#x27;"), b"'"),
    )
    for code in codes
)
_IN_STRINGS: Final = tuple(
    (code, b" " * (len(code) - 1) + sign)
    for point, sign in (
        *(("20", b" "), ("a0", b" "), ("09", b" "), ("0a", b"\n"), ("0d", b"\n"), ("22", b'"')),
        *(("27", b"'"), ("3c", b"<"), ("3d", b"="), ("3e", b">"), ("26", b"&")),
    )
    for code in _both_cases((rf"\u00{point}", rf"\x{point}"))
)


def visible(text: str) -> str:
    """Return `text` with spaces and line ends for the control codes and escapes that mean them."""
    if "\\" in text or "\x1b" in text or "\x9b" in text:
        return _UNSEEN.sub(_blank, text)
    return text


def _blank(found: re.Match[str]) -> str:
    written = found.group()
    # All line ends together at the end: two of them are the end of a paragraph.
    ends = written.count("\\n") if written[1] in "nrt" else 0
    return " " * (len(written) - ends) + "\n" * ends


def plain(data: bytes) -> bytes:
    """Return a shadow with signs for the escapes of links, pages and strings that mean them.

    A placeholder, such as `<EMAIL_1>` of a text that was redacted before, is no word any more.
    Only values are looked for in it: what an escape hides from a reader is for others to tell.
    """
    if b"<" in data:
        data = _PLACEHOLDER.sub(_emptied, data)
    if b"%" in data:
        data = _EQUALS.sub(b"%%=", _PLUS.sub(b"%%+", _replaced(data, _IN_LINKS)))
    if b"&" in data:
        data = _replaced(data, _IN_PAGES)
    return _replaced(data, _IN_STRINGS) if b"\\" in data else data


def _emptied(found: re.Match[bytes]) -> bytes:
    return b"<" + OTHER_LETTER * (len(found.group()) - 2) + b">"


def _replaced(data: bytes, signs: tuple[tuple[bytes, bytes], ...]) -> bytes:
    for code, sign in signs:
        data = data.replace(code, sign)
    return data
