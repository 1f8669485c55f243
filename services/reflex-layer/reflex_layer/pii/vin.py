"""Vehicle identification numbers (ISO 3779; check digit of 49 CFR 565.15)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, is_whole, stands_in
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found, cued, stands_alone

_LENGTH: Final = 17
_NUMBER: Final = compiled(r"[A-HJ-NPR-Z0-9]{13}[0-9]{4}|[a-hj-npr-z0-9]{13}[0-9]{4}")
_LETTERS: Final = compiled(r"[a-z].*[a-z]")
_NORTH_AMERICA: Final = b"12345"
_CHECK_PLACE: Final = 8
_MODULUS: Final = 11
_WEIGHTS: Final = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_VALUES: Final = dict(
    zip(
        b"0123456789abcdefghjklmnprstuvwxyz",
        map(int, "012345678912345678123457923456789"),
        strict=True,
    )
)


class VIN:
    kind = PiiType.VIN
    anchor = r"\b[a-hj-npr-z0-9]{13}[0-9]{4}\b"
    cues = (
        "vin",
        "vin number",
        "vehicle",
        "vehicle identification number",
        "chassis",
        "frame number",
        "car",
        "truck",
        "fahrgestellnummer",
        "fahrgestellnr",
        "fahrgestell-nr",
        "numero de bastidor",
        "numero de chassis",
        "vin code",
        "vin no",
        "fahrzeug",
        "fahrzeugidentifikationsnummer",
        "fin",
        "vehicule",
        "voiture",
        "bastidor",
        "vehiculo",
        "telaio",
    )
    positive = (
        "VIN: ⟦1M8GDM9AXKP042788⟧",
        "sold ⟦1HGCM82633A004352⟧ last year",
        "vin=⟦1hgcm82633a004352⟧",
        "Fahrgestellnummer ⟦WVWZZZ1JZXW000001⟧.",
        '{"vin": "⟦WBA3A5C51CF256985⟧"}',
    )
    negative = (
        "1HGCM82633A004353 is mistyped, whatever the vehicle",
        "part WVWZZZ1JZXW000001",
        "id 12345678901234567",
        "1HGCM82633A0043521",
        "1HGCM82633A00435O",
        "3b9e1f7a5c2d40017 and vin",
        "VIN: 11111111111111111",
        "x_1HGCM82633A004352",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        for start, end in shadow.long_words:
            if end - start != _LENGTH or not is_whole(_NUMBER, shadow.cased, start, end):
                continue
            if not stands_alone(shadow, start, end):
                continue
            number = shadow.lower[start:end]
            if not stands_in(_LETTERS, number):
                continue
            if confidence := self._confidence(shadow, start, number):
                yield Found(self.kind, start, end, confidence)

    def _confidence(self, shadow: Reading, start: int, number: bytes) -> float:
        """Return how sure a number is one; 0 for none.

        The check digit is the law in North America and custom in Asia; Europe has none.
        """
        checked = _checked(number)
        if cued(shadow, self.kind, start, start + _LENGTH):
            if checked:
                return 0.95
            return 0.0 if number[:1] in _NORTH_AMERICA else 0.7
        return 0.8 if checked and shadow.cased[start : start + _LENGTH].isupper() else 0.0


def _checked(number: bytes) -> bool:
    total = sum(_VALUES[c] * weight for c, weight in zip(number, _WEIGHTS, strict=True))
    return b"0123456789x"[total % _MODULUS] == number[_CHECK_PLACE]
