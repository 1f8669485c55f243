"""Words that call digits a telephone number, and how near they must stand."""

from __future__ import annotations

from bisect import bisect_left
from typing import Final

from reflex_layer.engine import compiled, spans, stands_in
from reflex_layer.pii.recogniser import CONTEXT_AFTER, CONTEXT_BEFORE
from reflex_layer.text import Shadow, fold_native

_SURE_NAMES: Final = (
    r"(?:tele)?phones?|phone (?:number|no)|cellphone(?: number)?|tel|ph|mobile|mob|fax|whatsapp|viber"
    r"|sms|hotline|landline|gsm|dial|text me|can text|(?:my|her|his|our|their|your|new) number"
    r"|call (?:me|us|him|her|them)(?: at| on)?|reach (?:me|us|you)"
    r"|telefon|telefonnummer|telefonnr|telnr|handy|handynummer|handynr|mobil|mobilnummer|mobilnr"
    r"|rufnummer|rufnr|natel|anruf|anrufen|rufen sie(?: mich)? an"
    r"|telephone|appelez(?:-moi)?|joindre|joignable"
    r"|telefono|movil|celular|tfno|telf|llame(?:me)?|llama(?:me|r|nos)?"
    r"|cellulare|chiama(?:mi|re|temi)|telefone|telemovel|fone|ligue|ligar"
    r"|telefoon|mobiel|bel me|bel ons|komorka|zadzwon|tlf"
).replace(" ", r"[\s_-]*")
# Words that mean other things more often.
_OTHER_NAMES: Final = (
    r"cell|call|called from|ring(?: me)?|office|desk|answering at|reach(?:ed)? (?:at|on)|contact"
    r"|contact (?:no|number)|registered|messages? (?:to|from)|signal|portable|appeler|contacter"
    r"|contactar|erreichbar|unter|fon|kom|cel"
).replace(" ", r"[\s_-]*")
_NAMES: Final = f"{_SURE_NAMES}|{_OTHER_NAMES}"
_JOINED: Final = r"[a-z]{1,16}(?:phone|mobile|telefon|fax)(?:number|nummer|no|nr)?[\"']?\s?[:=]"
_LITTLE_WORDS: Final = (
    r"\b(?:no|nos|nr|num|n|is|was|are|at|on|to|in|via|by|me|us|him|her|my|the|our|his|or|and|est|ist"
    r"|es|e|und|et|y|al|am|de|der|le|la|el|il|ab|um|numbers?|nummer|numero|home|work|private"
    r"|primary|nous|under|unter|lautet)\b"
)
_SIGNS: Final = r"[\s;:#.,|<>()\[\]\"'*_+/\\\xfe-]"
_START: Final = r"(?:^|[^a-z0-9])"

_CLOSE: Final = compiled(rf"{_START}(?:{_SURE_NAMES}|{_JOINED})(?:{_SIGNS}|=|{_LITTLE_WORDS})*$")
_CLOSE_OTHER: Final = compiled(rf"{_START}(?:{_OTHER_NAMES})(?:{_SIGNS}|{_LITTLE_WORDS})*$")
_NEAR: Final = compiled(rf"{_START}(?:{_NAMES}|{_JOINED})(?:[^a-z0-9=][^0-9={{}}]*)?$")
_AFTER: Final = compiled(rf"^,?[a-z ()-]*\b(?:{_NAMES})\b(?:[^a-z0-9=:_]|$)")
_BESIDE: Final = compiled(rf"{_START}(?:{_NAMES})[.:# ]{{1,3}}$")
_BESIDE_AFTER: Final = compiled(r"^[ ,-]{1,2}\(?(?:office|fax|mobile|cell|phone|home|work)\b")

_DEVICE: Final = compiled(
    r"(?:iphones?|ipad|ipod|galaxy(?: [a-z])?|pixel|nokia|redmi)(?: (?:pro|max|plus|mini|se|air))*[ -]?$"
)

_ANYWHERE: Final = compiled(rf"(?:{_NAMES}|home|work)\b|{_JOINED}")

_NATIVE_NAMES: Final = tuple(
    "".join(map(fold_native, word))
    for word in [
        "电话",
        "電話",
        "手机",
        "手機",
        "携帯",
        "전화",
        "휴대폰",
        "핸드폰",
        "연락처",
        "телефон",
        "тел",
        "фон",
        "फ़ोन",
        "फोन",
        "मोबाइल",
        "هاتف",
        "جوال",
        "موبايل",
        "טלפון",
        "נייד",
        "τηλεφωνο",
        "โทร",
    ]
)
_NATIVE_REACH: Final = 12
_LONGEST_WORD: Final = 24
_REACH_BEFORE: Final = CONTEXT_BEFORE + _LONGEST_WORD
_WINDOW_BEFORE: Final = 64
_WINDOW_AFTER: Final = 128
"""Around the beginning of a word, in characters: its reach, and room for a whole number."""


class Words:
    """The words for telephones in reach of numbers, found in one pass, and what they call one.

    All numbers stand between `first` and `last`.
    """

    def __init__(self, shadow: Shadow, first: int, last: int) -> None:
        self._shadow = shadow
        begin = max(0, first - _WINDOW_AFTER - _LONGEST_WORD)
        places = spans(_ANYWHERE, shadow.lower, begin, last + _WINDOW_BEFORE)
        self._starts = [start for start, _ in places]
        self._native = _native_names(shadow)
        self._may_hide = bool(self._native) or b"_" in shadow.lower

    def windows(self) -> list[tuple[int, int]]:
        """Return the parts of the text near enough to a word, from left to right."""
        if self._native:
            return [(0, len(self._shadow.lower))]
        found: list[tuple[int, int]] = []
        for start in self._starts:
            begin, end = max(0, start - _WINDOW_BEFORE), start + _WINDOW_AFTER
            if found and begin <= found[-1][1]:
                begin = found.pop()[0]
            found.append((begin, end))
        return found

    def may_call(self, free: int, start: int, end: int, limit: int) -> bool:
        """Tell whether a word begins in reach of a number and within the room around it.

        The room is from `free` to `limit`, where other numbers end and begin. What an underscore
        joins with a number, or another script, is no word here and may call it all the same.
        """
        if self._may_hide:
            return True
        index = bisect_left(self._starts, start)
        if index and self._starts[index - 1] >= max(free, start - _REACH_BEFORE):
            return True
        return index < len(self._starts) and self._starts[index] <= min(limit, end + CONTEXT_AFTER)

    def call(self, start: int, end: int) -> bool:
        """Tell whether a word stands near a number, with no other number between."""
        return self.are_near(start, end) and (
            stands_in(_NEAR, self._before(start)) or stands_in(_AFTER, self._after(end))
        )

    def are_close(self, start: int, *, sure: bool) -> bool:
        """Tell whether nothing but signs and little words stands between a word and a number.

        `sure` asks for a word that means little else.
        """
        if not self.are_near(start, start):
            return False
        before = self._before(start)
        return stands_in(_CLOSE, before) or (not sure and stands_in(_CLOSE_OTHER, before))

    def are_beside(self, start: int, end: int) -> bool:
        """Tell whether a word stands right before or after a number, with nothing between."""
        return self.are_near(start, end) and (
            stands_in(_BESIDE, self._before(start)) or self.follow(end)
        )

    def follow(self, end: int) -> bool:
        """Tell whether a number is followed by what sort of telephone it is of."""
        return self.are_near(end, end) and stands_in(_BESIDE_AFTER, self._after(end))

    def name_a_device(self, start: int) -> bool:
        """Tell whether a number stands right after a model of telephone, whose number it is."""
        return stands_in(_DEVICE, self._before(start))

    def call_in_script(self, start: int) -> bool:
        """Tell whether a word in a script without Latin look-alikes stands right before a place."""
        if not self._native:
            return False
        before = self._shadow.native[max(0, start - _NATIVE_REACH) : start]
        return any(name in before for name in self._native)

    def are_near(self, start: int, end: int) -> bool:
        """Tell whether a word begins in reach of a number, whatever stands between."""
        index = bisect_left(self._starts, start - _REACH_BEFORE)
        return index < len(self._starts) and self._starts[index] <= end + CONTEXT_AFTER

    def _before(self, start: int) -> bytes:
        return self._shadow.lower[max(0, start - CONTEXT_BEFORE) : start]

    def _after(self, end: int) -> bytes:
        return self._shadow.lower[end : end + CONTEXT_AFTER]


def _native_names(shadow: Shadow) -> tuple[str, ...]:
    """Return the words for telephones in other scripts that stand in the text at all."""
    if not shadow.is_foreign:
        return ()
    return tuple(word for word in _NATIVE_NAMES if word in shadow.native)
