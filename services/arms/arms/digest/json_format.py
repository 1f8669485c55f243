"""JSON: an object, an array or JSON lines; its shape, its fields, and what they hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from json import JSONDecodeError, JSONDecoder

from pydantic import JsonValue

from arms.digest.fields import Shape, listing, show_field, survey
from arms.digest.figures import MAX_EXACT_DIGITS, show
from arms.digest.report import Digested, NotThisFormat, Section, code, plural, table

MAX_FIELDS = 80
"""Fields past this are counted, not described."""

BAD_LINES = 0.1
"""The share of lines of JSON lines that may be broken; a copied log is often cut at its ends."""


@dataclass
class Document:
    """What was decoded. `form` is `object`, `array`, `lines` or `value`."""

    form: str
    value: object
    bad_lines: list[int] = field(default_factory=list)
    repeated_keys: int = 0


@dataclass
class _Reader:
    """A decoder that survives what JSON allows and Python or PostgreSQL does not.

    RFC 8259 sets no limit to the size of a number; Python refuses to read whole numbers past
    4,300 digits. Here long ones become floats, and those past a float's range stay text.
    """

    repeated_keys: int = 0
    decoder: JSONDecoder = field(init=False)

    def __post_init__(self) -> None:
        self.decoder = JSONDecoder(
            parse_int=_whole, parse_float=_fraction, object_pairs_hook=self._object
        )

    def read(self, text: str) -> object:
        """Return the value; raise ValueError when there is none or it nests too deep."""
        try:
            return self.decoder.decode(text)
        except RecursionError:
            raise ValueError("it nests too deep") from None

    def _object(self, pairs: list[tuple[str, object]]) -> dict[str, object]:
        made = dict(pairs)
        self.repeated_keys += len(pairs) - len(made)
        return made


def fits(text: str) -> bool:
    """Whether a text is a JSON object or array, or mostly lines of them."""
    if not text.lstrip("\ufeff \t\r\n").startswith(("{", "[")):
        return False
    try:
        return parse(text).form != "value"
    except NotThisFormat:
        return False


def parse(text: str) -> Document:
    """Decode a text as one document, else as JSON lines; raise `NotThisFormat` when neither."""
    text = text.removeprefix("\ufeff")
    reader = _Reader()
    try:
        value = reader.read(text)
    except JSONDecodeError as error:
        lines = _lines(text)
        if lines is None:
            where = f"line {error.lineno}, column {error.colno}"
            raise NotThisFormat(f"it cannot be read at {where}") from None
        return lines
    except ValueError as error:
        raise NotThisFormat(str(error)) from None
    form = "object" if isinstance(value, dict) else "array" if isinstance(value, list) else "value"
    return Document(form, value, repeated_keys=reader.repeated_keys)


def digest(text: str, top: int) -> Digested:
    """Return the digest of a JSON text; raise `NotThisFormat` when it is none."""
    document = parse(text)
    root, depth = survey(document.value)
    shapes = listing(root)
    described = [shape.data(top) for shape in shapes[:MAX_FIELDS]]
    data: dict[str, JsonValue] = {
        "form": document.form,
        "depth": depth,
        "field_count": len(shapes),
        "types": {**_types(shapes)},
        "bad_lines": [*document.bad_lines[:top]],
        "bad_line_count": len(document.bad_lines),
        "repeated_keys": document.repeated_keys,
        "fields": [*described],
    }
    size = len(document.value) if isinstance(document.value, list | dict) else 1
    data["size"] = size
    sections = [
        Section("Overview", _overview(document, root, depth, shapes, top)),
        table("Fields", ("field", "holds", "filled", "values"), map(show_field, described)),
    ]
    return Digested("json", f"JSON: {_named(document.form, size)}", sections, data)


def _lines(text: str) -> Document | None:
    """Decode JSON lines, or return None when too many lines are neither object nor array."""
    reader = _Reader()
    values: list[object] = []
    bad: list[int] = []
    filled = [(at, line) for at, line in enumerate(text.split("\n"), 1) if line.strip()]
    for at, line in filled:
        try:
            if not line.lstrip().startswith(("{", "[")):
                raise ValueError("neither object nor array")
            values.append(reader.read(line))
        except ValueError:
            bad.append(at)
            if len(bad) > max(1, BAD_LINES * len(filled)):
                return None
    if len(values) < 2:
        return None
    return Document("lines", values, bad, reader.repeated_keys)


def _types(shapes: list[Shape]) -> dict[str, int]:
    totals: dict[str, int] = {}
    for shape in shapes:
        for kind, count in shape.kinds.items():
            totals[kind] = totals.get(kind, 0) + count
    return dict(sorted(totals.items()))


def _named(form: str, size: int) -> str:
    if form == "object":
        return f"an object with {plural(size, 'key')}"
    if form == "array":
        return f"an array of {plural(size, 'item')}"
    return plural(size, "line") if form == "lines" else "a single value"


def _overview(
    document: Document, root: Shape, depth: int, shapes: list[Shape], top: int
) -> list[str]:
    counts = ", ".join(f"{show(n)} {kind}" for kind, n in _types(shapes).items())
    lines = [f"- Nests {plural(depth, 'level')} deep; {plural(len(shapes), 'field')}: {counts}"]
    if root.keys:
        keys = ", ".join(code(key, 40) for key in list(root.keys)[:top])
        more = ", …" if len(root.keys) > top else ""
        lines.append(f"- Keys: {keys}{more}")
    if document.bad_lines:
        at = ", ".join(map(str, document.bad_lines[:top]))
        lines.append(f"- Lines that cannot be read: {len(document.bad_lines):,} (line {at})")
    if document.repeated_keys:
        lines.append(f"- Keys that repeat within one object: {document.repeated_keys:,}")
    if len(shapes) > MAX_FIELDS:
        lines.append(f"- Only the first {MAX_FIELDS} fields are described")
    return lines


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= MAX_EXACT_DIGITS else float(digits)


def _fraction(digits: str) -> float:
    return float(digits)
