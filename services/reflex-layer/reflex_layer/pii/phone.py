"""Telephone numbers: international (E.164), North American, and others beside a word for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import EDGE, compiled, is_whole, spans, stands_in, values
from reflex_layer.pii.calling_codes import is_dialled, is_planned
from reflex_layer.pii.phone_words import Words
from reflex_layer.pii.recogniser import EACH_DIGIT, Found, digits_of, stands_alone
from reflex_layer.text import Shadow

_EXTENSION: Final = r"(?: ?(?:x|ext\.?) ?[0-9]{1,6})?"
_GAP: Final = r"\)?[ .\t/-]{0,3}\(?"
_INTERNATIONAL: Final = compiled(
    rf"(?:\+ ?|\b00[ -]?|\b011[ -])\(?[1-9](?:{_GAP}[0-9]){{6,15}}{_EXTENSION}"
)
# One sign throughout, or a dash before the last group: `227.7013 1035` is a column of numbers.
_NORTH_AMERICAN: Final = compiled(
    rf"(?:{EDGE}1[ .-]?)?(?:\([0-9]{{3}}\) ?-?[0-9]{{3}}[ .-]"
    rf"|{EDGE}[0-9]{{3}}(?:-[0-9]{{3}}-|\.[0-9]{{3}}\.| [0-9]{{3}}[ -]|/[0-9]{{3}}-))[0-9]{{4}}{_EXTENSION}"
)
# National forms that little else is written in: France; the United Kingdom and Australia; German and
# Dutch mobiles; Japan; Brazil.
_PAIRS: Final = r"0[1-9](?:(?: [0-9]{2}){4}|(?:\.[0-9]{2}){4}|(?:-[0-9]{2}){4})"
_TRUNK: Final = (
    r"\(?0[1-9][0-9]\)? [0-9]{4} [0-9]{4}|\(?0[1-9][0-9]{2}\)? [0-9]{3} [0-9]{4}"
    r"|\(?0[1-9][0-9]{3}\)? [0-9]{6}|04[0-9]{2} [0-9]{3} [0-9]{3}"
    r"|01[5-7][0-9][ /-][0-9]{7,8}|06[ -][0-9]{8}|0[0-9]{1,2}-[0-9]{4}-[0-9]{4}"
    r"|\([1-9][0-9]\) ?9?[0-9]{4}-[0-9]{4}"
)
_NATIONAL: Final = compiled(rf"{_PAIRS}|{_TRUNK}")
_ANY: Final = compiled(rf"\(?[0-9](?:[ ().\t/-]{{0,5}}[0-9])+{_EXTENSION}")
_SHORT: Final = compiled(r"[0-9]{2}(?:[ -][0-9]{2}){2}|[0-9]{3}[ -][0-9]{3}")
_BYTE: Final = compiled(r"^ [0-9a-f]{2}(?:[ \n]|$)")
_DATE: Final = compiled(
    r"[0-9]{4}[-./][0-9]{1,2}[-./][0-9]{1,2}.*|[0-9]{1,2}[-./][0-9]{1,2}[-./](?:19|20)[0-9]{2}.*"
    r"|(?:19|20)[0-9]{2} ?[-/] ?(?:19|20)[0-9]{2}|(?:[0-9]{1,3}\.){3}[0-9]{1,3}|[0-9]+[.][0-9]+"
)
_SECONDS: Final = compiled(r"1[5-9][0-9]{8}")
"""Seconds since 1970 in our decades; no number of ten digits begins so in North America."""

_BEFORE_DIGITS: Final = 4
"""How many characters of a number may stand before its first digit: `_+ (`."""

_MAX_TRIALS: Final = 4
"""How many groups at the end of a candidate may turn out not to belong to it, less one."""

_CODED_PLUS: Final = b"%%+"
"""How a reading has the `%2B` of a link, all three of which belong to the number."""

_ABROAD: Final = (b"+", b"00", b"011")
_JOINTS_AFTER: Final = frozenset((b"-", b".", b"/"))
_JOINTS_BEFORE: Final = _JOINTS_AFTER | {b"+", b":"}
_PLANNED: Final = 0.9
_BELIEVED: Final = 0.6
_UNSURE: Final = 0.4
_FEWEST_DIGITS: Final = 6
_MIN_DIGITS: Final = 7
_NATIONAL_DIGITS: Final = 9
_WITH_AREA: Final = 10
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
        "Rappelez-moi : ⟦01 99 00 12 34⟧",
        "we are at ⟦020 7946 0958⟧ or ⟦(0161) 496 0123⟧",
        "no more messages to ⟦699 956 915⟧, please",
        "You can call ⟦33 93 31⟧",
        "Telefon ⟦+49 (0) 30 / 901820⟧",
        "手机号：⟦13812345678⟧ and 電話番号 ⟦03-1234-5678⟧",
        "⟦617-555-0134 x221⟧",
        "name;tel\nBob;⟦0171 3920045⟧, Ana;⟦(11) 91234-5678⟧",
        '{"customerPhone": "⟦4155550132⟧"}',
        "call my iPhone: ⟦415 555 2671⟧",
        "ask for Ines Okafor on her mobile, then ⟦07700 900 123⟧",
        "Tel: ⟦+44   (20)   7946   (0958⟧) and a line of words that goes on. Invoice 202400017",
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
        "phone=1700000000 ts",
        "Phone case for iPhone 15 128 256 512",
        "phone took 6266257 us, call=12 count=931795483",
        "0065 0302 0304 ; [.2007.0021.0002]",
        "i-00987654345222 c.002 483.3 28.66 512, U+FB03 => 0046 0046 0049",
        "A1 B1 01 02 01 02 01 02",
        "Clause 252.227-7013 and column 277.764 1035",
        "d='M78,-180C78,-180 101 9982'",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        lower = shadow.lower
        within = _within(lower)
        if within is None:
            return
        words = Words(shadow, *within)
        known = {f.start: f for f in self._by_form(words, shadow, *within)}
        yield from known.values()
        for start, end in _beside_words(words, lower):
            if end - start < _FEWEST_DIGITS or _is_told(known, start, end):
                continue
            if end - start > _NATIONAL_DIGITS:
                end = start + _first_group(lower[start:end])
            called = _in_words(words, lower, start, end) and _alone(shadow, start, end)
            if (called and not _is_other(words, lower, start, end)) or (
                words.call_in_script(start) and _fits(lower, start, end)
            ):
                yield Found(self.kind, start, end, _BELIEVED)

    def _by_form(self, words: Words, shadow: Shadow, begin: int, last: int) -> Iterator[Found]:
        """Yield the numbers that are written as one country or the world writes them."""
        lower = shadow.lower
        for start, end in spans(_NATIONAL, lower, begin, last):
            if _alone(shadow, start, end) and not _in_row(shadow, start, end):
                yield Found(self.kind, start, end, _BELIEVED)
        for start, end in values(_NORTH_AMERICAN, lower, begin, last):
            if _alone(shadow, start, end) and (sure := _north_american(words, lower, start, end)):
                yield Found(self.kind, start, end, sure)
        if not any(sign in lower for sign in _ABROAD):
            return
        for start, end in spans(_INTERNATIONAL, lower, begin, last):
            if reached := _international_end(words, shadow, start, end):
                coded = lower[max(0, start - 2) : start + 1] == _CODED_PLUS
                yield Found(self.kind, start - 2 * coded, reached, _PLANNED)


def _within(lower: bytes) -> tuple[int, int] | None:
    """Return between which places all telephone numbers of a text stand; None if it has no digit.

    The digits of most texts are few and stand together, and the text around is not searched.
    """
    begin = min((place for place in map(lower.find, EACH_DIGIT) if place >= 0), default=None)
    if begin is None:
        return None
    return max(0, begin - _BEFORE_DIGITS), 1 + max(map(lower.rfind, EACH_DIGIT))


def _beside_words(words: Words, lower: bytes) -> Iterator[tuple[int, int]]:
    """Yield the numbers of any form with a word in reach and no other number between."""
    for begin, last in words.windows():
        numbers = spans(_ANY, lower, begin, last)
        limits = [*(start for start, _ in numbers[1:]), last]
        free = begin
        for (start, end), limit in zip(numbers, limits, strict=False):
            if words.may_call(free, start, end, limit):
                yield start, end
            free = end


def _is_told(known: dict[int, Found], start: int, end: int) -> bool:
    """Tell whether a number is known by its form, or lies in one with its country's code."""
    if start in known:
        return True
    whole = known.get(start - 1) or known.get(start - 2)
    return whole is not None and whole.confidence == _PLANNED and end <= whole.end


def _is_other(words: Words, lower: bytes, start: int, end: int) -> bool:
    """Tell a date, an address or the sizes of a device from a number beside a word for one."""
    return is_whole(_DATE, lower, start, end) or words.name_a_device(start)


def _first_group(written: bytes) -> int:
    """Return where a number ends whose first group is a whole number already; else its length."""
    first = written.partition(b" ")[0]
    return len(first) if len(first) >= _NATIONAL_DIGITS and first.isdigit() else len(written)


def _fits(lower: bytes, start: int, end: int) -> bool:
    """Tell whether digits are as many as a telephone's; their script may leave no space."""
    goes_on = lower[start - 1 : start].isdigit() or lower[end : end + 1].isdigit()
    return not goes_on and _MIN_DIGITS <= len(digits_of(lower[start:end])) <= _MAX_DIGITS


def _alone(shadow: Shadow, start: int, end: int) -> bool:
    """Tell whether the number neither continues nor is continued, as a part number would."""
    lower = shadow.lower
    before, after = lower[start - 2 : start], lower[end : end + 2]
    if before[1:] in _JOINTS_BEFORE and before[:1].isdigit():
        return False
    if after[:1] in _JOINTS_AFTER and after[1:].isdigit():
        return False
    return stands_alone(shadow, start, end)


def _in_row(shadow: Shadow, start: int, end: int) -> bool:
    """Tell whether further numbers or bytes stand before or after, as in a dump."""
    lower = shadow.lower
    if lower[start - 1 : start] == b" " and lower[start - 2 : start - 1].isdigit():
        return True
    after = lower[end : end + 4]
    return after[:1] == b" " and (after[1:2].isdigit() or stands_in(_BYTE, after))


def _international_end(words: Words, shadow: Shadow, start: int, end: int) -> int:
    """Return the end of the number with a country code at `start`; 0 for none.

    A group of digits that does not belong to the number any more, such as a year, is left off.
    """
    lower = shadow.lower
    signed = lower.startswith(b"+", start)
    if not signed and _in_row(shadow, start, end):
        return 0
    for _ in range(_MAX_TRIALS):
        written = lower[start:end]
        if _alone(shadow, start, end) and is_planned(written):
            return end if signed or is_dialled(written) or words.call(start, end) else 0
        end = lower.rfind(b" ", start, end)
        if end < 0:
            return 0
    return 0


def _north_american(words: Words, lower: bytes, start: int, end: int) -> float:
    """Return how sure a number in the form of the North American plan is; 0 for none."""
    written = lower[start:end].replace(b"e", b"x").partition(b"x")[0]
    number = digits_of(written)[-10:]
    assignable = number[:1] >= b"2" and number[3:4] >= b"2"
    if words.call(start, end):
        return 0.9 if assignable else 0.7
    if assignable:
        return 0.75
    return 0.0 if b" " in written else _UNSURE


def _in_words(words: Words, lower: bytes, start: int, end: int) -> bool:
    """Tell whether digits of any form are called a telephone number by the words around."""
    if not words.are_near(start, end):
        return False
    written = lower[start:end]
    length = len(digits_of(written))
    if not _FEWEST_DIGITS <= length <= _MAX_DIGITS:
        return False
    if length == len(written) == _WITH_AREA and is_whole(_SECONDS, written, 0, length):
        return False
    if length < _MIN_DIGITS:
        return is_whole(_SHORT, written, 0, len(written)) and words.are_beside(start, end)
    national = written[:1] in b"(0" and length >= _NATIONAL_DIGITS
    if len(written) - length > 1 or national:
        return words.call(start, end)
    if words.are_close(start, sure=length < _WITH_AREA):
        return True
    if length == len(written):
        return length >= _NATIONAL_DIGITS and words.follow(end)
    return b"/" not in written and words.are_beside(start, end)
