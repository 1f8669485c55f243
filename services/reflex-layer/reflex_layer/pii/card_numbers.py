"""Pure: which digits are the number of a payment card: prefixes and lengths of issuers (ISO/IEC
7812), check digit after Luhn."""

from __future__ import annotations

from typing import Final

from reflex_layer.pii.recogniser import digits_of

_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]))
_VALUES: Final = bytes.maketrans(b"0123456789", bytes(range(10)))
LONGEST: Final = 19
_CALLED: Final = range(12, 20)
_LONGEST_WRITTEN: Final = 24
_MAJOR_INDUSTRIES: Final = frozenset(b"3456")
"""Banking, merchandising and travel (ISO/IEC 7812-1); networks get new ranges there every year."""

# First and last prefix, both inclusive, and the lengths that issuer uses.
_ISSUERS: Final = (
    ("Visa", 4, 4, (16, 19, 13)),
    ("Mastercard", 51, 55, (16,)),
    ("Mastercard", 2221, 2720, (16,)),
    ("Mir", 2200, 2204, (16, 17, 18, 19)),
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


def card_end(run: bytes, first: int, groups: list[bytes]) -> tuple[int, bool]:
    """Return where a card ends that begins with the first group, and whether its issuer is known.

    0 if none begins there. One of an unknown issuer may have any length, but is the whole run.
    """
    beginning = digits_of(run[first : first + 8])
    lengths = _lengths(beginning)
    if not lengths:
        whole = first == 0 and beginning[0] in _MAJOR_INDUSTRIES
        number = digits_of(run) if whole and len(run) <= _LONGEST_WRITTEN else b""
        return (len(run) if len(number) in _CALLED and passes_luhn(number) else 0), False
    end, length = first - 1, 0
    ends: dict[int, int] = {}
    for group in groups:
        length += len(group)
        end += len(group) + 1
        if length > LONGEST:
            break
        ends[length] = end
    for wanted in lengths:
        last = ends.get(wanted, 0)
        if last and passes_luhn(digits_of(run[first:last])):
            return last, True
    return 0, False


def has_issuer(number: bytes) -> bool:
    """Tell whether an issuer is known that uses this beginning for numbers of this length."""
    return len(number) in _lengths(number)


def _lengths(beginning: bytes) -> tuple[int, ...]:
    """Return the lengths of the cards of the issuer with this beginning; none if unknown."""
    for width in range(4, 0, -1):
        if lengths := _BY_PREFIX.get(beginning[:width]):
            return lengths
    return ()


def passes_luhn(number: bytes) -> bool:
    """Check the last digit after Luhn (ISO/IEC 7812-1, annex B)."""
    plain, doubled = number[-1::-2].translate(_VALUES), number[-2::-2].translate(_DOUBLED)
    return (sum(plain) + sum(doubled)) % 10 == 0
