"""Payment card numbers: issuer prefix and length (ISO/IEC 7812), check digit after Luhn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans
from reflex_layer.pii.recogniser import Found, digits_of, near, stands_alone, words
from reflex_layer.text import Shadow

_RUN: Final = compiled(r"[0-9](?:[ ./-]?[0-9]){11,}")
_TO_SPACES: Final = bytes.maketrans(b"./-", b"   ")
_CONTEXT: Final = words(
    "pay|pay with|payment|charge|charged|billing|card|card number|credit card|debit card|cc|pan|visa|mastercard|amex"
    "|american express|maestro|discover|kreditkarte|karte|carte|carte bancaire|tarjeta"
    "|kartennummer|diners|jcb|unionpay",
)
_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes([0, 2, 4, 6, 8, 1, 3, 5, 7, 9]))
_VALUES: Final = bytes.maketrans(b"0123456789", bytes(range(10)))
_LONGEST: Final = 19
_SURE: Final = 15
_SHORTEST_ALONE: Final = 13
"""A shorter number without groups and context is an account, in clouds as in banks."""

_LEAST_IN_GROUP: Final = 4
_MOST_IN_GROUP: Final = 6
_PAIR: Final = 2
_GROUPS_IN_CARD: Final = 4
_SURE_ENOUGH: Final = 0.9
_BINDING: Final = frozenset((b"=", b"/", b":", b"-", b"."))
_JOINTS: Final = frozenset((b"-", b".", b"/"))
_LONGEST_CALLED: Final = 64
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


class CreditCard:
    kind = PiiType.CREDIT_CARD
    anchor = r"[0-9](?:[ ./-]?[0-9]){11}"
    positive = (
        "Pay with ⟦4111 1111 1111 1111⟧ 12/27 please.",
        "card_number=⟦5555555555554444⟧",
        "amex ⟦3782-822463-10005⟧",
        "Kreditkarte: ⟦6011.1111.1111.1117⟧",
        "⟦４１１１ １１１１ １１１１ １１１１⟧",
        "+44 20 7946 0958 ⟦4111 1111 1111 1111⟧ ⟦5555 5555 5555 4444⟧",
        "⟦4111 1111 1111 1111⟧ ⟦5555 5555 5555 4444⟧",
        "order 77 ⟦4111-1111-1111-1111⟧",
        "⟦4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1⟧",
        "my card 5812 is new: ⟦587428561654⟧",
        "card number ⟦3598899323053410⟧ is lost",
    )
    negative = (
        "4111 1111 1111 1112",
        "id 1234567812345670",
        "41111111111111111111",
        "x4111111111111111",
        "timestamp 1719412345678",
        "0.4111111111111111",
        "arn:aws:greengrass:us-west-2:675946970638:components",
        "points 5.027343 2.644531 6.226562 and 4.923-2.137-10.568",
        "0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15, 41 42 43 44 45 46 47 48",
        "8276 0091 4111 1111 1111 1111 9374 7901",
        "lease 3057412214754344006 and row 477644125 8521301",
        "GET /a.js?v=4222222222222 of account 675970/181466",
        "card reader 7 of batch 9795526789839145",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        for start, end in spans(_RUN, shadow.lower):
            if stands_alone(shadow, start, end):
                yield from self._in_run(shadow, start, end)

    def _in_run(self, shadow: Shadow, start: int, end: int) -> Iterator[Found]:
        """Yield the cards in a run of digit groups; a card begins and ends with a group."""
        run = shadow.lower[start:end]
        groups = run.translate(_TO_SPACES).split()
        spaced = len(groups) <= _LONGEST and len(run) == 2 * len(groups) - 1
        bound = shadow.lower[start - 1 : start] in _BINDING
        least = _SURE if bound else _SHORTEST_ALONE
        row = _is_row(groups)
        first = taken = 0
        for index, group in enumerate(groups):
            place, first = first, first + len(group) + 1
            begins = len(group) >= _LEAST_IN_GROUP or (spaced and index == 0)
            # After a point come decimals.
            if not begins or place < taken or run[place - 1 : place] == b".":
                continue
            last, known = _card_end(run, place, groups[index : index + _LONGEST])
            if not last or _ends_another(run, place, last):
                continue
            sure = _confidence(run, place, last, least) if known and not row else 0.0
            called = sure < _SURE_ENOUGH and len(run) <= _LONGEST_CALLED
            if called and near(shadow, start, end, _CONTEXT):
                sure = _confidence(run, place, last, 0)
            if sure:
                taken = last
                yield Found(self.kind, start + place, start + last, sure)


def _confidence(run: bytes, first: int, last: int, least: int) -> float:
    """Return how sure a number that passes its check is a card; 0 for none.

    `least` is the length of one without groups, 0 for any that is called a card.
    """
    card = run[first:last]
    signs = card.translate(None, b"0123456789")
    groups = [len(group) for group in card.split(signs[:1] or None)]
    if len(set(signs)) > 1 or (
        len(groups) > 1
        and not _LEAST_IN_GROUP <= min(groups[:-1]) <= max(groups) <= _MOST_IN_GROUP
        and not _is_spaced(groups, card, run)
    ):
        return 0.0
    if not least:
        return _SURE_ENOUGH
    if len(groups) == _PAIR:
        return 0.0
    if len(groups) > _PAIR or _SURE <= len(card) < _LONGEST:
        return _SURE_ENOUGH
    return 0.5 if least <= len(card) < _SURE else 0.0


def _ends_another(run: bytes, first: int, last: int) -> bool:
    """Tell whether the first group belongs to a number before it, as in `555-2671 4111 1111 …`."""
    before = run[first - 1 : first]
    return before in _JOINTS and before not in run[first:last] and b" " in run[first:last]


def _is_row(groups: list[bytes]) -> bool:
    """Tell a row of numbers of four digits, as in a table, from cards side by side."""
    if len(groups) <= _GROUPS_IN_CARD or any(len(group) != _LEAST_IN_GROUP for group in groups):
        return False
    quads = (groups[i : i + _GROUPS_IN_CARD] for i in range(0, len(groups), _GROUPS_IN_CARD))
    return not all(passes_luhn(b"".join(quad)) for quad in quads)


def _is_spaced(groups: list[int], card: bytes, run: bytes) -> bool:
    """Tell a card whose digits stand alone, one by one, from a row of a table."""
    return max(groups) == 1 and len(card) == len(run)


def _card_end(run: bytes, first: int, groups: list[bytes]) -> tuple[int, bool]:
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
        if length > _LONGEST:
            break
        ends[length] = end
    for wanted in lengths:
        last = ends.get(wanted, 0)
        if last and passes_luhn(digits_of(run[first:last])):
            return last, True
    return 0, False


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
