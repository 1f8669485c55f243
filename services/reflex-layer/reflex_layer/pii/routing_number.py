"""Routing numbers of banks in the United States, beside a word for them.

American Bankers Association, "Routing Number Policy": nine digits weighted 3, 7, 1; the first two
are those of a Federal Reserve district (01 to 12), of a thrift (21 to 32), of an electronic
transaction (61 to 72), of a traveller's cheque (80) or of the government (00).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.pii.labelled import ANCHOR, label, labelled
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found

_NUMBER: Final = label(r"[0-9]{9}|[0-9]{4}[ -][0-9]{4}[ -][0-9]")
_DISTRICTS: Final = frozenset((*range(13), *range(21, 33), *range(61, 73), 80))
_WEIGHTS: Final = (3, 7, 1, 3, 7, 1, 3, 7, 1)


class RoutingNumber:
    kind = PiiType.ROUTING_NUMBER
    anchor = ANCHOR
    cues = (
        *("routing", "routing number", "routing no", "routing num", "routing code", "routing #"),
        *("routing transit number", "aba", "aba number", "aba no", "aba #", "aba routing", "rtn"),
        *("aba routing number", "aba rtn", "aba code", "ach routing", "ach routing number"),
        *("bank routing", "bank routing number", "wire routing", "transit number", "fedwire"),
        *("bankleitzahl usa", "numero de ruta", "codigo de ruta", "numero de ruta bancaria"),
        *("numero de transito", "numero d'acheminement", "code d'acheminement", "routingnummer"),
        *("codice di instradamento", "numero di instradamento", "numero de roteamento"),
        *("codigo de roteamento", "numer rozliczeniowy", "bank routing code", "micr"),
    )
    positive = (
        "routing number ⟦021000021⟧",
        "ABA: ⟦011401533⟧",
        "routing no ⟦091000019⟧ for the wire",
        "the routing number of our bank is ⟦122105155⟧",
        "aba_routing=⟦021000021⟧, account_number=482015377",
        "RTN ⟦0210 0002 1⟧",
        "Número de ruta: ⟦021000021⟧",
        "⟦021000021⟧ is the routing number",
    )
    negative = (
        "routing number 021000022",
        "routing number 991000021",
        "routing table has 021000021 entries",
        "number 021000021",
        "the aba of order 021000021",
        "routing number 000000000",
        "database 021000021",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        for start, end, confidence in labelled(shadow, self.kind, _NUMBER, 0.95, 0.8):
            if _valid(shadow.lower[start:end].translate(None, b" -")):
                yield Found(self.kind, start, end, confidence)


def _valid(number: bytes) -> bool:
    """Check the district and the last digit."""
    total = sum((digit - 48) * weight for digit, weight in zip(number, _WEIGHTS, strict=True))
    return int(number[:2]) in _DISTRICTS and total % 10 == 0 and number != b"000000000"
