"""Pure: regular expressions of users in RE2, whose time grows no faster than program times text."""

from __future__ import annotations

from typing import Any

import re2

MAX_PROGRAM = 5_000
"""Instructions a pattern may compile to."""

MAX_STEPS = 100_000_000
"""Instructions times bytes of one search. Where RE2 has to leave its automaton it takes some 8 ns
for each, measured with `[ab]*a[ab]{500}c` on random letters: 0.8 s."""

_MAX_MEMORY = 1 << 19
_SHOWN_ARGUMENT = 6


class PatternRefused(ValueError):
    """Says why RE2 does not take a pattern; of the pattern it quotes a few characters at most."""


class TooLong(ValueError):
    """Searching this text for this pattern might take seconds."""


def program(pattern: str) -> Any:  # the module `re2` has no types
    """Return the compiled pattern; its `programsize` is in instructions. Raises PatternRefused."""
    options = re2.Options()
    options.max_mem = _MAX_MEMORY
    options.log_errors = False
    options.never_capture = True
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        raise PatternRefused(_reason(error, pattern)) from None
    if compiled.programsize > MAX_PROGRAM:
        raise PatternRefused("it is too large")
    return compiled


def search(pattern: str, text: str) -> tuple[int, int] | None:
    """Return the first stretch of `text` a pattern matches, None if there is none.

    Raises TooLong, and PatternRefused as `program` does.
    """
    compiled = program(pattern)
    if compiled.programsize * len(text.encode()) > MAX_STEPS:
        raise TooLong
    found = compiled.search(text)
    return None if found is None else found.span()


def _reason(error: Exception, pattern: str) -> str:
    """Return RE2's reason, with what it is about only where that is short: it may be the whole."""
    said = error.args[0] if error.args else b""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    reason, _, argument = text.partition(": ")
    short = len(argument) <= _SHOWN_ARGUMENT and argument != pattern
    return text if short else reason
