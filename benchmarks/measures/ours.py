"""The Reflex Layer, asked in this process."""

from __future__ import annotations

from functools import partial
from math import inf
from typing import Final

from measures.spans import Span
from reflex_layer.ruleset import Ruleset
from reflex_layer.screen import screen

RULES: Final = Ruleset(time_budget=inf)
"""The default rules without a limit of time, which would flatter the slowest texts."""

screen_pii: Final = partial(screen, rules=RULES, check_injection=False)
screen_injection: Final = partial(screen, rules=RULES, check_pii=False)
screen_both: Final = partial(screen, rules=RULES)


def find(text: str) -> list[Span]:
    """Return the private values found in `text`, however unsure."""
    matches = screen_pii(text).pii_matches
    return [Span(m.pii_type, m.start, m.end, m.confidence) for m in matches]
