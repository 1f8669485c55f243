"""Pure: everything that decides a verdict besides the text; built once from the settings."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from reflex_layer.pii import Recognisers


@dataclass(frozen=True)
class Thresholds:
    """From which score a text counts as an attack, and from which score or confidence of private
    data it is blocked."""

    injection_flag_score: float = 0.5
    injection_block_score: float = 0.7
    pii_block_confidence: float = 0.5


@dataclass(frozen=True)
class Ruleset:
    """What is looked for and how much of it blocks.

    `time_budget` is in seconds for one text; `guard` is the version of the guard, if one is asked.
    """

    thresholds: Thresholds = Thresholds()
    pii: Recognisers = field(default_factory=Recognisers)
    time_budget: float = 2.0
    guard: str = ""

    @cached_property
    def version(self) -> str:
        """The version of the code and of what the settings add to it.

        Verdicts of different versions are not to be mixed.
        """
        return ".".join(filter(None, (f"1.0.0+{_SOURCES}", self.pii.version, self.guard)))


def _sources() -> str:
    """Return a hash that changes whenever the code of the screening does."""
    digest = hashlib.sha256()
    package = Path(__file__).parent
    for pattern in ("*.py", "*/*.py", "*/*/*.py", "*/*.npz"):
        for source in sorted(package.glob(pattern)):
            digest.update(source.read_bytes())
    return digest.hexdigest()[:12]


_SOURCES: Final = _sources()

BUILT_IN: Final = Ruleset()
"""What is looked for when nothing is configured."""
