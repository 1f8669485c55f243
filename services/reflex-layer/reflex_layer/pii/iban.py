"""International bank account numbers (ISO 13616), by country, form and check digits.

Sources: SWIFT, IBAN Registry, for the form of each country's account numbers; ISO 7064, MOD 97-10,
for the check digits.
"""

from __future__ import annotations

from collections.abc import Iterator
from string import ascii_lowercase, digits
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import EDGE, compiled, spans, values
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import CONTEXT_AFTER, CONTEXT_BEFORE, Found, stands_alone

# A country, and its account numbers after the check digits: n digits, a letters, c either.
_FORMS: Final = """
ad 8n12c | ae 19n | al 8n16c | at 16n | az 4a20c | ba 16n | be 12n | bg 4a6n8c | bh 4a14c | bi 23n
br 23n1a1c | by 4c4n16c | ch 5n12c | cr 18n | cy 8n16c | cz 20n | de 18n | dj 23n | dk 14n
do 4c20n | ee 16n | eg 25n | es 20n | fi 14n | fk 2a12n | fo 14n | fr 10n11c2n | gb 4a14n
ge 2a16n | gi 4a15c | gl 14n | gr 7n16c | gt 4c20c | hn 4a20n | hr 17n | hu 24n | ie 4a14n
il 19n | iq 4a15n | is 22n | it 1a10n12c | jo 4a4n18c | kw 4a22c | kz 3n13c | lb 4n20c
lc 4a24c | li 5n12c | lt 16n | lu 3n13c | lv 4a13c | ly 21n | mc 10n11c2n | md 2c18c | me 18n
mk 3n10c2n | mn 16n | mr 23n | mt 4a5n18c | mu 4a19n3a | ni 4a20n | nl 4a10n | no 11n | om 3n16c
pk 4a16c | pl 24n | ps 4a21c | pt 21n | qa 4a21c | ro 4a16c | rs 18n | ru 14n15c | sa 2n18c
sc 4a20n3a | sd 14n | se 20n | si 15n | sk 20n | sm 1a10n12c | so 19n | st 21n | sv 4a20n
tl 19n | tn 20n | tr 6n16c | ua 6n19c | va 18n | vg 4a16n | xk 16n | ye 4a4n18c
"""
_CHARACTERS: Final = {"n": "[0-9]", "a": "[a-z]", "c": "[0-9a-z]"}
_PART: Final = compiled(r"[0-9]+[nac]")
_GAP: Final = "[ -]?"
_GAPS: Final = b" -"
# What is called an account and passes the check is one, though its country writes another form.
_UNKNOWN: Final = compiled(r"\b[a-z]{2}[0-9]{2}[0-9a-z]{11,30}\b")
_REMAINDER: Final = 1


class IBAN:
    kind = PiiType.IBAN
    anchor = rf"{EDGE}[a-z]{{2}}[0-9]{{2}}(?:[ -]?[0-9a-z]){{11}}"
    cues = (
        *(
            "iban",
            "iban no",
            "iban number",
            "bank account",
            "account",
            "transfer",
            "bankverbindung",
        ),
        *("konto", "compte bancaire", "rib", "cuenta", "conto", "conta", "rekening"),
    )
    positive = (
        "IBAN ⟦GB12KLYY2451264976863⟧",
        "Pay to ⟦DE89370400440532013000⟧.",
        "IBAN: ⟦GB82 WEST 1234 5698 7654 32⟧ (London)",
        "iban=⟦fr1420041010050500013m02606⟧",
        "⟦NL91-ABNA-0417-1643-00⟧ or ⟦NO93 8601 1117 947⟧ 12",
        "compte ⟦CH93 0076 2011 6238 5295 7⟧",
        "⟦ＤＥ８９ ３７０４ ００４４ ０５３２ ０１３０ ００⟧",
        '{"account": "⟦MT84MALT011000012345MTLCAST001S⟧"}',
    )
    negative = (
        "DE88370400440532013000",
        "DE8937040044053201300",
        "DE893704004405320130001",
        "XDE89370400440532013000",
        "UK82 WEST 1234 5698 7654 32",
        "DE44 ROAD NUMBER 12 AND MORE",
        "order AT61 1904 3002 3457",
    )

    def find(self, shadow: Reading) -> Iterator[Found]:
        lower = shadow.lower
        known: set[int] = set()
        for start, end in values(_NUMBER, lower):
            number = lower[start:end].translate(None, _GAPS)
            if _checked(number):
                known.add(start)
                yield Found(self.kind, start, end, 0.95)
        reached = 0
        for cue, after in shadow.cues.get(self.kind, ()):
            begin = max(reached, cue - CONTEXT_AFTER)
            reached = after + CONTEXT_BEFORE
            for start, end in spans(_UNKNOWN, lower, begin, reached):
                if start in known or not stands_alone(shadow, start, end):
                    continue
                if _checked(lower[start:end]):
                    yield Found(self.kind, start, end, 0.7)


def _checked(number: bytes) -> bool:
    """Check the two digits after the country: the whole leaves 1 when divided by 97."""
    turned = number[4:] + number[:4]
    return int("".join(map(_VALUES.__getitem__, turned))) % 97 == _REMAINDER


def _pattern() -> str:
    """Return a pattern for the numbers of all countries, in groups of any size."""
    countries = []
    for row in _FORMS.replace("\n", "|").split("|"):
        if row.strip():
            country, form = row.split()
            parts = [(int(form[a : b - 1]), form[b - 1]) for a, b in spans(_PART, form.encode())]
            body = "".join(f"(?:{_GAP}{_CHARACTERS[kind]}){{{size}}}" for size, kind in parts)
            countries.append(rf"{country}[0-9]{{2}}{body}")
    return rf"{EDGE}(?:{'|'.join(countries)}){EDGE}"


_NUMBER: Final = compiled(_pattern())
_VALUES: Final = {ord(c): str(int(c, 36)) for c in digits + ascii_lowercase}
