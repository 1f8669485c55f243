"""Tokens of GitHub, by their published prefixes.

Source: GitHub Docs, "About authentication to GitHub: GitHub's token formats".
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans
from reflex_layer.pii.recogniser import Found, stands_alone
from reflex_layer.text import Shadow

_TOKEN: Final = compiled(r"gh[oprsu]_[a-z0-9]{36,}|github_pat_[a-z0-9]{22}_[a-z0-9]{59}")
_LONGEST: Final = 255


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
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        for start, end in spans(_TOKEN, shadow.lower):
            lower_prefix = shadow.cased[start : start + 4] == shadow.lower[start : start + 4]
            if lower_prefix and end - start <= _LONGEST and stands_alone(shadow, start, end):
                yield Found(self.kind, start, end, 0.98)
