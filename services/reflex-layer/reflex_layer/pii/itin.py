"""Individual Taxpayer Identification Numbers of the United States.

Written like Social Security numbers, but beginning with 9, which those never do; the group is 50
to 65, 70 to 88, 90 to 92 or 94 to 99 (Internal Revenue Manual 3.21.263.5.1; IRS Publication 4757).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import EDGE
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found, cued, digits_of, is_joined, led, stands_alone

_GROUPS: Final = frozenset((*range(50, 66), *range(70, 89), 90, 91, 92, *range(94, 100)))


class ITIN:
    kind = PiiType.ITIN
    anchor = rf"{EDGE}9[0-9]{{2}}[-. /]?[5-9][0-9][-. /]?[0-9]{{4}}"
    cues = (
        *("itin", "itin number", "itin no", "itins", "tin", "taxpayer id", "tax id", "taxpayer no"),
        *("taxpayer identification", "taxpayer identification number", "taxpayer number", "irs"),
        *("individual taxpayer", "tax identification", "tax number", "tax payer id", "w-7", "w7"),
        *("tax form", "steuernummer", "steuer-id", "numero fiscal", "numero de contribuyente"),
        *("numero d'identification fiscale", "numero di identificazione fiscale", "nif"),
        *("belastingnummer", "numer identyfikacji podatkowej", "numero de identificacion fiscal"),
    )
    positive = (
        "Her ITIN is ⟦912-78-4482⟧.",
        "Taxpayer identification (ITIN): ⟦948-90-1120⟧",
        "itin=⟦912784482⟧",
        "filed 1040 with tax id ⟦912 94 4482⟧",
        "the form names ⟦912-78-4482⟧",
        "ITIN ⟦９１２−７８−４４８２⟧",
    )
    negative = (
        "ITIN 912-34-4482 and 912-93-4482",
        "ITIN 812-78-4482",
        "order 912784482",
        "part 912-78-4482-1 or 1-912-78-4482",
        "912 78 4482",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        for start, end in shadow.nines:
            written = shadow.lower[start:end]
            if not _issued(digits_of(written)):
                continue
            if not stands_alone(shadow, start, end) or is_joined(shadow, start, end):
                continue
            if written.isdigit() and not led(shadow, self.kind, start, end):
                continue
            if cued(shadow, self.kind, start, end):
                yield Found(self.kind, start, end, 0.95)
            elif written[3:4] == b"-":
                yield Found(self.kind, start, end, 0.6)


def _issued(number: bytes) -> bool:
    return number[:1] == b"9" and int(number[3:5]) in _GROUPS and number[5:] != b"0000"
