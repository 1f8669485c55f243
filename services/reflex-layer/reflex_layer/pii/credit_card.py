"""Payment card numbers: issuer prefix and length (ISO/IEC 7812), check digit after Luhn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans
from reflex_layer.pii.recogniser import Found, digits_of, near, stands_alone, words
from reflex_layer.text import Shadow

_RUN: Final = compiled(r"[0-9](?:[ ./-]?[0-9]){11,}")
_GROUP: Final = compiled(r"[0-9]+")
_CONTEXT: Final = words(
    "card|card number|credit card|debit card|cc|pan|visa|mastercard|amex"
    "|american express|maestro|discover|kreditkarte|karte|carte|carte bancaire|tarjeta"
    "|kartennummer|diners|jcb|unionpay",
)
_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]))
_VALUES: Final = bytes.maketrans(b"0123456789", bytes(range(10)))
_LONGEST: Final = 19

# First and last prefix, both inclusive, and the lengths that issuer uses.
_ISSUERS: Final = (
    ("Visa", 4, 4, (16, 19, 13)),
    ("Mastercard", 51, 55, (16,)),
    ("Mastercard", 2221, 2720, (16,)),
    ("American Express", 34, 34, (15,)),
    ("American Express", 37, 37, (15,)),
    ("Discover", 6011, 6011, (16, 19)),
    ("Discover", 644, 659, (16, 19)),
    ("UnionPay", 62, 62, (16, 17, 18, 19)),
    ("JCB", 3528, 3589, (16, 19)),
    ("JCB", 1800, 1800, (15,)),
    ("JCB", 2131, 2131, (15,)),
    ("Diners Club", 300, 305, (14, 16, 19)),
    ("Diners Club", 36, 36, (14, 16, 19)),
    ("Diners Club", 38, 39, (14, 16, 19)),
    ("Maestro", 5018, 5038, (16, 19, 18, 15, 14, 13, 12)),
    ("Maestro", 5893, 5893, (16, 19, 18, 15, 14, 13, 12)),
    ("Maestro", 6304, 6304, (16, 19, 18, 15, 14, 13, 12)),
    ("Maestro", 6759, 6763, (16, 19, 18, 15, 14, 13, 12)),
)
_BY_PREFIX: Final = {
    str(prefix).encode(): lengths
    for _, low, high, lengths in _ISSUERS
    for prefix in range(low, high + 1)
}


class CreditCard:
    kind = PiiType.CREDIT_CARD
    anchor = r"[0-9](?:[ ./-]?[0-9]){11}"
    positive = (
        "Pay with ⟦4111 1111 1111 1111⟧ 12/27 please.",
        "card_number=⟦5555555555554444⟧",
        "amex ⟦3782-822463-10005⟧",
        "Kreditkarte: ⟦6011.1111.1111.1117⟧",
        "⟦４１１１ １１１１ １１１１ １１１１⟧",
        "order 77 ⟦4111-1111-1111-1111⟧",
        "⟦4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1⟧",
    )
    negative = (
        "4111 1111 1111 1112",
        "id 1234567812345670",
        "41111111111111111111",
        "x4111111111111111",
        "timestamp 1719412345678",
        "0.4111111111111111",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        for start, end in spans(_RUN, shadow.lower):
            if stands_alone(shadow, start, end):
                yield from self._in_run(shadow, start, end)

    def _in_run(self, shadow: Shadow, start: int, end: int) -> Iterator[Found]:
        """Yield the cards in a run of digit groups; a card begins and ends with a group."""
        run = shadow.lower[start:end]
        groups = list(spans(_GROUP, run))
        taken = 0
        for index, (first, _) in enumerate(groups):
            after_point = shadow.lower[start + first - 1 : start + first] == b"."
            if first < taken or after_point:  # after a point come decimals
                continue
            lengths = _lengths(run[first : first + 8])
            if not lengths:
                continue
            if last := _card_end(run, groups[index : index + _LONGEST], lengths):
                taken = last
                yield self._card(shadow, start + first, start + last)

    def _card(self, shadow: Shadow, start: int, end: int) -> Found:
        length = len(digits_of(shadow.lower[start:end]))
        sure = length >= 15 or end - start > length
        confidence = 0.9 if sure else 0.5
        if near(shadow, start, end, _CONTEXT):
            confidence = 0.95
        return Found(self.kind, start, end, confidence)


def _lengths(beginning: bytes) -> tuple[int, ...]:
    """Return the lengths that the issuer of a number with this beginning uses."""
    prefix = digits_of(beginning)
    for width in range(4, 0, -1):
        if lengths := _BY_PREFIX.get(prefix[:width]):
            return lengths
    return ()


def _card_end(run: bytes, groups: list[tuple[int, int]], lengths: tuple[int, ...]) -> int:
    """Return where a card of one of these lengths ends that begins with the first group, or 0."""
    first, length = groups[0][0], 0
    ends: dict[int, int] = {}
    for start, end in groups:
        length += end - start
        ends[length] = end
    for length in lengths:
        last = ends.get(length, 0)
        if last and passes_luhn(digits_of(run[first:last])):
            return last
    return 0


def passes_luhn(number: bytes) -> bool:
    """Check the last digit after Luhn (ISO/IEC 7812-1, annex B)."""
    plain, doubled = number[-1::-2].translate(_VALUES), number[-2::-2].translate(_DOUBLED)
    return (sum(plain) + sum(doubled)) % 10 == 0
