"""Microsoft Presidio, the peer, asked in this process; `measures.blank` says what is of it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from measures.spans import Span, overlap
from octollm.verdict import PiiType

try:
    from measures import blank
except ImportError:
    blank = None  # type: ignore[assignment]  # Presidio is not installed

PACKAGES: Final = ("presidio-analyzer", "spacy")
ABSENT: Final = "Presidio was not asked: these are ours alone. `make bench` installs it."

KINDS: Final[Mapping[str, str]] = {
    "EMAIL_ADDRESS": PiiType.EMAIL,
    "PHONE_NUMBER": PiiType.PHONE,
    "US_SSN": PiiType.SSN,
    "US_ITIN": PiiType.ITIN,
    "CREDIT_CARD": PiiType.CREDIT_CARD,
    "IP_ADDRESS": "IP",
    "MAC_ADDRESS": PiiType.MAC_ADDRESS,
    "IBAN_CODE": PiiType.IBAN,
    "US_BANK_NUMBER": PiiType.BANK_ACCOUNT,
    "ABA_ROUTING_NUMBER": PiiType.ROUTING_NUMBER,
    "CRYPTO": PiiType.CRYPTO_ADDRESS,
    "URL": PiiType.URL,
    "US_NPI": PiiType.NPI,
    "US_PASSPORT": PiiType.PASSPORT,
    "UK_PASSPORT": PiiType.PASSPORT,
    "US_DRIVER_LICENSE": PiiType.DRIVER_LICENSE,
    "UK_DRIVING_LICENCE": PiiType.DRIVER_LICENSE,
}
"""Its kinds by ours; the two kinds of IP address are one, `IP`."""


class Presidio:
    """An analyser ready to be asked."""

    def __init__(self) -> None:
        self._analyser = blank.analyser()
        self.recognisers = len(self._analyser.registry.recognizers)

    def analyse(self, text: str) -> Any:
        """Return what Presidio returns."""
        return self._analyser.analyze(text, language="en")

    def find(self, text: str) -> list[Span]:
        """Return what Presidio finds of kinds that we have too, by our names.

        It may say several things of one place: the surest of them counts, as when it redacts.
        """
        found = [
            Span(KINDS[r.entity_type], r.start, r.end, r.score)
            for r in self.analyse(text)
            if r.entity_type in KINDS
        ]
        kept: list[Span] = []
        for one in sorted(found, key=lambda f: (-f.confidence, f.start - f.end, f.start)):
            if all(overlap(one, other) == 0 for other in kept):
                kept.append(one)
        return kept


def load() -> Presidio | None:
    """Return Presidio, or None where it is not installed."""
    return None if blank is None else Presidio()


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of the packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
