"""Geographic positions: decimal degrees, degrees with minutes and seconds (ISO 6709, annex D),
and geo URIs (RFC 5870)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, first, spans, stands_in
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found, cued, stands_alone

_PAIR: Final = compiled(
    r"[+-]?[0-9]{1,3}\.[0-9]{3,17}(?:[ \t]{0,2}[,;/|][ \t]{0,2}|[ \t]{1,2})"
    r"[+-]?[0-9]{1,3}\.[0-9]{3,17}"
)
# By name, as in `lat: 52.52, lon: 13.405` or `lat=52.52&lng=13.405`, and in geo URIs.
_NAMED: Final = compiled(
    r"\blat(?:itude)?['\"]?(?:[ ]?[:=][ ]?|[ ])['\"]?[+-]?[0-9]{1,2}\.[0-9]{2,17}"
    r"[^0-9a-z.]{1,6}(?:and )?(?:lon|lng|long|longitude)['\"]?(?:[ ]?[:=][ ]?|[ ])['\"]?"
    r"[+-]?[0-9]{1,3}\.[0-9]{2,17}"
    r"|\bgeo:[+-]?[0-9]{1,2}\.[0-9]{2,17},[+-]?[0-9]{1,3}\.[0-9]{2,17}"
)
# The sign for degrees is \xfe in the shadow; a masculine ordinal, often typed for it, is an o.
_DEGREES: Final = r"[ ]?(?:[\xfeo*]|deg(?:rees)?\b\.?)[ ]?"
_SECONDS: Final = r"[0-9]{1,2}(?:\.[0-9]+)?[ ]?(?:\"|''|sec)?[ ]?"
_MINUTES: Final = rf"[0-9]{{1,2}}(?:\.[0-9]+)?[ ]?(?:'|min)?[ ]?(?:{_SECONDS})?"
_ANGLE: Final = rf"[0-9]{{1,3}}(?:{_DEGREES}(?:{_MINUTES})?|\.[0-9]{{2,17}}(?:{_DEGREES})?[ ]?)"
_BETWEEN: Final = r"[ ]{0,2}[,;/]?[ ]{0,2}"
_WITH_LETTERS: Final = compiled(
    rf"\b{_ANGLE}[ns]{_BETWEEN}{_ANGLE}[eow]\b|\b[ns][ ]?{_ANGLE}{_BETWEEN}[eow][ ]?{_ANGLE}"
)
_VALUE: Final = compiled(r"[+-]?[0-9]+(?:\.[0-9]+)?")
# A number or a letter such as the commands of a drawn path, `M 22.8708,10.6227`, continue a list.
_NUMBER_BEFORE: Final = compiled(
    r"[0-9.][ \t]*[,;|\t ][ \t]*$|[0-9.a-z_]$|[0-9.]-$|(?:^|[^a-z])[a-z] $|ints=.$|late\($"
)
_NUMBER_AFTER: Final = compiled(
    r"^[ \t]*[,;|\t][ \t]*[+-]?[0-9.]|^[ ]+[+-]?[0-9]+\.[0-9]|^[.][0-9]"
)
_ZOOM: Final = compiled(r"^,[0-9.]+[zma]")
_REACH: Final = 6

_DECIMALS: Final = 4
"""A ten-thousandth of a degree is eleven metres: nobody writes it without meaning a place."""

_SMALL: Final = 2
"""Pairs of numbers below it are shares, weights and pixels more often than the Gulf of Guinea."""

_MAX_LATITUDE: Final = 90
_MAX_LONGITUDE: Final = 180
_MINUTES_IN_DEGREE: Final = 60


class Coordinates:
    kind = PiiType.COORDINATES
    anchor = (
        r"[0-9]\.[0-9]{3,17}(?:[ \t]{0,2}[,;/|][ \t]{0,2}|[ \t]{1,2})[+-]?[0-9]{1,3}\.[0-9]{3}"
        rf"|[0-9](?:{_DEGREES} ?[0-9ns]|\.[0-9]{{2,17}} ?[ns])|\blat(?:itude)?\b|\bgeo:[+0-9-]"
        rf"|\b[ns] ?[0-9]{{1,3}}(?:\.[0-9]{{2}}|{_DEGREES})"
    )
    cues = (
        "lat",
        "latitude",
        "latlon",
        "latlng",
        "lat lon",
        "gps",
        "coordinates",
        "coords",
        "coordinate",
        "location",
        "position",
        "geo",
        "pin",
        "place",
        "map",
        "maps",
        "koordinaten",
        "standort",
        "coordonnees",
        "coordenadas",
        "ubicacion",
        "coordinate geografiche",
    )
    positive = (
        "GPS: ⟦52.5200, 13.4050⟧",
        "we met at ⟦52.51631, 13.37772⟧ at noon",
        "google.com/maps/@⟦48.8583701,2.2944813⟧,17z",
        '{"lat": ⟦52.52, "lng": 13.405⟧}',
        "lat=⟦-33.8568&lon=151.2153⟧",
        "open ⟦geo:37.786971,-122.399677⟧;u=35",
        "at ⟦52°31′12″N 13°24′18″E⟧.",
        "⟦48.8584° N, 2.2945° E⟧",
        "cache ⟦N 52° 31.200 E 013° 24.300⟧",
        "⟦33°51'24.5\"S, 151°12'55\"E⟧",
        "location=⟦-0.180653,-78.467834⟧",
    )
    negative = (
        "loss 0.5867, 0.4123 and 0.2211",
        "[12.34567, 45.67891, 78.91234]",
        "costs 12.99, 45.99",
        "version 1.2345.6789",
        "sum 54.4385, 9376.1806",
        "95.12345, 200.12345",
        "p = 0.12345, 0.98765",
        "2.5 s, 3.5 e",
        "95°10'N 13°24'E",
        "52°71'N 13°24'E",
        "x=12.345 y=45.678",
        "d='M 22.870867,10.622731 H 15.34 m -3.466788,8.712908 c'",
        "points='18.20985,-9.20375 16,2' transform='translate(29.379376,-0.1000)'",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        lower = shadow.lower
        named = spans(_NAMED, lower) if b"lat" in lower or b"geo:" in lower else ()
        for start, end in named:
            number = first(_VALUE, lower, start, end)
            if number and _is_place(lower, start, end):
                begin = start if lower.startswith(b"geo:", start) else number[0]
                yield Found(self.kind, begin, end, 0.9)
        for start, end in spans(_WITH_LETTERS, lower):
            last = start + len(lower[start:end].rstrip())
            if _is_place(lower, start, end) and stands_alone(shadow, start, last):
                yield Found(self.kind, start, last, 0.9)
        for start, end in spans(_PAIR, lower):
            if confidence := self._pair(shadow, start, end):
                yield Found(self.kind, start, end, confidence)

    def _pair(self, shadow: Reading, start: int, end: int) -> float:
        """Return how sure two numbers are a position; 0 for none."""
        lower = shadow.lower
        before, after = lower[max(0, start - _REACH) : start], lower[end : end + _REACH]
        if stands_in(_NUMBER_BEFORE, before):
            return 0.0
        if stands_in(_NUMBER_AFTER, after) and not stands_in(_ZOOM, after):
            return 0.0
        values = [lower[a:b] for a, b in spans(_VALUE, lower, start, end)]
        sizes = [abs(float(value)) for value in values]
        if cued(shadow, self.kind, start, end) or before.endswith((b"@", b"q=", b"ll=")):
            return 0.9 if min(sizes) <= _MAX_LATITUDE and max(sizes) <= _MAX_LONGITUDE else 0.0
        exact = all(len(value.partition(b".")[2]) >= _DECIMALS for value in values)
        separated = b"," in lower[start:end] and not before.endswith(b"[")
        small = max(sizes) < _SMALL
        in_range = sizes[0] <= _MAX_LATITUDE and sizes[1] <= _MAX_LONGITUDE
        return 0.6 if exact and separated and in_range and not small else 0.0


def _is_place(lower: bytes, start: int, end: int) -> bool:
    """Tell whether two angles written alike are a latitude and a longitude."""
    values = [abs(float(lower[a:b])) for a, b in spans(_VALUE, lower, start, end)]
    half, odd = divmod(len(values), 2)
    if odd or not half:
        return False
    parts = values[1:half] + values[half + 1 :]
    return (
        values[0] <= _MAX_LATITUDE
        and values[half] <= _MAX_LONGITUDE
        and all(part < _MINUTES_IN_DEGREE for part in parts)
    )
