"""Which arms there are.

`BUILT_IN` and `THINKING` are the only lists of our own arms. Others arrive by the entry-point group
`octollm.arms`: each entry names a callable that takes nothing and returns an `Arm`.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.metadata import EntryPoint, entry_points

from arms.assistant import Assistant
from arms.coder import Coder
from arms.config import ModelSettings
from arms.digest import Digest
from arms.drill import Drill
from arms.guardian import Guardian
from arms.judge import Judge
from arms.model import Models
from arms.planner import Planner
from arms.retriever import Retriever
from octollm.arm import ENTRY_POINT_GROUP, Arm
from octollm.contracts import ARM_NAME

BUILT_IN: tuple[Callable[[], Arm], ...] = (
    Digest,
    Drill,
    Guardian,
)
"""Arms that need no model."""

THINKING: tuple[Callable[[Models], Arm], ...] = (
    Assistant,
    Coder,
    Planner,
    Retriever,
)
"""Arms that are given the models of this process."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Problem:
    """Why the arm behind an entry point is not offered. `reason` quotes nothing of its code."""

    entry_point: str
    reason: str


@dataclass(frozen=True)
class Roster:
    """The arms there are, by name, and those that could not be loaded."""

    arms: Mapping[str, Arm]
    problems: tuple[Problem, ...] = ()


def load_arms(settings: ModelSettings | None = None) -> Roster:
    """Return the built-in arms and every installed one that keeps to the protocol.

    `settings` are those of the models, by default the environment's; raises pydantic's
    ValidationError for settings that cannot be read. An arm without a model is there, and
    says so in its `unavailable`.

    Never raises for a third-party arm: one that does not load, is no `Arm`, or has a name that
    is malformed or taken is left out and reported in `problems`. Built-in arms come first, then
    entry points in order of their name, so that who wins a name does not depend on the machine.
    """
    settings = ModelSettings() if settings is None else settings
    models = Models(settings)
    built_in: list[Arm] = [make() for make in BUILT_IN]
    built_in += [make(models) for make in THINKING]
    built_in.append(Judge(Models(settings, first=settings.judge_model)))
    arms = {arm.name: arm for arm in built_in}
    problems: list[Problem] = []
    for entry in sorted(entry_points(group=ENTRY_POINT_GROUP), key=lambda e: (e.name, e.value)):
        added = _load(entry, arms)
        if isinstance(added, Problem):
            _log.warning("arm_not_loaded entry_point=%s", entry.name)
            problems.append(added)
        else:
            arms[added.name] = added
    return Roster(arms, tuple(problems))


def _load(entry: EntryPoint, taken: Mapping[str, Arm]) -> Arm | Problem:
    """Load one entry point; a module that exits on import must not take the service along."""
    try:
        arm = entry.load()()
        fault = _fault(arm, taken)
    except (Exception, SystemExit) as error:
        return Problem(entry.name, f"could not be loaded ({type(error).__name__})")
    return Problem(entry.name, fault) if fault else arm


def _fault(arm: object, taken: Mapping[str, Arm]) -> str | None:
    """Return what keeps an object from being offered as an arm, or None."""
    if isinstance(arm, type) or not isinstance(arm, Arm):
        return "is not an Arm"
    name: object = arm.name
    description: object = arm.description
    if not callable(arm.score) or not callable(arm.run) or not isinstance(description, str):
        return "is not an Arm"
    if not isinstance(name, str) or not re.fullmatch(ARM_NAME, name):
        return f"has a name that does not match {ARM_NAME}"
    if name in taken:
        return f"has a name that is already used: {name}"
    return None
