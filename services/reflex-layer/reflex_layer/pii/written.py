"""What operators write about private data: JSON from a file or a setting, with RE2 patterns."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

import re2
from pydantic import ValidationError

from reflex_layer.engine import Pattern, compiled
from reflex_layer.text import fold

LONGEST_PATTERN: Final = 500
LARGEST_PROGRAM: Final = 1_000
"""RE2 instructions; a larger pattern takes memory and time that no single kind is worth."""

_SAMPLES: Final = (b"", b"a", b" a1-")


class Refused(ValueError):
    """What was written cannot be used; the message names the field and the reason."""


def load_json(source: str) -> tuple[Any, str]:
    """Return what the JSON says and the version of it, a hash that formatting does not change.

    `source` is the JSON itself, if it begins with a bracket, or else the path of a file of it.
    Raises Refused.
    """
    written = source.strip()
    if not written.startswith(("[", "{")):
        try:
            written = Path(written).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(f"cannot read the file: {error}") from error
    try:
        value = json.loads(written)
    except (ValueError, RecursionError) as error:
        raise Refused(f"is no JSON: {error}") from error
    canonical = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return value, hashlib.sha256(canonical.encode()).hexdigest()[:12]


def usable(pattern: str) -> Pattern:
    """Compile an operator's pattern; raises ValueError with the reason if it cannot be used."""
    if not pattern:
        raise ValueError("is empty")
    if len(pattern) > LONGEST_PATTERN:
        raise ValueError(f"is longer than {LONGEST_PATTERN} characters")
    try:
        made = compiled(folded(pattern))
    except re2.error as error:
        reason = error.args[0] if error.args else error
        text = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ValueError(f"is no RE2 pattern: {text}") from error
    if getattr(made, "programsize", 0) > LARGEST_PROGRAM:
        raise ValueError("is too large when compiled; use smaller repetitions")
    if any((found := made.search(s)) and found.span()[0] == found.span()[1] for s in _SAMPLES):
        raise ValueError("matches the empty string")
    return made


def folded(written: str) -> str:
    """Return what an operator wrote as it stands in a shadow; raises ValueError if it cannot."""
    seen = "".join(c if c.isascii() else fold(c) for c in written)
    if not seen.isascii():
        raise ValueError("holds a letter that has no ASCII form; texts are compared in ASCII")
    return seen


def refusal(error: ValidationError) -> Refused:
    """Return what pydantic says about the first thing that is wrong, with where it stands."""
    first = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(step) for step in first["loc"])
    message = first["msg"].removeprefix("Value error, ")
    return Refused(f"{place}: {message}" if place else message)
