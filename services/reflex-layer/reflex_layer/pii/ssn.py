"""Social Security numbers of the United States.

Never assigned: area 000, 666 and 900 to 999, group 00, serial 0000 (SSA, "Social Security Number
Randomization", 2011). A few numbers are famous for being nobody's.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found, cued, digits_of, led

_FAMOUS: Final = frozenset((b"123456789", b"078051120", b"219099999", b"111111111", b"333333333"))
_JOINTS: Final = frozenset((b"-", b".", b"/"))


class SSN:
    kind = PiiType.SSN
    anchor = r"[0-9]{3}[-. /]?[0-9]{2}[-. /]?[0-9]{4}"
    cues = (
        *("ssn", "ssns", "ssn#", "ss#", "ss", "ss no", "ss number", "s.s.n", "s.s. number"),
        *("social", "social security", "social security number", "social security no", "soc sec"),
        *("social security num", "social sec", "social security #", "soc sec no", "social number"),
        *("sozialversicherungsnummer", "us-sozialversicherungsnummer", "seguro social"),
        *("numero de seguro social", "securite sociale", "numero de securite sociale"),
        *("previdenza sociale", "numero di previdenza sociale", "sicurezza sociale"),
        *("seguranca social", "numero de seguranca social", "seguridad social"),
        *("burgerservicenummer", "ubezpieczenia spolecznego", "numer ubezpieczenia spolecznego"),
    )
    positive = (
        "His number is ⟦536-22-8714⟧.",
        "SSN ⟦536 22 8714⟧",
        "social_security_number=⟦536228714⟧",
        "my ssn: ⟦123-45-6789⟧",
        "SSN ⟦５３６−２２−８７１４⟧ on file",
        "employeeSsn: ⟦536228714⟧",
        "numéro de sécurité sociale américain ⟦536.22.8714⟧",
        "⟦536 22 8714⟧ is her social security number",
    )
    negative = (
        "000-12-3456, 666-12-3456 and 912-34-5678",
        "ITIN 912-78-4482",
        "536-00-8714 and 536-22-0000",
        "part 536-22-87145 or 1536-22-8714",
        "order 536228714",
        "the sample 123-45-6789 in the form",
        "2024-10-1999",
        "536-22-8714-99",
        "EIN 53-6228714, ZIP 53622-8714, call 536-228-7145",
        "class 536228714 in missn",
        "social=71 record_count=536228714",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        lower = shadow.lower
        for start, end in shadow.nines:
            written = lower[start:end]
            number = digits_of(written)
            if not _assignable(number) or not _alone(lower, start, end):
                continue
            if written.isdigit() and not led(shadow, self.kind, start, end):
                continue
            in_context = cued(shadow, self.kind, start, end)
            if confidence := _confidence(written, number, in_context):
                yield Found(self.kind, start, end, confidence)


def _assignable(number: bytes) -> bool:
    area, group, serial = number[:3], number[3:5], number[5:]
    return area not in (b"000", b"666") and area < b"900" and group != b"00" and serial != b"0000"


def _alone(lower: bytes, start: int, end: int) -> bool:
    """Tell whether the number is no part of a longer one, such as a date or a part number."""
    before, after = lower[start - 2 : start], lower[end : end + 2]
    if before[1:] in _JOINTS:
        named = before[1:] == b"-" and before[:1].isalpha()
        if named or before[:1].isdigit():
            return False
    return not (after[:1] in _JOINTS and after[1:].isdigit())


def _confidence(written: bytes, number: bytes, in_context: bool) -> float:
    """Return how likely a possible number is one; 0 for no finding."""
    if number in _FAMOUS:
        return 0.6 if in_context else 0.0
    if in_context:
        return 0.95
    return 0.85 if written[3:4] == b"-" else 0.0
