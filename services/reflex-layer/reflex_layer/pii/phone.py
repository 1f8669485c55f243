"""Telephone numbers: international (E.164), North American, and others beside a word for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from phonenumbers import NumberParseException, is_possible_number, is_valid_number, parse

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans
from reflex_layer.pii.recogniser import Found, digits_of, near, stands_alone, words
from reflex_layer.text import Shadow

_EXTENSION: Final = r"(?: ?(?:x|ext\.?) ?[0-9]{1,6})?"
_GAP: Final = r"\)?[ .\t/-]{0,2}\(?"
_INTERNATIONAL: Final = compiled(
    rf"(?:\+ ?|\b00[ -]?|\b011[ -])\(?[1-9](?:{_GAP}[0-9]){{6,15}}{_EXTENSION}"
)
_NORTH_AMERICAN: Final = compiled(
    rf"(?:\b1[ .-]?)?(?:\([0-9]{{3}}\) ?-?|\b[0-9]{{3}}[ .-])[0-9]{{3}}[ .-][0-9]{{4}}{_EXTENSION}"
)
_ANY: Final = compiled(rf"\(?[0-9](?:{_GAP}[0-9]){{5,14}}{_EXTENSION}")
_DATE: Final = compiled(
    r"[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}.*|[0-9]{1,2}[-./][0-9]{1,2}[-./](?:19|20)[0-9]{2}.*"
    r"|(?:19|20)[0-9]{2} ?[-/] ?(?:19|20)[0-9]{2}|(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9]+[.][0-9]+"
)
_CONTEXT: Final = words(
    "phone|phones|telephone|tel|mobile|mob|cell|cellphone|fax|call|call (?:me|us|him|her"
    "|them)(?: at| on)?|phone (?:number|no)|my number is|text me|can text|dial|ring me"
    "|reach (?:me|us|you)|whatsapp|sms|hotline|landline|office|desk|answering at|telefon"
    "|telefonnummer|handy|mobil|rufnummer|rufen sie(?: mich)? an|telephone|portable"
    "|appelez(?:-moi)?|movil|telefono|celular|llame(?:me)?|telefoon|cellulare|telefone",
)

_MAX_PARSES: Final = 200
"""phonenumbers takes about 90 µs a call: past this, a number of possible length is believed."""

_MAX_TRIALS: Final = 4
"""How many groups at the end of a candidate may turn out not to belong to it, less one."""

_BELIEVED: Final = 0.6
_MIN_DIGITS: Final = 7
_MAX_DIGITS: Final = 15


class Phone:
    kind = PiiType.PHONE
    anchor = r"[0-9](?:[ ().\t/-]{0,3}[0-9]){5}"
    positive = (
        "Call ⟦+1 (212) 555-0188⟧ now.",
        "⟦+44 20 7946 0958⟧ or ⟦0049 30 901820⟧",
        "office: ⟦(415) 555-0132⟧",
        "⟦212-555-0188 ext. 42⟧",
        "phone=⟦2125550188⟧",
        "Tel: ⟦030/901820⟧",
        "⟦+44 20 7946 0958⟧ 2024-05-17 12:00",
        "mi móvil es ⟦6 1 2 3 4 5 6 7 8⟧",
        "⟦２１２－５５５－０１８８⟧",
    )
    negative = (
        "on 2024-05-17 at 12:30:45",
        "call the function 3 times, version 1.2.3",
        "order 2125550188",
        "ISBN 978-3-16-148410-0",
        "+1 vote, +100 points",
        "call 911",
        "phone released 17.05.2024",
        "host 192.168.100.200 phone",
        "Phone Company 1998-2003",
        "sum: 123 456 789",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        yield from self._international(shadow)
        for start, end in spans(_NORTH_AMERICAN, shadow.lower):
            if _alone(shadow, start, end):
                yield Found(self.kind, start, end, _national(shadow, start, end))
        for start, end in spans(_ANY, shadow.lower):
            if _alone(shadow, start, end) and _in_words(shadow, start, end):
                yield Found(self.kind, start, end, _BELIEVED)

    def _international(self, shadow: Shadow) -> Iterator[Found]:
        for number, (start, end) in enumerate(spans(_INTERNATIONAL, shadow.lower)):
            if number < _MAX_PARSES:
                end, confidence = _parsed(shadow, start, end)
            else:
                confidence = _BELIEVED if _alone(shadow, start, end) else 0.0
            if confidence:
                yield Found(self.kind, start, end, confidence)


def _alone(shadow: Shadow, start: int, end: int) -> bool:
    """Tell whether the number neither continues nor is continued, as a part number would."""
    lower = shadow.lower
    before, after = lower[start - 2 : start], lower[end : end + 2]
    if len(before) == 2 and before[1] in b"-./+" and before[:1].isdigit():
        return False
    if len(after) == 2 and after[0] in b"-./" and after[1:].isdigit():
        return False
    return stands_alone(shadow, start, end)


def _parsed(shadow: Shadow, start: int, end: int) -> tuple[int, float]:
    """Return the end of the international number at `start` and how sure it is; 0 for none.

    A group of digits that does not belong to the number any more, such as a year, is left off.
    """
    lower = shadow.lower
    for _ in range(_MAX_TRIALS):
        confidence = _plan(lower[start:end]) if _alone(shadow, start, end) else 0.0
        last = lower.rfind(b" ", start, end)
        if confidence or last < 0:
            return end, confidence
        end = last
    return end, 0.0


def _plan(written: bytes) -> float:
    """Ask the world's numbering plans about a number with its country code."""
    number = written.lstrip(b"+ ")
    if not written.startswith(b"+"):
        number = number.removeprefix(b"011").removeprefix(b"00")
    try:
        parsed = parse("+" + number.decode("latin-1"), None)
    except NumberParseException:
        return 0.0
    if is_valid_number(parsed):
        return 0.95
    return _BELIEVED if is_possible_number(parsed) else 0.0


def _national(shadow: Shadow, start: int, end: int) -> float:
    """Return how sure a number in the form of the North American plan is."""
    number = digits_of(shadow.lower[start:end])[-10:]
    assignable = number[:1] >= b"2" and number[3:4] >= b"2"
    if near(shadow, start, end, _CONTEXT):
        return 0.9 if assignable else 0.7
    return 0.75 if assignable else 0.4


def _in_words(shadow: Shadow, start: int, end: int) -> bool:
    """Tell whether digits of any form are called a telephone number by the words around."""
    written = shadow.lower[start:end]
    return (
        _MIN_DIGITS <= len(digits_of(written)) <= _MAX_DIGITS
        and not _DATE.fullmatch(written)
        and near(shadow, start, end, _CONTEXT)
    )
