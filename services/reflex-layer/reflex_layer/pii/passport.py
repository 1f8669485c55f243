"""Passport numbers, beside a word for passports.

ICAO Doc 9303, part 4: up to nine letters and digits, as the issuing state likes. The forms are
those that states print (PRADO, the Council of the European Union's register of documents):
nine digits (United States, United Kingdom, Russia); one letter and six to eight digits (India,
Mexico, the next generation of the United States); two letters and five to seven (France before
2005, Italy, Poland, Canada, Japan); three and six (Spain); letters between digits (Germany,
France, the Netherlands, Korea).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.pii.labelled import ANCHOR, label, labelled
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found

_NUMBER: Final = label(
    r"[0-9]{2} ?[0-9]{2} [0-9]{6}|[0-9]{2}[a-z]{2}[0-9]{5}|[a-z]{1,3}[ -]?[0-9]{6,8}[a-z]?"
    r"|[a-z]{2}[ -]?[0-9]{5}|[a-z][0-9]{3}[a-z][0-9]{4}|[a-z]{2}[a-z0-9]{6}[0-9]"
    r"|[cfghjklmnprtvwxyz][cfghjklmnprtvwxyz0-9]{3,7}[0-9]{1,2}d?|[cfghjklmnprtvwxyz][cfghjklmnprtvwxyz0-9]{8}|[0-9]{7,10}"
    r"|[0-9]{3}[ -][0-9]{3}[ -][0-9]{3}"
)
_LEAST_DIGITS: Final = 2


class Passport:
    kind = PiiType.PASSPORT
    anchor = ANCHOR
    cues = (
        *("passport", "passport number", "passport no", "passport id", "passport card", "ppt no"),
        *("passports", "travel document", "reisepass", "reisepassnummer", "passnummer", "pass-nr"),
        *("reisepass-nr", "passeport", "passeport numero", "numero de passeport", "pasaporte"),
        *("numero de pasaporte", "passaporto", "numero di passaporto", "passaporte"),
        *("numero do passaporte", "paspoort", "paspoortnummer", "paszport", "paszportu"),
        *("паспорт", "номер паспорта", "паспорт серия", "серия и номер паспорта"),
        *("numer paszportu", "passnr", "pasnummer", "passinumero", "reisedokument"),
    )
    positive = (
        "My passport number is ⟦518203447⟧.",
        "Passport No. ⟦C03005988⟧, issued in 2019",
        '{"passport": {"number": "⟦K8530194⟧"}}',
        "Reisepass: ⟦C01X00T47⟧",
        "Reisepass-Nr. ⟦CF1K2L3M4⟧ liegt vor",
        "Reisepassnummer: ⟦C01X0006H⟧",
        "passeport n° ⟦14CV28703⟧",
        "Pasaporte ⟦PAA640153⟧ de mi madre",
        "паспорт ⟦45 08 123456⟧",
        "il mio passaporto è ⟦YA4820153⟧",
        "numer paszportu: ⟦EB 7264501⟧",
        "passport of Ines Okafor: ⟦518203447⟧",
        "⟦518203447⟧ is my passport number",
        "PASSPORT_NUMBER\t⟦P48201537⟧\tqueue",
        "holderPassportNumber=⟦P48201537⟧",
        "passport ⟦５１８２０３４４７⟧",
    )
    negative = (
        "The passport office opens at 9 and issues 1204573 papers a year.",
        "The 1996 passports issued, 28 accounts opened",
        "passport-strategy 20240112 and passport.js",
        "number 518203447",
        "passport fee invoice no. 518203447",
        "npm install passport-0.7.0-20240112",
        "passport to success: 123456789",
        "passport: none, expires 2027-05-01",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        for start, end, confidence in labelled(shadow, self.kind, _NUMBER):
            if _has_digits(shadow.lower[start:end]):
                yield Found(self.kind, start, end, confidence)


def _has_digits(value: bytes) -> bool:
    """Tell a number with letters in it from a word."""
    return len(value) - len(value.translate(None, b"0123456789")) >= _LEAST_DIGITS
