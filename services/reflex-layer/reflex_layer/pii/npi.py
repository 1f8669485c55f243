"""National Provider Identifiers of health care in the United States, beside a word for them.

Ten digits, the first 1 or 2, the last the check digit after Luhn of the number with 80840 before
it (45 CFR 162.406; CMS, "Requirements for NPI and NPI Check Digit").
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.pii.card_numbers import passes_luhn
from reflex_layer.pii.labelled import ANCHOR, label, labelled
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found

_NUMBER: Final = label(r"[12][0-9]{9}|[12][0-9]{2}[ -][0-9]{3}[ -][0-9]{4}")
_ISSUER: Final = b"80840"


class NPI:
    kind = PiiType.NPI
    anchor = ANCHOR
    cues = (
        *("npi", "npi number", "npi no", "npi #", "npis", "provider npi", "billing npi"),
        *("national provider identifier", "national provider id", "provider identifier"),
        *("provider id", "provider number", "provider no", "rendering provider", "physician id"),
        *("numero npi", "identificador nacional de proveedor", "prescriber id", "prescriber npi"),
    )
    positive = (
        "The provider's NPI is ⟦1234567893⟧.",
        "NPI number: ⟦1245319599⟧",
        "national provider identifier ⟦1679576722⟧",
        "billing_npi=⟦1234567893⟧",
        "NPI for Dr. Okafor: ⟦1245319599⟧",
    )
    negative = (
        "NPI 1234567890",
        "NPI 3234567893",
        "number 1234567893",
        "unpin 1234567893",
        "npi order 1234567893",
        "NPI 12345678931",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        for start, end, confidence in labelled(shadow, self.kind, _NUMBER, 0.95, 0.8):
            if passes_luhn(_ISSUER + shadow.lower[start:end].translate(None, b" -")):
                yield Found(self.kind, start, end, confidence)
