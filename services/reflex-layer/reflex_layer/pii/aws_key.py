"""Access keys of Amazon Web Services: the identifier, and the secret next to it or to its name.

Sources: AWS IAM User Guide, "IAM identifiers: unique identifiers" (prefixes, 20 characters) and
"Managing access keys" (40 characters); Amazon Bedrock User Guide, "API keys" (ABSK).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import EDGE, compiled, spans
from reflex_layer.pii.recogniser import Found, stands_alone
from reflex_layer.text import Shadow

_IDENTIFIER: Final = compiled(
    r"(?:ABIA|ACCA|AGPA|AIDA|AIPA|AKIA|ANPA|ANVA|APKA|AROA|ASCA|ASIA|A3T[A-Z0-9])[A-Z0-9]{16,}"
)
_BEDROCK: Final = compiled(r"ABSK[A-Za-z0-9+/]{105,130}={0,2}")
_NAME: Final = compiled(
    r"secret[ _.-]{0,2}(?:access)?[ _.-]{0,2}key|aws[ _.-]{0,2}(?:account)?[ _.-]{0,2}secret"
    r"|aws[ _.-]{0,2}(?:access)?[ _.-]{0,2}key|sk[\"']? ?[:=]"
)
_SECRET: Final = compiled(r"[A-Za-z0-9/+]{40,}=?")
_REACH: Final = 100
_IDENTIFIER_LENGTH: Final = 20
_SECRET_LENGTH: Final = 40


class AWSKey:
    kind = PiiType.AWS_KEY
    anchor = (
        rf"{EDGE}(?:abia|acca|agpa|aida|aipa|akia|anpa|anva|apka|aroa|asca|asia|a3t|absk)[a-z0-9]{{8}}"
        r"|secret[ _.-]?(?:access)?[ _.-]?key|aws[ _.-]?(?:account[ _.-]?)?secret|aws[ _.-]?key"
    )
    positive = (
        "aws_access_key_id = ⟦AKIAIOSFODNN7EXAMPLE⟧",
        "temporary ⟦ASIAIOSFODNN7EXAMPLE⟧.",
        "aws_secret_access_key=⟦wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY⟧",
        'SecretAccessKey": "⟦wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY⟧"',
        "ops,⟦AKIAIOSFODNN7EXAMPLE⟧,⟦wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY⟧",
        "role id ⟦AROADBQP57FF2AEXAMPLE⟧",
    )
    negative = (
        "akiaiosfodnn7example",
        "XAKIAIOSFODNN7EXAMPLE",
        "AKIAIOSFODNN7EXAMPLES",
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "the secret access key has 40 characters",
        "secret key da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "ASIAXXXXXXXXXXXXXXXX",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        for start, end in spans(_IDENTIFIER, shadow.cased):
            if _is_identifier(shadow, start, end):
                yield Found(self.kind, start, end, 0.98)
                yield from self._secret(shadow, end)
        for start, end in spans(_BEDROCK, shadow.cased):
            if stands_alone(shadow, start, end):
                yield Found(self.kind, start, end, 0.98)
        reached = 0
        for _, end in spans(_NAME, shadow.lower):
            if end >= reached:  # names in a row share what follows them
                reached = end + _REACH // 4
                yield from self._secret(shadow, end)

    def _secret(self, shadow: Shadow, place: int) -> Iterator[Found]:
        """Yield the secret that follows shortly after `place`."""
        for first, last in spans(_SECRET, shadow.cased[place : place + _REACH]):
            if _looks_random(shadow.cased[place + first : place + last]):
                yield Found(self.kind, place + first, place + last, 0.9)
            return


def _is_identifier(shadow: Shadow, start: int, end: int) -> bool:
    key = shadow.cased[start:end]
    varied = len(set(key[4:])) > 4
    length = end - start in (_IDENTIFIER_LENGTH, _IDENTIFIER_LENGTH + 1)
    longer = end - start == _IDENTIFIER_LENGTH or key[:4] in (b"AIDA", b"AROA", b"AGPA")
    return length and longer and varied and stands_alone(shadow, start, end)


def _looks_random(token: bytes) -> bool:
    """Tell a secret of 40 mixed characters from a hexadecimal digest or a long word."""
    return (
        len(token) == _SECRET_LENGTH
        and token != token.lower()
        and token != token.upper()
        and any(byte in b"0123456789/+" for byte in token)
    )
