"""Pure: private spans become placeholders such as `<EMAIL_1>`, and placeholders values again.

A model may write a placeholder its own way: `<email_1>`, `<Email 1>`, `\\<EMAIL\\_1\\>`,
`&lt;EMAIL_1&gt;`, `\\u003cEMAIL_1\\u003e`. All of these stand for the same value, and all of them
count as placeholders where a text holds them before it is redacted.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field

from pydantic import JsonValue

from octollm.verdict import PiiMatch

_INNER = r"(?:[A-Za-z0-9]|\\{0,2}[_ -])"
_NAME = rf"({_INNER}{{1,64}})"
_PLACEHOLDER = re.compile(
    rf"<{_NAME}>"
    rf"|&lt;{_NAME}&gt;"
    rf"|\\{{1,2}}u003[cC]{_NAME}\\{{1,2}}u003[eE]"
    rf"|\\{{1,2}}<{_NAME}\\{{1,2}}>"
)
_BEGUN = re.compile(  # what a text may end with that could still become a placeholder
    rf"(?:<{_INNER}{{0,64}}\\{{0,2}}"
    rf"|&(?:l(?:t(?:;{_INNER}{{0,64}}(?:\\{{0,2}}|&(?:gt?)?))?)?)?"
    rf"|\\{{1,2}}(?:u(?:0(?:0(?:3(?:[cC]{_INNER}{{0,64}}"
    rf"(?:\\{{0,2}}|\\{{1,2}}u(?:0(?:03?)?)?))?)?)?)?)?"
    rf"|\\{{1,2}}<{_INNER}{{0,64}}\\{{0,2}})\Z"
)
_SEPARATORS = re.compile(r"[\\_ -]+")
_MAX_NAME = 40
MAX_HELD_CHARACTERS = 64 * 3 + 14
"""What a `StreamRestorer` holds back at most: an opening, a name and a closing, all escaped."""


@dataclass(frozen=True)
class Redacted:
    """A text without its private values, and the values by placeholder."""

    text: str
    values: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    """How often each kind was replaced."""


def redact(
    text: str,
    matches: Iterable[PiiMatch],
    known: Mapping[str, str] = {},
    taken: Set[str] = frozenset(),
) -> Redacted:
    """Replace every matched span of `text` by a placeholder.

    The same value gets the same placeholder throughout, also across calls when the `values` of
    an earlier call are passed as `known`. Overlapping spans count as one, of the kind that
    starts first (the longer one on a tie); empty spans count for nothing. A placeholder that
    already stands in `text` is never handed out; one that stands there and is `known` is
    replaced as a value of its own, uncounted. So `restore_verbatim` with this call's `values`
    gives back exactly `text`. Of several texts that are restored with the same values, pass what
    `placeholders_in` finds in any of them as `taken`: none of it is handed out either.

    Raises ValueError for a span that ends before it starts or past the end of `text`: such
    offsets belong to another text or count bytes, and would let private values through.
    """
    spans = _spans(matches, len(text))
    names = _Placeholders(known, placeholders_in(text) | taken)
    counts: dict[str, int] = {}
    pieces: list[str] = []
    position = 0
    for kind, start, end in spans:
        pieces += [names.protect(text[position:start]), names.of(kind, text[start:end])]
        counts[kind] = counts.get(kind, 0) + 1
        position = end
    pieces.append(names.protect(text[position:]))
    return Redacted("".join(pieces), names.values, counts)


def placeholders_in(text: str) -> set[str]:
    """Return what reads as a placeholder in a text, each the way `redact` writes it."""
    return {_canonical(found) for found in _PLACEHOLDER.finditer(text)}


def restore(text: str, values: Mapping[str, str]) -> str:
    """Put the values back in the place of their placeholders in what a model wrote, in one pass.

    If the text is a JSON document, it still is one afterwards: where a value as it is would break
    it, all are written as JSON strings write them.
    """
    restored = restore_verbatim(text, values)
    if restored == text or not _is_json(text) or _is_json(restored):
        return restored
    return restore_verbatim(
        text, {name: json.dumps(value, ensure_ascii=False)[1:-1] for name, value in values.items()}
    )


def restore_verbatim(text: str, values: Mapping[str, str]) -> str:
    """Put the values back exactly as they were; what `redact` made of a text becomes that text."""
    return _restoring(values)(text)


def restore_json(value: JsonValue, values: Mapping[str, str]) -> JsonValue:
    """Return a decoded JSON value with the values put back in its strings and its keys.

    Of keys that become the same the last one stays, as when JSON is read.
    """
    restoring = _restoring(values)

    def restored(item: JsonValue) -> JsonValue:
        if isinstance(item, str):
            return restoring(item)
        if isinstance(item, list):
            return [restored(one) for one in item]
        if isinstance(item, dict):
            return {restoring(name): restored(one) for name, one in item.items()}
        return item

    return restored(value)


class StreamRestorer:
    """Restores a text that comes in pieces: all that is returned, joined, is what
    `restore_verbatim` gives for the whole."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._restoring = _restoring(values)
        self._held = ""

    def feed(self, chunk: str) -> str:
        """Return what is certain by now; at most `MAX_HELD_CHARACTERS` are held back."""
        text = self._held + chunk
        begun = _BEGUN.search(text, max(0, len(text) - MAX_HELD_CHARACTERS))
        certain = begun.start() if begun else len(text)
        self._held = text[certain:]
        return self._restoring(text[:certain])

    def close(self) -> str:
        """Return the rest, in which a placeholder was begun and not ended."""
        rest, self._held = self._held, ""
        return rest


def _restoring(values: Mapping[str, str]) -> Callable[[str], str]:
    """Return the function that puts values back in a text."""
    by_name = {_canonical_name(name): value for name, value in values.items()}

    def value_of(found: re.Match[str]) -> str:
        return by_name.get(_canonical(found), found.group())

    return lambda text: _PLACEHOLDER.sub(value_of, text)


def _canonical(found: re.Match[str]) -> str:
    return _canonical_name(next(name for name in found.groups() if name is not None))


def _canonical_name(name: str) -> str:
    """Return a placeholder, given as such or without its brackets, the way `redact` writes it."""
    return f"<{_SEPARATORS.sub('_', name.strip('<>')).strip('_').upper()}>"


def _is_json(text: str) -> bool:
    if text.lstrip()[:1] not in ("{", "[", '"'):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _spans(matches: Iterable[PiiMatch], length: int) -> list[tuple[str, int, int]]:
    """Merge overlapping matches, in order of position."""
    merged: list[tuple[str, int, int]] = []
    for match in sorted(matches, key=lambda m: (m.start, -m.end)):
        if not match.start <= match.end <= length:
            raise ValueError("a match lies outside the text")
        if match.start == match.end:
            continue
        if merged and match.start < merged[-1][2]:
            kind, start, end = merged[-1]
            merged[-1] = (kind, start, max(end, match.end))
        else:
            merged.append((match.pii_type, match.start, match.end))
    return merged


class _Placeholders:
    """Hands out placeholders that stand neither where they are taken nor for another value."""

    def __init__(self, known: Mapping[str, str], taken: Set[str]) -> None:
        self.values = dict(known)
        self._by_value = {value: placeholder for placeholder, value in known.items()}
        self._taken = taken
        self._last: Counter[str] = Counter()

    def of(self, kind: str, value: str) -> str:
        """Return the placeholder of a value, a new one the first time."""
        if value not in self._by_value:
            placeholder = self._fresh(kind)
            self._by_value[value] = placeholder
            self.values[placeholder] = value
        return self._by_value[value]

    def protect(self, kept: str) -> str:
        """Return a stretch that stays, with nothing in it that `restore` would replace."""

        def protected(found: re.Match[str]) -> str:
            text = found.group()
            return self.of("Text", text) if _canonical(found) in self.values else text

        return _PLACEHOLDER.sub(protected, kept)

    def _fresh(self, kind: str) -> str:
        """Return the next placeholder of a kind; `GitHubToken` gives `<GIT_HUB_TOKEN_1>`."""
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).upper()
        name = re.sub(r"[^A-Z0-9]+", "_", words)[:_MAX_NAME].strip("_") or "PRIVATE"
        while True:
            self._last[name] += 1
            placeholder = f"<{name}_{self._last[name]}>"
            if placeholder not in self.values and placeholder not in self._taken:
                return placeholder
