"""Private data: one file per kind, each with its own examples; this tuple is the whole list."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reflex_layer.engine import Gate
from reflex_layer.pii.aws_key import AWSKey
from reflex_layer.pii.credit_card import CreditCard
from reflex_layer.pii.email import Email
from reflex_layer.pii.github_token import GitHubToken
from reflex_layer.pii.ipv4 import IPv4
from reflex_layer.pii.phone import Phone
from reflex_layer.pii.recogniser import Found, Recogniser
from reflex_layer.pii.ssn import SSN
from reflex_layer.text import Shadow

RECOGNISERS: Final[tuple[Recogniser, ...]] = (
    Email(),
    Phone(),
    SSN(),
    CreditCard(),
    IPv4(),
    AWSKey(),
    GitHubToken(),
)

_GATE: Final = Gate([recogniser.anchor for recogniser in RECOGNISERS])


def find_all(shadow: Shadow) -> Iterator[Found]:
    """Yield what any recogniser finds, overlaps included, in no particular order.

    One pass over the text tells which recognisers have anything to look at.
    """
    for index in _GATE.open_for(shadow.lower):
        yield from RECOGNISERS[index].find(shadow)
