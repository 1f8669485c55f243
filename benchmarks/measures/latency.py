"""How long a text takes inside the process, ours beside Presidio's on the same texts."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import cycle
from typing import Any, Final

from measures import ours
from measures.corpus import PROSE, SEED
from measures.cues import CUES
from measures.hostile import HOSTILE
from measures.numbers import seeded
from measures.presidio import Presidio
from measures.timing import Effort, timed
from measures.values import MAKERS
from octollm.verdict import PiiType
from reflex_layer.screen import warm_up

SHORT: Final = 1_000
_DENSE: Final = (
    PiiType.EMAIL,
    PiiType.PHONE,
    PiiType.SSN,
    PiiType.CREDIT_CARD,
    PiiType.IBAN,
    PiiType.IPV4,
    PiiType.URL,
    PiiType.DATE_OF_BIRTH,
)


def clean(length: int) -> str:
    """Return English prose without anything private."""
    random, text = seeded(SEED), ""
    while len(text) < length:
        text += " ".join(random.sample(PROSE, len(PROSE))) + "\n\n"
    return text[:length]


def dense(length: int) -> str:
    """Return a text that is little but private values, of the eight most frequent kinds."""
    random, text = seeded(SEED), ""
    for kind in cycle(_DENSE):
        text += random.choice(CUES[kind].sentences).format(MAKERS[kind](random)) + " "
        if len(text) >= length:
            break
    return text[:length]


def measure(peer: Presidio | None, longest: int, effort: Effort) -> dict[str, Any]:
    """Return medians in seconds; `presidio` is None where the peer is absent."""
    warm_up(ours.RULES)
    texts = {"clean": clean(SHORT), "clean_long": clean(longest), "dense": dense(SHORT)}

    def taken(screen: Callable[[str], object], name: str) -> float:
        return timed(partial(screen, texts[name]), effort)

    figures: dict[str, Any] = {"short": SHORT, "long": longest}
    for name in texts:
        figures[f"pii_{name}"] = {
            "ours": taken(ours.screen_pii, name),
            "presidio": taken(peer.analyse, name) if peer else None,
        }
        figures[f"injection_{name}"] = {"ours": taken(ours.screen_injection, name)}
        figures[f"both_{name}"] = {"ours": taken(ours.screen_both, name)}
    figures["pii_hostile"] = _hostile(ours.screen_pii, longest, effort)
    figures["both_hostile"] = _hostile(ours.screen_both, longest, effort)
    return figures


def _hostile(screen: Callable[[str], object], length: int, effort: Effort) -> dict[str, Any]:
    """Return the time of every hostile text, the slowest first."""
    taken = {n: timed(partial(screen, make(length)), effort) for n, make in HOSTILE.items()}
    by_text = dict(sorted(taken.items(), key=lambda item: -item[1]))
    return {"ours": max(taken.values()), "by_text": by_text}
