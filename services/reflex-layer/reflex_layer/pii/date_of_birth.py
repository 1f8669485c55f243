"""Dates of birth: a day somebody alive may have been born on, beside a word for birth.

Dates are written as in ISO 8601, with the day or the month first, in digits (CLDR 45, "Date
Formats": `d.M.y`, `d/M/y`, `M/d/y`, `d-M-y`) or with the month's name (CLDR, "Months") in
English, German, French, Spanish, Italian, Portuguese, Dutch and Polish.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.pii.labelled import ANCHOR, label, labelled
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import Found

# Month names by number as the shadow has them, without accents; the first three letters are
# abbreviations where nothing else is given.
_MONTHS: Final = (
    "jan|januar|january|janvier|janv|enero|ene|gennaio|gen|janeiro|januari|stycznia|sty|janner",
    "feb|februar|february|fevrier|fevr|febrero|febbraio|fevereiro|fev|februari|lutego|lut",
    "mar|marz|march|mars|marzo|marco|maart|mrt|marca|maerz|mrz",
    "apr|april|avril|avr|abril|abr|aprile|kwietnia|kwi",
    "may|mai|mayo|maggio|mag|maio|mei|maja",
    "jun|juni|june|juin|junio|giugno|giu|junho|czerwca|cze",
    "jul|juli|july|juillet|juil|julio|luglio|lug|julho|lipca|lip",
    "aug|august|aout|agosto|ago|augustus|sierpnia|sie",
    "sep|sept|september|septembre|septiembre|settembre|set|setembro|wrzesnia|wrz",
    "oct|okt|oktober|october|octobre|octubre|ottobre|ott|outubro|out|pazdziernika|paz",
    "nov|november|novembre|noviembre|novembro|listopada|lis",
    "dec|dez|december|dezember|decembre|diciembre|dic|dicembre|dezembro|grudnia|gru",
)
_MONTH: Final = f"(?:{'|'.join(_MONTHS)})"
_DAY_NUMBER: Final = r"(?:0?[1-9]|[12][0-9]|3[01])"
_MONTH_NUMBER: Final = r"(?:0?[1-9]|1[0-2])"
_YEAR: Final = r"(?:19[0-9]{2}|20[0-3][0-9])"
_SHORT_YEAR: Final = rf"(?:{_YEAR}|'?[0-9]{{2}})"
_ORDINAL: Final = r"(?:st|nd|rd|th|er|o|\xba|\xaa|\.|e)?"
_OF: Final = r"(?: of| de| del)?"


def _numeric(sign: str) -> str:
    """Return a pattern for days in digits that are joined by one sign, whichever comes first."""
    joined = f" ?{sign} ?"
    return (
        f"{_YEAR}{joined}{_MONTH_NUMBER}{joined}{_DAY_NUMBER}"
        f"|{_DAY_NUMBER}{joined}{_MONTH_NUMBER}{joined}{_SHORT_YEAR}"
        f"|{_MONTH_NUMBER}{joined}{_DAY_NUMBER}{joined}{_SHORT_YEAR}"
    )


_NAMED: Final = (
    rf"{_DAY_NUMBER}{_ORDINAL}(?:{_OF} |-|\.| )?{_MONTH}\.?,?(?:{_OF} |-|\.|)?(?:{_YEAR}|[0-9]{{2}})"
    rf"|{_MONTH}\.?[ -]{_DAY_NUMBER}{_ORDINAL},?[ -]{_YEAR}"
    rf"|{_YEAR}[ ,-]{{1,2}}{_MONTH}\.?[ -]{_DAY_NUMBER}"
)
_DATE: Final = label(
    "|".join((_numeric("-"), _numeric("/"), _numeric(r"\."), _NAMED))
    + r"|(?:19[0-9]{2}|20[0-2][0-9])(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])"
    + r"|[0-9]{1,2} [0-9]{1,2} (?:19[0-9]{2}|20[0-2][0-9])"
)


class DateOfBirth:
    kind = PiiType.DATE_OF_BIRTH
    anchor = ANCHOR
    cues = (
        *(
            "born",
            "born on",
            "born in",
            "birth",
            "date of birth",
            "birth date",
            "birthdate",
            "bday",
        ),
        *("birthday", "dob", "d.o.b", "d.o.b.", "day of birth", "year of birth", "birthdate is"),
        *("geboren", "geboren am", "geb", "geburtsdatum", "geburtstag", "geburtsdat", "geb-datum"),
        *("ne le", "nee le", "ne(e) le", "ne en", "nee en", "ne a", "nee a", "ne", "nee"),
        *("date de naissance", "naissance", "nacido", "nacida", "nacido el", "nacida el", "nacio"),
        *("naci el", "fecha de nacimiento", "nacimiento", "fecha nac", "f. nac", "nato", "nata"),
        *("nato il", "nata il", "data di nascita", "nascita", "nascido", "nascida", "nasceu"),
        *("nasci em", "data de nascimento", "nascimento", "data nasc", "geboortedatum", "geb.dat"),
        *("geboren op", "geboortedag", "data urodzenia", "urodzony", "urodzona", "urodzenia", "ur"),
        *("дата рождения", "родился", "родилась", "дата народження", "родена на", "роден на"),
        *("urodzil sie", "urodzila sie", "fodt", "fodd", "fodelsedatum", "fodselsdato"),
    )
    positive = (
        "She was born on ⟦12 March 1980⟧ in Leeds.",
        "born ⟦March 12th, 1980⟧",
        "Date of birth: ⟦1980-03-12⟧",
        "DOB ⟦03/12/1980⟧, MRN below",
        "D.O.B.: ⟦12-03-80⟧",
        "d.o.b. ⟦12 Mar 1985⟧",
        "dob=⟦19800312⟧",
        "patientBirthDate: ⟦12-MAR-1980⟧",
        "Geburtsdatum: ⟦12.03.1980⟧",
        "Anna, geboren am ⟦12. März 1980⟧ in Ulm",
        "дата рождения: ⟦12.03.1985⟧",
        "née à Paris le ⟦1er août 1980⟧",
        "Fecha de nacimiento: ⟦12 de marzo de 1980⟧",
        "nata il ⟦12/03/1980⟧ a Roma",
        "data de nascimento ⟦12/03/1980⟧",
        "geboortedatum ⟦12 maart 1980⟧",
        "data urodzenia ⟦12.03.1980⟧ r.",
        "born in Leeds, on ⟦12/3/1980⟧",
        "⟦12 March 1980⟧ is my date of birth",
        "born to Ann in Leeds on ⟦12/03/1980⟧",
        "DOB\t⟦03-12-1980⟧\tqueue",
        "fecha de nacimiento ⟦１２/０３/１９８０⟧",
    )
    negative = (
        "The meeting is on 12.03.1980 at 14:30.",
        "Founded on 3 May 1980, born again later.",
        "DOB 42/42/1980 and 1780-03-12",
        "birth rate 1980-2020",
        "She was born. Released 2020-03-12",
        "admitted 2020-03-12, newborn",
        "stubborn 12/03/1980",
        "date of birth: unknown, issued 2020-03-12",
        "born in 1980",
        "Born to run, 12/05/1975 album",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        for start, end, confidence in labelled(shadow, self.kind, _DATE, 0.9, 0.7):
            yield Found(self.kind, start, end, confidence)
