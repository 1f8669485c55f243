"""Values that say nothing by themselves, found where a label beside them says what they are.

A value belongs to the nearest label before it, whatever kind that label is of, so that in
`passport office, order no. 12345678` the number is an order's. Between the two stand only signs,
numbering words and short words, or a few other words that end in `:`, `is` or `number`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from reflex_layer.engine import Pattern, compiled, first, is_whole
from reflex_layer.pii.reading import Reading
from reflex_layer.pii.recogniser import is_joined, stands_alone

ANCHOR: Final = r"[0-9](?:[a-z./ -]{0,3}[0-9]){3}"
"""Stands in every value with a label; shared by the kinds, so that it is looked for once."""

INNOCENT: Final = ""
"""The kind of the labels of what is nobody's private data."""

INNOCENT_CUES: Final = (
    *("order", "order number", "order no", "order id", "purchase order", "po number", "po box"),
    *("invoice", "invoice number", "invoice no", "tracking", "tracking number", "shipment"),
    *("ticket", "ticket number", "case number", "case id", "case no", "reference number", "ref no"),
    *("part number", "part no", "serial number", "serial no", "model number", "product id", "sku"),
    *("isbn", "issn", "doi", "commit", "build", "build number", "version", "revision", "release"),
    *("passport to", "born to run", "born to be", "born to die", "born to win", "born this way"),
    *("passport office", "passport control", "passport fee", "passport photo", "software license"),
    *("license key", "license plate", "plate number", "business license", "ein", "employer id"),
    *("employer identification", "vat number", "vat id", "zip", "zip code", "postal code", "swift"),
    *("bic", "sort code", "amount", "balance", "total", "price", "fee", "page", "pages", "session"),
    *("transaction id", "transaction number", "request id", "trace id", "user id", "customer id"),
    *("member id", "policy number", "policy no", "claim number", "group number", "flight", "epoch"),
    *("phone", "phone number", "telephone", "mobile", "cell", "fax", "tel", "sha256", "checksum"),
    *("expires", "expiry", "expiration", "expiration date", "expiry date", "valid until", "issued"),
    *("issue date", "date of issue", "admitted", "admission", "discharged", "died", "deceased"),
    *("founded", "released", "published", "hired", "married", "appointment", "last seen", "visit"),
    *(
        "created at",
        "updated at",
        "timestamp",
        "bestellung",
        "bestellnummer",
        "rechnung",
        "telefon",
    ),
    *("rechnungsnummer", "kundennummer", "aktenzeichen", "gultig bis", "ausgestellt am", "seite"),
    *("commande", "facture", "expire le", "delivre le", "telephone", "pedido", "factura", "caduca"),
    *("valido hasta", "ordine", "fattura", "scadenza", "rilasciato il", "encomenda", "fatura"),
    *("validade", "bestelling", "factuur", "geldig tot", "zamowienie", "faktura", "wazny do"),
)

REACH: Final = 64
"""How far from its label a value may end, in characters."""

_WORDS: Final = (
    "number|numbers|nbr|value|code|text|field|string|reads|following|above|below|with|from|card"
    "|book|holder|document|nummer|lautet|meine|meines|seine|ihre|dein|numero|como|come|sous|avec"
    "|della|numer|british|german|french|italian|spanish|american|canadian|indian|state"
)
_LINK: Final = compiled(rf"(?:[\s:=#.,|<>()\[\]{{}}\"'`*_/\\\xfe-]|\b(?:[a-z]{{1,3}}|{_WORDS})\b)*")
_PHRASE: Final = compiled(
    r"(?:[^.;!?\n0-9]|\b(?:dr|mr|mrs|ms|st|prof|no|nr|geb|sr|sra|hr|fr)\.){1,48}(?:[:=#]|\b(?:is|was|are|reads|number|no|nr|num|nummer|numero|ist|lautet"
    r"|est|es|jest|numer|on|am|le|el|il|op|em)\b\.?)[\s\"'(]{0,4}"
)
_GLUE: Final = (
    r"[\"')]?\s{0,2}(?:\(|=|\b(?:is|was|as|ist|als|est|comme|es|como|e|come|jest)\b)"
    r"(?:[ \"'](?:a|an|the|my|his|her|their|your|our|mein|meine|mon|ma|mi|su|il|mio|meu|mijn|new)"
    r"|[ \"']){0,3}"
)


class Label(NamedTuple):
    """Which values a kind has: after its label, and before it (`… is my passport number`)."""

    after: Pattern
    before: Pattern


class Labelled(NamedTuple):
    """A value at a span of the shadow, and how sure its label makes it."""

    start: int
    end: int
    confidence: float


def label(value: str) -> Label:
    """Return how the values of an RE2 pattern for lower case are looked for."""
    return Label(compiled(rf"\b(?:{value})\b"), compiled(rf"\b(?:{value}){_GLUE}$"))


def labelled(
    reading: Reading, kind: str, looked_for: Label, direct: float = 0.85, distant: float = 0.6
) -> Iterator[Labelled]:
    """Yield the values of a kind beside its labels, one for each label at most.

    `direct` is the confidence beside the label, `distant` with a few words between; 0 for none.
    """
    taken = 0
    for start, end in reading.cues.get(kind, ()):
        limit = reading.next_cue(end)
        found = _after(reading, looked_for.after, end, min(limit, end + REACH), distant, direct)
        if found is None and start > taken:
            found = _before(reading, looked_for, max(taken, start - REACH), start, direct)
        if found is not None:
            taken = found.end
            yield found


def _after(
    reading: Reading, pattern: Pattern, start: int, limit: int, distant: float, direct: float
) -> Labelled | None:
    # A value that goes on past the limit is cut there and does not stand alone.
    window = reading.lower[start:limit]
    place = first(pattern, window, 0, len(window))
    if place is None:
        return None
    found, end = start + place[0], start + place[1]
    # A sign right after the label joins the value with the label alone: `MRN-0048201`.
    signed = place[0] == 1 and window[:1] != b" "
    joined = is_joined(reading, start if signed else found, end)
    if joined or not stands_alone(reading, found, end):
        return None
    if is_whole(_LINK, window, 0, place[0]):
        return Labelled(found, end, direct)
    if distant and is_whole(_PHRASE, window, 0, place[0]):
        return Labelled(found, end, distant)
    return None


def _before(
    reading: Reading, looked_for: Label, limit: int, start: int, direct: float
) -> Labelled | None:
    window = reading.lower[limit:start]
    place = first(looked_for.before, window, 0, len(window))
    if place is None:
        return None
    value = first(looked_for.after, window, place[0], len(window))
    if value is None:
        return None
    found, end = limit + value[0], limit + value[1]
    if not stands_alone(reading, found, end) or is_joined(reading, found, end):
        return None
    return Labelled(found, end, direct)
