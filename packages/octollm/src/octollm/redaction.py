"""Pure: private spans become placeholders such as `<EMAIL_1>`, and placeholders values again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from octollm.verdict import PiiMatch

_PLACEHOLDER = re.compile(r"<[A-Z0-9_]+_[1-9][0-9]*>")


@dataclass(frozen=True)
class Redacted:
    """A text without its private values, and the values by placeholder."""

    text: str
    values: dict[str, str] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    """How often each kind was replaced."""


def redact(text: str, matches: Iterable[PiiMatch], known: Mapping[str, str] = {}) -> Redacted:
    """Replace every matched span of `text` by a placeholder.

    The same value gets the same placeholder throughout, also across calls when the `values` of
    an earlier call are passed as `known`. Overlapping spans count as one, of the kind that
    starts first (the longer one on a tie); empty spans count for nothing. A placeholder that
    already stands in `text` is never handed out; one that stands there and is `known` is
    replaced as a value of its own, uncounted. So `restore` with this call's `values` gives back
    exactly `text`.

    Raises ValueError for a span that ends before it starts or past the end of `text`: such
    offsets belong to another text or count bytes, and would let private values through.
    """
    spans = _spans(matches, len(text))
    names = _Placeholders(text, known)
    counts: dict[str, int] = {}
    pieces: list[str] = []
    position = 0
    for kind, start, end in spans:
        pieces += [names.protect(text[position:start]), names.of(kind, text[start:end])]
        counts[kind] = counts.get(kind, 0) + 1
        position = end
    pieces.append(names.protect(text[position:]))
    return Redacted("".join(pieces), names.values, counts)


def restore(text: str, values: Mapping[str, str]) -> str:
    """Put the values back in the place of their placeholders, in one pass."""
    return _PLACEHOLDER.sub(lambda found: values.get(found.group(), found.group()), text)


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
    """Hands out placeholders that stand neither in one text nor for another value."""

    def __init__(self, text: str, known: Mapping[str, str]) -> None:
        self.values = dict(known)
        self._by_value = {value: placeholder for placeholder, value in known.items()}
        self._standing = set(_PLACEHOLDER.findall(text))
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
        return _PLACEHOLDER.sub(
            lambda found: (
                self.of("Text", found.group()) if found.group() in self.values else found.group()
            ),
            kept,
        )

    def _fresh(self, kind: str) -> str:
        """Return the next placeholder of a kind; `GitHubToken` gives `<GIT_HUB_TOKEN_1>`."""
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", kind).upper()
        name = re.sub(r"[^A-Z0-9_]", "_", words) or "PRIVATE"
        while True:
            self._last[name] += 1
            placeholder = f"<{name}_{self._last[name]}>"
            if placeholder not in self.values and placeholder not in self._standing:
                return placeholder
