"""Learns the weights of the linear score from the corpus: the same ones at every run.

    make weights

A logistic regression over the windows that the score weighs. In a long attack only some windows
attack: a second round learns from the window that the first takes for the most like one, and from
those beyond doubt. Texts of one template share what they weigh, lest the longest lists decide.
"""

from __future__ import annotations

import sys
from typing import Any, Final

import numpy as np
from drawing import drawn, fingerprint
from samples import Rows, rows
from scipy import sparse
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold

from reflex_layer.injection.linear import FILE, Linear

_STRENGTH: Final = 0.1
"""Inverse of the regularisation: what separates the security texts of the corpus best."""

_LEAST_GROUPS: Final = 3
"""Templates a feature must occur in; what one template alone says teaches nothing."""

_SHARED: Final = 0.8
"""The weight of a text falls with this power of how many windows its template has."""

_OTHER_LANGUAGES: Final = 0.1
"""What a text counts that is not English: the joins read those, and the score adds little there
that it would not take from English."""

_FOLDS: Final = 4
_MOST_BYTES: Final = 512 << 10


def main() -> None:
    """Learn from the whole corpus, say how well parts of it foretell the others, write `FILE`."""
    texts = list(drawn())
    found = rows(texts)
    attack = np.array([text.attack for text in texts])
    groups = np.array([text.group for text in texts])
    counts = np.array([1.0 if text.language == "en" else _OTHER_LANGUAGES for text in texts])
    print(f"{len(texts):,} texts, {attack.sum():,} attacks, {found.matrix.shape[0]:,} windows")
    for name, share in held_out(found, attack, groups, counts).items():
        print(f"{name}: {share:.4f}")
    linear = learn(found, attack, groups, counts)
    np.savez_compressed(
        FILE,
        weights=linear.weights,
        scale=linear.scale,
        bias=linear.bias,
        corpus=fingerprint(),
    )
    if FILE.stat().st_size > _MOST_BYTES:
        sys.exit(f"{FILE.name} has {FILE.stat().st_size:,} bytes, {_MOST_BYTES:,} are the most")
    print(f"wrote {FILE.stat().st_size:,} bytes, {np.count_nonzero(linear.weights):,} weights")


def held_out(found: Rows, attack: Any, groups: Any, counts: Any) -> dict[str, float]:
    """Return how well templates are judged that were not learnt from."""
    odds = np.empty(len(attack))
    for learnt, left in GroupKFold(_FOLDS).split(odds, attack, groups):
        linear = learn(_part(found, learnt), attack, groups, counts)
        odds[left] = best(linear, found, len(attack))[left]
    innocent = odds[~attack]
    shares = {"area under the curve": float(roc_auc_score(attack, odds))}
    for rate in (0.001, 0.005, 0.02):
        least = np.quantile(innocent, 1 - rate)
        shares[f"attacks found at {rate:.1%} of innocents, from {least:.2f}"] = float(
            (odds[attack] > least).mean()
        )
    return shares


def _part(found: Rows, texts: Any) -> Rows:
    chosen = np.isin(found.texts, texts)
    return Rows(found.matrix[chosen], found.texts[chosen])


def learn(found: Rows, attack: Any, groups: Any, counts: Any) -> Linear:
    """Return the weights that tell attacks from innocent texts, in one byte each.

    `attack`, `groups` and `counts` say of each text what it is, its template, and what it counts.
    """
    matrix, wanted = _common(found.matrix, groups[found.texts]), attack[found.texts]
    share = _shares(groups[found.texts]) * counts[found.texts]
    per_text = np.bincount(found.texts, minlength=len(attack))[found.texts]
    first = _fitted(matrix, wanted, np.where(wanted, share / per_text, share))
    odds = matrix @ first[0] + first[1]
    most = _per_text(odds, found.texts, len(attack))[found.texts]
    chosen = ~wanted | (odds >= most) | (odds > 0)
    return _in_bytes(*_fitted(matrix[chosen], wanted[chosen], share[chosen]))


def best(linear: Linear, found: Rows, texts: int) -> Any:
    """Return the log-odds of the window of each text that reads most like an attack."""
    odds = found.matrix @ (linear.weights * linear.scale).astype(np.float32) + linear.bias
    return _per_text(odds, found.texts, texts)


def _per_text(odds: Any, texts: Any, number: int) -> Any:
    most = np.full(number, -np.inf)
    np.maximum.at(most, texts, odds)
    return most


def _common(matrix: Any, groups: Any) -> Any:
    """Leave out the features of few templates."""
    numbers = np.unique(groups, return_inverse=True)[1]
    ones = np.ones(len(numbers), np.float32)
    member = sparse.csr_matrix((ones, (numbers, np.arange(len(numbers)))))
    occurs = np.asarray(((member @ (matrix > 0).astype(np.float32)) > 0).sum(axis=0)).ravel()
    kept = matrix @ sparse.diags((occurs >= _LEAST_GROUPS).astype(np.float32))
    kept.eliminate_zeros()
    return kept.tocsr()


def _shares(groups: Any) -> Any:
    _, numbers, counts = np.unique(groups, return_inverse=True, return_counts=True)
    return counts[numbers] ** -_SHARED


def _fitted(matrix: Any, wanted: Any, share: Any) -> tuple[Any, float]:
    """Return coefficients and intercept; both sides weigh the same, whatever their number."""
    share = share.copy()
    for side in (wanted, ~wanted):
        share[side] *= len(share) / 2 / share[side].sum()
    model = LogisticRegression(C=_STRENGTH, max_iter=200, tol=1e-3)
    model.fit(matrix, wanted, sample_weight=share)
    return model.coef_[0].astype(np.float32), float(model.intercept_[0])


def _in_bytes(weights: Any, bias: float) -> Linear:
    """Return weights as bytes. The largest is 127: those of what stands in every text are far
    above the others, and to cut them would move every score."""
    scale = float(np.abs(weights).max()) / 127
    return Linear(np.round(weights / scale).astype(np.int8), scale, bias)


if __name__ == "__main__":
    main()
