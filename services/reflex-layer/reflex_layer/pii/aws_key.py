"""Access keys of Amazon Web Services: the identifier, and the secret next to its name.

Source: AWS IAM User Guide, "IAM identifiers" (prefixes AKIA and ASIA, 20 characters) and
"Managing access keys" (40 characters).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans
from reflex_layer.pii.recogniser import Found, stands_alone
from reflex_layer.text import Shadow

_IDENTIFIER: Final = compiled(r"a[ks]ia[a-z0-9]{16}")
_NAME: Final = compiled(r"secret[ _-]{0,2}(?:access)?[ _-]{0,2}key|aws[ _-]{0,2}secret")
_SECRET: Final = compiled(r"[A-Za-z0-9/+]{40,}")
_REACH: Final = 100
_SECRET_LENGTH: Final = 40


class AWSKey:
    kind = PiiType.AWS_KEY
    anchor = r"a[ks]ia[a-z0-9]{4}|secret[ _-]?(?:access)?[ _-]?key|aws[ _-]?secret"
    positive = (
        "aws_access_key_id = ⟦AKIAIOSFODNN7EXAMPLE⟧",
        "temporary ⟦ASIAIOSFODNN7EXAMPLE⟧.",
        "aws_secret_access_key=⟦wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY⟧",
        'SecretAccessKey": "⟦wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY⟧"',
    )
    negative = (
        "akiaiosfodnn7example",
        "XAKIAIOSFODNN7EXAMPLE",
        "AKIAIOSFODNN7EXAMPLES",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "the secret access key has 40 characters",
        "secret key da39a3ee5e6b4b0d3255bfef95601890afd80709",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        for start, end in spans(_IDENTIFIER, shadow.lower):
            if shadow.cased[start:end].isupper() and stands_alone(shadow, start, end):
                yield Found(self.kind, start, end, 0.98)
        for _, end in spans(_NAME, shadow.lower):
            found = _SECRET.search(shadow.cased[end : end + _REACH])
            if found and _looks_random(shadow.cased[end + found.span()[0] : end + found.span()[1]]):
                yield Found(self.kind, end + found.span()[0], end + found.span()[1], 0.9)


def _looks_random(token: bytes) -> bool:
    """Tell a secret of 40 mixed characters from a hexadecimal digest or a long word."""
    return (
        len(token) == _SECRET_LENGTH
        and token != token.lower()
        and token != token.upper()
        and any(byte in b"0123456789/+" for byte in token)
    )
