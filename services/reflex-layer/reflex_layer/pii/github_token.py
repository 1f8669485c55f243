"""Tokens of GitHub, by their published prefixes and check digits.

Sources: GitHub Docs, "About authentication to GitHub: GitHub's token formats"; the GitHub
engineering blog, "Behind GitHub's new authentication token formats" (2021): the last six of the
characters after the prefix are the CRC-32 of those before, in base 62.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final
from zlib import crc32

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans
from reflex_layer.pii.recogniser import Found, stands_alone
from reflex_layer.text import Shadow

_TOKEN: Final = compiled(r"gh[oprsu]_[a-z0-9]{36,}|github_pat_[a-z0-9]{22}_[a-z0-9]{59}")
_LONGEST: Final = 255
_DIGITS: Final = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
_CHECK_LENGTH: Final = 6
_CHECKED_LENGTH: Final = 30

CHECKED: Final = 0.99
UNCHECKED: Final = 0.95
"""A token whose check digits are wrong is a mistyped or invented one, or of a newer format."""


class GitHubToken:
    kind = PiiType.GITHUB_TOKEN
    anchor = r"gh[oprsu]_[a-z0-9]|github_pat_[a-z0-9]"
    positive = (
        "token: ⟦ghp_16C7e42F292c6912E7710c838347Ae178B4a⟧.",
        "https://x-access-token:⟦ghs_16C7e42F292c6912E7710c838347Ae178B4a⟧@github.com/a/b",
        "GH=⟦github_pat_11ABCDEFG0123456789abc_" + "a1B2c3D4e5" * 5 + "f6G7h8I9j⟧",
    )
    negative = (
        "ghp_short",
        "GHP_16C7e42F292c6912E7710c838347Ae178B4a",
        "xghp_16C7e42F292c6912E7710c838347Ae178B4a",
        "github_pat_11ABCDEFG0123456789abc",
        "ghp_xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        for start, end in spans(_TOKEN, shadow.lower):
            token = shadow.cased[start:end]
            lower_prefix = token[:4] == shadow.lower[start : start + 4]
            if not lower_prefix or end - start > _LONGEST or len(set(token[4:])) < 4:
                continue
            if stands_alone(shadow, start, end):
                yield Found(self.kind, start, end, CHECKED if _checked(token) else UNCHECKED)


def _checked(token: bytes) -> bool:
    """Tell whether a classic token ends in the check digits of its other characters."""
    body = token[4:]
    if len(body) != _CHECKED_LENGTH + _CHECK_LENGTH:
        return False
    check = crc32(body[:_CHECKED_LENGTH])
    for digit in reversed(body[_CHECKED_LENGTH:]):
        check, rest = divmod(check, len(_DIGITS))
        if _DIGITS[rest] != digit:
            return False
    return check == 0
