"""Pure: what a remote guard answers. `docs/components/reflex-layer.md` describes the forms."""

from __future__ import annotations

import json
from typing import Any

from reflex_layer.guard.labels import attack_score


class BadAnswer(ValueError):
    """The answer has none of the forms."""


def score_in(body: bytes, attacks: frozenset[str]) -> float:
    """Return how surely the text attacks, 0 to 1; raises BadAnswer, NoAttackLabel.

    Three forms: `{"score": 0.9}` is the score itself; `[{"label": …, "score": …}, …]` is what a
    classifier answers, also alone in a list, or one such object without a list.
    """
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        raise BadAnswer from None
    if isinstance(answer, dict) and "label" not in answer:
        return _score(answer)
    listed = [answer] if isinstance(answer, dict) else answer
    if isinstance(listed, list) and len(listed) == 1 and isinstance(listed[0], list):
        listed = listed[0]
    if not isinstance(listed, list) or not listed:
        raise BadAnswer
    return attack_score([(_label(item), _score(item)) for item in listed], attacks)


def _label(item: Any) -> str:
    if isinstance(item, dict) and isinstance(label := item.get("label"), str):
        return label
    raise BadAnswer


def _score(item: Any) -> float:
    score = item.get("score") if isinstance(item, dict) else None
    if isinstance(score, (int, float)) and not isinstance(score, bool) and 0 <= score <= 1:
        return float(score)
    raise BadAnswer
