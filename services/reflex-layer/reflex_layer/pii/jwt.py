"""JSON Web Tokens: RFC 7519, in the compact serialisations of RFC 7515 §7.1 and RFC 7516 §7.1."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode
from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans
from reflex_layer.pii.recogniser import Found, stands_alone
from reflex_layer.text import Shadow

_PART: Final = r"[A-Za-z0-9_-]"
_TOKEN: Final = compiled(
    rf"ey[IJ]{_PART}{{10,}}\.(?:{_PART}{{8,}}(?:\.{_PART}*)?(?:\.{_PART}+){{0,2}}"
    rf"|(?:\.{_PART}+){{3}})"
)
_LONGEST_HEADER: Final = 4_000
_LONGEST_PAYLOAD: Final = 20_000


class JWT:
    kind = PiiType.JWT
    anchor = r"ey[ij][a-z0-9_-]+\.[.a-z0-9_-]"
    positive = (
        "token=⟦eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ⟧;",
        "Authorization: Bearer ⟦eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZGEifQ.⟧ sent",
        "cut ⟦eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEiLCJu⟧ off",
        '"id_token": "⟦eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..aXYxMjM0.Y2lwaGVy.dGFn⟧"',
    )
    negative = (
        "eyJhbGciOiJIUzI1NiJ9",
        "eyJhbGciOiJIUzI1NiJ.eyJzdWIiOiJhZGEifQ.sig",
        "eyJoZWxsbyI6IndvcmxkIn0.eyJzdWIiOiJhZGEifQ.c2ln",
        "eyJeyJeyJeyJeyJeyJ.eyJeyJeyJeyJ.eyJ",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        for start, end in spans(_TOKEN, shadow.cased):
            if not stands_alone(shadow, start, end):
                continue
            header, payload = shadow.cased[start:end].split(b".")[:2]
            if confidence := _confidence(header, payload):
                yield Found(self.kind, start, end, confidence)


def _confidence(header: bytes, payload: bytes) -> float:
    """Return how sure a token with these first parts is; 0 for none."""
    if len(header) > _LONGEST_HEADER:
        return 0.0
    names = _names(header)
    if "enc" in names:
        return 0.95
    if "alg" not in names:
        return 0.0
    return 0.98 if len(payload) <= _LONGEST_PAYLOAD and _names(payload) else 0.8


def _names(part: bytes) -> frozenset[str]:
    """Return the names of the JSON object that a part encodes; none if it encodes no object."""
    try:
        value = json.loads(urlsafe_b64decode(part + b"=" * (-len(part) % 4)))
    except (ValueError, RecursionError):
        return frozenset()
    return frozenset(value) if isinstance(value, dict) else frozenset()
