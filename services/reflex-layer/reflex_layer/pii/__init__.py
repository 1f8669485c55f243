"""Private data: one file per kind, each with its own examples; this tuple is the whole list."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice
from typing import Final

from reflex_layer.deadline import NEVER, Deadline
from reflex_layer.engine import Gate
from reflex_layer.pii.allow import NOTHING_ALLOWED, Allowed
from reflex_layer.pii.aws_key import AWSKey
from reflex_layer.pii.bank_account import BankAccount
from reflex_layer.pii.coordinates import Coordinates
from reflex_layer.pii.credit_card import CreditCard
from reflex_layer.pii.crypto_address import CryptoAddress
from reflex_layer.pii.date_of_birth import DateOfBirth
from reflex_layer.pii.driver_license import DriverLicense
from reflex_layer.pii.email import Email
from reflex_layer.pii.generic_api_key import GenericAPIKey
from reflex_layer.pii.github_token import GitHubToken
from reflex_layer.pii.iban import IBAN
from reflex_layer.pii.ipv4 import IPv4
from reflex_layer.pii.ipv6 import IPv6
from reflex_layer.pii.itin import ITIN
from reflex_layer.pii.jwt import JWT
from reflex_layer.pii.labelled import ANCHOR, INNOCENT, INNOCENT_CUES
from reflex_layer.pii.mac_address import MACAddress
from reflex_layer.pii.medical_record_number import MedicalRecordNumber
from reflex_layer.pii.npi import NPI
from reflex_layer.pii.passport import Passport
from reflex_layer.pii.password import Password
from reflex_layer.pii.phone import Phone
from reflex_layer.pii.private_key import PrivateKey
from reflex_layer.pii.reading import Cues, Reading
from reflex_layer.pii.recogniser import Found, Recogniser
from reflex_layer.pii.routing_number import RoutingNumber
from reflex_layer.pii.ssn import SSN
from reflex_layer.pii.url import URL
from reflex_layer.pii.vin import VIN
from reflex_layer.text import Shadow

RECOGNISERS: Final[tuple[Recogniser, ...]] = (
    Email(),
    Phone(),
    SSN(),
    CreditCard(),
    IPv4(),
    IPv6(),
    MACAddress(),
    IBAN(),
    CryptoAddress(),
    URL(),
    Coordinates(),
    VIN(),
    AWSKey(),
    GitHubToken(),
    JWT(),
    PrivateKey(),
    Password(),
    GenericAPIKey(),
    Passport(),
    DriverLicense(),
    BankAccount(),
    DateOfBirth(),
    MedicalRecordNumber(),
    NPI(),
    ITIN(),
    RoutingNumber(),
)


_BETWEEN_CHECKS: Final = 32
"""How many findings are told between two looks at the clock: together they take well under a
millisecond, and a look for each would take a tenth of their time."""


class Recognisers:
    """The built-in recognisers and those of the settings, without what is allowed; ready to run.

    `version` tells sets of settings apart; it is empty for the built-in ones alone.
    """

    def __init__(
        self,
        custom: Sequence[Recogniser] = (),
        version: str = "",
        allowed: Allowed = NOTHING_ALLOWED,
    ) -> None:
        self.recognisers = (*RECOGNISERS, *custom)
        self.version = ".".join(part for part in (version, allowed.version) if part)
        self._allowed = allowed
        # Without a cue these find nothing, and asking each of them would cost more than the pass.
        self._labelled = {i for i, r in enumerate(RECOGNISERS) if r.anchor == ANCHOR}
        self._gate = Gate([recogniser.anchor for recogniser in self.recognisers])
        cues = {r.kind: getattr(r, "cues", ()) for r in self.recognisers}
        self._cues = Cues(cues | {INNOCENT: INNOCENT_CUES})

    def reading(self, shadow: Shadow) -> Reading:
        """Return the shadow as the recognisers read it, with the cues of all of them."""
        return Reading.of(shadow, self._cues)

    def find_all(self, shadow: Shadow, deadline: Deadline = NEVER) -> Iterator[Found]:
        """Yield what any recogniser finds, overlaps included, in no particular order.

        Raises OutOfTime.
        """
        return chain.from_iterable(self.batches(shadow, deadline))

    def batches(self, shadow: Shadow, deadline: Deadline) -> Iterator[list[Found]]:
        """Yield what `find_all` does, in lists.

        One pass over the text tells which recognisers have anything to look at. Raises OutOfTime.
        """
        reading = self.reading(shadow)
        nothing_allowed = self._allowed is NOTHING_ALLOWED
        for index in self._gate.open_for(reading.lower):
            recogniser = self.recognisers[index]
            if index in self._labelled and recogniser.kind not in reading.cues:
                continue
            found = recogniser.find(reading)
            told = iter(found if nothing_allowed else self._allowed.without(found, shadow))
            while len(some := list(islice(told, _BETWEEN_CHECKS))) == _BETWEEN_CHECKS:
                yield some
                deadline.check()
            yield some
            deadline.check()
