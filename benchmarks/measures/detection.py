"""How well private values are found: precision, recall and F1 on the labelled texts.

A finding counts when it has the kind of a label and overlaps it by half or more of what either
covers. Beside a peer only the kinds that both have count, for both; the peer is asked at the
confidence at which it does best on these very texts, and we at our default.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from measures import ours
from measures.corpus import SEED, Labelled, corpus
from measures.presidio import KINDS, Presidio
from measures.spans import Span, overlap
from octollm.verdict import PiiType

LEAST_OVERLAP: Final = 0.5
CONFIDENCES: Final = (0.0, 0.1, 0.3, 0.4, 0.5, 0.6, 0.8)
_INSIDE: Final = frozenset((PiiType.EMAIL, PiiType.PASSWORD, "IP"))
_ADDRESSES: Final[dict[str, str]] = {PiiType.IPV4: "IP", PiiType.IPV6: "IP"}


def measure(size: int, peer: Presidio | None) -> dict[str, Any]:
    """Return how well we do on `size` texts, and beside the peer if there is one."""
    texts = corpus(size)
    found = [ours.find(text.text) for text in texts]
    kinds = {merged(span).kind for text in texts for span in text.spans}
    hidden = [(t, f) for t, f in zip(texts, found, strict=True) if t.is_disguised]
    return {
        "texts": size,
        "seed": SEED,
        "values": sum(len(text.spans) for text in texts),
        "disguised": len(hidden),
        "decoys": sum(not text.spans for text in texts),
        "ours": tally(texts, found, kinds).figures(),
        "ours_disguised": tally([t for t, _ in hidden], [f for _, f in hidden], kinds).figures(),
        "beside_peer": _beside(texts, found, peer) if peer else None,
    }


def _beside(texts: list[Labelled], found: list[list[Span]], peer: Presidio) -> dict[str, Any]:
    kinds = set(KINDS.values())
    theirs = [peer.find(text.text) for text in texts]
    best = max(CONFIDENCES, key=lambda least: tally(texts, theirs, kinds, least).f1())
    return {
        "kinds": sorted(map(str, kinds)),
        "ours": tally(texts, found, kinds).figures(),
        "presidio": tally(texts, theirs, kinds, best).figures(),
        "presidio_confidence": best,
    }


class Tally:
    """What was found, found in vain and missed."""

    def __init__(self) -> None:
        self.hits: Counter[str] = Counter()
        self.vain: Counter[str] = Counter()
        self.missed: Counter[str] = Counter()

    def add(self, labels: Sequence[Span], findings: Sequence[Span]) -> None:
        """Count one text."""
        left = list(findings)
        for label in labels:
            best = max(
                (f for f in left if f.kind == label.kind),
                key=lambda f: overlap(f, label),
                default=None,
            )
            if best is not None and overlap(best, label) >= LEAST_OVERLAP:
                left.remove(best)
                self.hits[label.kind] += 1
            else:
                self.missed[label.kind] += 1
        self.vain.update(f.kind for f in left if not _explained(f, labels))

    def f1(self, kind: str | None = None) -> float:
        """Return the F1 of one kind, or over all findings."""
        hits, vain, missed = (
            counter[kind] if kind else counter.total()
            for counter in (self.hits, self.vain, self.missed)
        )
        return 2 * hits / (2 * hits + vain + missed) if hits else 0.0

    def figures(self) -> dict[str, Any]:
        """Return precision, recall and F1 over all findings, and F1 by kind."""
        hits, vain, missed = self.hits.total(), self.vain.total(), self.missed.total()
        kinds = sorted(set(self.hits) | set(self.missed))
        return {
            "micro_f1": round(self.f1(), 4),
            "precision": round(hits / max(1, hits + vain), 4),
            "recall": round(hits / max(1, hits + missed), 4),
            "by_kind": {str(kind): round(self.f1(kind), 3) for kind in kinds},
        }


def tally(
    texts: Iterable[Labelled],
    findings: Iterable[Sequence[Span]],
    kinds: Collection[str],
    confidence: float = 0.0,
) -> Tally:
    """Count the labels and findings of some kinds."""
    counted = Tally()
    for text, found in zip(texts, findings, strict=True):
        labels = [merged(s) for s in text.spans]
        sure = {merged(f) for f in found if f.confidence >= confidence}
        counted.add(
            [label for label in labels if label.kind in kinds],
            sorted(f for f in sure if f.kind in kinds),
        )
    return counted


def merged(span: Span) -> Span:
    """Return the span with the two kinds of IP address as one."""
    return Span(_ADDRESSES.get(span.kind, span.kind), *span[1:3])


def _explained(found: Span, labels: Sequence[Span]) -> bool:
    """Tell whether a link is merely the host of a labelled address, or stands around one."""
    return found.kind == PiiType.URL and any(
        label.kind in _INSIDE and overlap(found, label) > 0 for label in labels
    )
