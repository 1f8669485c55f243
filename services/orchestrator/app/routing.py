"""Pure: which arm takes a contract."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

from octollm.arm import Arm
from octollm.contracts import TaskContract
from octollm.errors import ArmUnavailable, UnknownArm

_log = logging.getLogger(__name__)


def check_known(assigned_arm: str | None, arms: Mapping[str, Arm]) -> None:
    """Raise UnknownArm, naming the arms there are, if a contract asks for another one."""
    if assigned_arm is not None and assigned_arm not in arms:
        raise _unknown("there is no arm of this name", arms)


def unavailable(arm: Arm) -> str | None:
    """Return the sentence in which an arm says which setting it lacks; None if it lacks none."""
    why = getattr(arm, "unavailable", None)
    return why if isinstance(why, str) and why else None


def check_usable(assigned_arm: str | None, arms: Mapping[str, Arm]) -> None:
    """Raise UnknownArm or ArmUnavailable if the arm a contract asks for cannot run it."""
    check_known(assigned_arm, arms)
    if assigned_arm is not None and (why := unavailable(arms[assigned_arm])):
        raise ArmUnavailable(
            f"assigned_arm: {assigned_arm} cannot be used. {why}",
            errors=[{"field": "assigned_arm", "message": why}],
        )


def choose(contract: TaskContract, arms: Mapping[str, Arm]) -> Arm:
    """Return the arm that `assigned_arm` names, else the one that scores itself best.

    `arms` are the arms there are, by name; those that lack a setting are not chosen. Equal scores
    go to the name that comes first in the alphabet. Raises ArmUnavailable, and UnknownArm, with
    `available` and `errors`, when no arm has that name, and also when no arm scores above 0:
    running one that says it cannot do the work would spend the budget on nothing.
    """
    check_usable(contract.assigned_arm, arms)
    if contract.assigned_arm is not None:
        return arms[contract.assigned_arm]
    usable = {name: arm for name, arm in sorted(arms.items()) if not unavailable(arm)}
    scores = {name: _score(name, arm, contract) for name, arm in usable.items()}
    best = max(scores, key=scores.__getitem__, default=None)
    if best is None or scores[best] <= 0:
        raise _unknown("no arm offers itself for this task, name one", arms)
    return arms[best]


def _score(name: str, arm: Arm, contract: TaskContract) -> float:
    """Return the arm's score, 1 at most; 0 when it raises or answers something that is no number.

    The arm may be anyone's: its exception's message may quote the contract, so it is not logged.
    """
    try:
        score = arm.score(contract)
        return min(float(score), 1.0) if math.isfinite(score) else 0.0
    except Exception as error:
        _log.warning("arm_score_failed arm=%s error=%s", name, type(error).__name__)
        return 0.0


def _unknown(problem: str, arms: Mapping[str, Arm]) -> UnknownArm:
    available = sorted(arms)
    message = f"{problem}; there are: {', '.join(available) or 'none'}"
    return UnknownArm(
        f"assigned_arm: {message}",
        errors=[{"field": "assigned_arm", "message": message}],
        available=available,
    )
