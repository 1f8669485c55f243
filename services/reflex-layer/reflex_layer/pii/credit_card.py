"""Payment card numbers: issuer prefix and length (ISO/IEC 7812), check digit after Luhn."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans
from reflex_layer.pii.card_numbers import LONGEST, card_end, has_issuer, passes_luhn
from reflex_layer.pii.recogniser import Found, digits_of, near, stands_alone, words
from reflex_layer.text import Shadow

_RUN: Final = compiled(r"[0-9](?:[ ./-]?[0-9]){11,}")
# Two spaces between the groups, or the end of a line.
_WIDE_GAP: Final = r"(?: {2,3}|[ ./-]? ?\r?\n ?)"
_WIDE_RUN: Final = compiled(rf"[0-9]{{4,16}}(?:(?:{_WIDE_GAP}|[ ./-])[0-9]{{3,12}}){{1,5}}")
_GROUP: Final = compiled(r"[0-9]+")
_TO_SPACES: Final = bytes.maketrans(b"./-", b"   ")
_CONTEXT: Final = words(
    "pay|pay with|payment|charge|charged|billing|card|card number|credit card|debit card|cc|pan|visa|mastercard|amex"
    "|american express|maestro|discover|kreditkarte|karte|carte|carte bancaire|tarjeta"
    "|kartennummer|diners|jcb|unionpay",
)
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
_USUAL: Final = 16
_USUAL_IN_FOURS: Final = 19
_EQUAL_SIGNS: Final = frozenset((b"   ", b"---", b"...", b"///"))


class CreditCard:
    kind = PiiType.CREDIT_CARD
    anchor = rf"[0-9](?:[ ./-]?[0-9]){{11}}|[0-9]{{4}}{_WIDE_GAP}[0-9]{{3}}"
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
        "⟦4111  1111  1111  1111⟧ and\n⟦4111 1111\n1111 1111⟧, ⟦4111-1111-\n1111-1111⟧",
        "charge ⟦41111111\n11111111⟧",
        "card number:\n⟦4111\n1111\n1111\n1111⟧\n2027",
        "card number ⟦3598899323053410⟧ is lost",
    )
    negative = (
        "4111 1111 1111 1112",
        "id 1234567812345670",
        "41111111111111111111",
        "x4111111111111111",
        "4111\n1111\n1111\n1111",
        "1000  4111  1111  1111  1111  2222",
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
        if b"  " not in shadow.lower and b"\n" not in shadow.lower:
            return
        for start, end in spans(_WIDE_RUN, shadow.lower):
            if stands_alone(shadow, start, end):
                yield from self._in_wide_run(shadow, start, end)

    def _in_wide_run(self, shadow: Shadow, start: int, end: int) -> Iterator[Found]:
        """Yield the card that groups with wide gaps are, or the one among them that is called so.

        Of what is not called one at most two lines make a card: a column of numbers is none.
        """
        run = shadow.lower[start:end]
        if b"  " not in run and b"\n" not in run:
            return
        places = list(spans(_GROUP, run))
        groups = [run[first:last] for first, last in places]
        called = near(shadow, start, end, _CONTEXT)
        if _is_row(groups) and not called:
            return
        for index in range(len(groups) if called else 1):
            count = _groups_of_card(groups[index:])
            first, last = places[index][0], places[index + count - 1][1]
            if count and (called or (last == len(run) and run.count(b"\n") <= 1)):
                yield Found(self.kind, start + first, start + last, _SURE_ENOUGH)
                return

    def _in_run(self, shadow: Shadow, start: int, end: int) -> Iterator[Found]:
        """Yield the cards in a run of digit groups; a card begins and ends with a group."""
        run = shadow.lower[start:end]
        if _is_usual(run):
            yield Found(self.kind, start, end, _SURE_ENOUGH)
            return
        groups = run.translate(_TO_SPACES).split()
        spaced = len(groups) <= LONGEST and len(run) == 2 * len(groups) - 1
        if not spaced and max(map(len, groups)) < _LEAST_IN_GROUP:
            return
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
            last, known = card_end(run, place, groups[index : index + LONGEST])
            if not last or _ends_another(run, place, last):
                continue
            sure = _confidence(run, place, last, least) if known and not row else 0.0
            called = sure < _SURE_ENOUGH and len(run) <= _LONGEST_CALLED
            if called and near(shadow, start, end, _CONTEXT):
                sure = _confidence(run, place, last, 0)
            if sure:
                taken = last
                yield Found(self.kind, start + place, start + last, sure)
                if last == len(run):
                    return


def _is_usual(run: bytes) -> bool:
    """Tell a card as nearly all are written: 16 digits, in one piece or in fours."""
    if len(run) != _USUAL and not (len(run) == _USUAL_IN_FOURS and run[4::5] in _EQUAL_SIGNS):
        return False
    number = digits_of(run)
    return len(number) == _USUAL and has_issuer(number) and passes_luhn(number)


def _groups_of_card(groups: list[bytes]) -> int:
    """Return how many groups are a card of a known issuer, from the first on; 0 for none."""
    narrow = b" ".join(groups)
    last, known = card_end(narrow, 0, groups)
    if not (last and known and len(groups[0]) >= _LEAST_IN_GROUP):
        return 0
    alone = len(groups[0]) > _MOST_IN_GROUP
    return narrow.count(b" ", 0, last) + 1 if alone or _confidence(narrow, 0, last, 0) else 0


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
    if len(groups) > _PAIR or _SURE <= len(card) < LONGEST:
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
