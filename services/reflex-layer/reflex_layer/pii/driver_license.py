"""Numbers of driving licences, beside a word for them.

United States: the forms of the states, as their departments of motor vehicles print them (AAMVA,
DL/ID Card Design Standard, leaves the number to the state). United Kingdom: DVLA, five characters
of the surname, six digits of the birth, two initials, three for the check. Germany: authority,
serial number and check digit (FeV, annex 8). France: 12 digits, nine characters since 2013.
Italy: letters around seven digits, or `U1`. Spain: the number of the identity card.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.pii.labelled import ANCHOR, label, labelled
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found

_UNITED_STATES: Final = (
    r"[a-z][0-9]{3}[ -][0-9]{3}[ -][0-9]{2}[ -][0-9]{3}[ -][0-9]",  # Florida
    r"[a-z][ -]?[0-9]{3}(?:[ -][0-9]{3}){3}",  # Maryland, Michigan, Minnesota
    r"[a-z][0-9]{4}[ -][0-9]{4}[ -][0-9]{4}[ -][0-9]{2}",  # Wisconsin
    r"[a-z][0-9]{4}[ -][0-9]{5}[ -][0-9]{5}",  # New Jersey, Ontario
    r"[a-z][0-9]{3,4}[ -][0-9]{4}[ -][0-9]{4}",  # Illinois
    r"[a-z][0-9]{4}[ -][0-9]{6}[ -][0-9]{2}",  # Quebec
    r"[a-z][0-9]{2}[ -][0-9]{2}[ -][0-9]{4}",  # Kansas
    r"[0-9]{2}[ -][0-9]{3}[ -][0-9]{4}",  # Colorado
    r"[0-9]{4}[ -][0-9]{2}[ -][0-9]{4}",  # Indiana
    r"[0-9]{3}[ -][0-9]{3}[ -][0-9]{3}",  # New York
    r"wdl[a-z0-9]{9}|[a-z]{5,7}[0-9]{3}[a-z0-9]{2}",  # Washington
    r"[0-9]{2}[a-z]{3}[0-9]{5}|[0-9]{3}[a-z]{2}[0-9]{4}",  # New Hampshire, Iowa
    r"[a-z]{2}[0-9]{6}[a-z]|[a-z]{3}[0-9]{6}|[0-9]{7}a",  # Idaho, North Dakota, Vermont
    r"[a-z][ -]?[0-9]{5,14}|[a-z][0-9]{18}|[a-z]{2}[ -]?[0-9]{5,7}",
)
_OTHERS: Final = (
    r"[a-z9]{5}[ ]?[0-9]{6}[ ]?[a-z9]{2}[a-z0-9]{3}(?: ?[0-9]{2})?",  # United Kingdom
    r"[a-z9]{5}[0-9]{4}[a-z0-9]{7}",
    r"[a-z][0-9]{2}[a-z0-9]{6}[0-9][a-z0-9]",  # Germany
    r"[0-9]{2}[a-z]{2}[0-9]{5}",  # France
    r"[a-z]{2}[0-9]{7}[a-z]|u1[a-z0-9]{7}[a-z]",  # Italy
    r"[0-9]{8}[ -]?[a-z]|[xyz][0-9]{7}[a-z]",  # Spain
    r"[0-9]{5}/[0-9]{2}/[0-9]{4}",  # Poland
    r"[a-z]{1,2}-[0-9]{5,7}(?: [0-9])?",  # Portugal
    r"[a-z]{2}[ -]?[0-9]{2}[ -]?[0-9]{11}",  # India
    r"[0-9]{7,12}",
)
_NUMBER: Final = label("|".join((*_UNITED_STATES, *_OTHERS)))


class DriverLicense:
    kind = PiiType.DRIVER_LICENSE
    anchor = ANCHOR
    cues = (
        *("driver license", "drivers license", "driver's license", "driver licence", "driving id"),
        *("drivers licence", "driver's licence", "driving licence", "driving license", "dl number"),
        *("license number", "licence number", "license no", "licence no", "license id", "dl no"),
        *("license #", "lic no", "lic #", "dl", "dl#", "dln", "dvla number", "driver number"),
        *("driver lic", "drivers lic", "driving permit", "driver's permit", "operator license"),
        *("fuhrerschein", "fuhrerscheinnummer", "fuehrerschein", "fuhrerschein-nr", "permiso"),
        *("fuehrerscheinnummer", "permis de conduire", "numero de permis", "permis", "carnet"),
        *("carnet de conducir", "permiso de conducir", "licencia de conducir", "rijbewijs"),
        *("patente di guida", "patente", "numero patente", "carta de conducao", "cnh"),
        *("carteira de motorista", "carteira de habilitacao", "rijbewijsnummer", "prawo jazdy"),
        *("prawa jazdy", "korkort", "forerkort", "korekort", "ajokortti"),
    )
    positive = (
        "Her driver's license is ⟦D4820153⟧.",
        "Driving licence number ⟦MORGA657054SM9IJ⟧",
        "licence: driving licence ⟦MORGA 657054 SM9IJ⟧ (UK)",
        "DL# ⟦S53048201537⟧ checked",
        "CA driver license ⟦A4820153⟧, expires 2027",
        "driver_license=⟦G730-482-61-905-0⟧",
        "LICENSE_NUMBER\t⟦482015377⟧\tqueue",
        "Führerschein: ⟦B072RRE2I55⟧",
        "permis de conduire n° ⟦14AA00021⟧",
        "patente di guida ⟦MI4820153K⟧",
        "Carnet de conducir: ⟦48201537-H⟧",
        "Rijbewijs nummer ⟦4820153774⟧",
        "nr prawa jazdy ⟦48201/14/0615⟧",
        "driverLicenseNumber: '⟦S48201537⟧'",
    )
    negative = (
        "License: Apache-2.0, see the file LICENSE in the root.",
        "The public licence number of the software is MIT-2.0.",
        "D4820153 in public",
        "license key AB123456",
        "license plate 4KJZ482",
        "drill dl-page 12, order 4820153",
        "The licence number one reason is 3 of 4.",
        "dl.fbaipublicfiles.com/20240112",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        for start, end, confidence in labelled(shadow, self.kind, _NUMBER):
            yield Found(self.kind, start, end, confidence)
