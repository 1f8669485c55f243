"""Pure: phrases as people list them."""

from __future__ import annotations


def phrases(*lists: str) -> tuple[str, ...]:
    """Return the phrases of some lists in which a comma stands between two phrases."""
    return tuple(phrase.strip() for words in lists for phrase in words.split(","))


def paired(firsts: str, seconds: str) -> tuple[str, ...]:
    """Return each of the first words before each of the second: forms that must agree."""
    return tuple(f"{one} {other}" for one in phrases(firsts) for other in phrases(seconds))
