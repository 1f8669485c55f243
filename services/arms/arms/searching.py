"""Pure: whether a goal asks for a search in documents, and for which words."""

from __future__ import annotations

import re

_VERB = r"(?:find|look(?:ing)? (?:up|for)|search|quote|cite|retrieve|locate)\b"
_PLACE = r"(?:documents?|docs|knowledge base|library|handbooks?|manuals?|policies|sources)\b"
_ASKS = re.compile(
    rf"\b{_VERB}.{{0,200}}?\b{_PLACE}|\b{_PLACE}.{{0,40}}?\b(?:say|says|state|tell|mention)s?\b"
    rf"|^\W*(?:please )?(?:look up|quote|search for)\b",
    re.IGNORECASE | re.DOTALL,
)
_ASKING_WORDS = re.compile(
    rf"^\W*(?:please )?{_VERB}(?: (?:in|through|from))?"
    rf"(?: (?:my|our|the|your|all)\b)*(?: {_PLACE})?",
    re.IGNORECASE,
)


def asks(goal: str) -> bool:
    """Return True if a goal asks to find, look up or quote from documents."""
    return _ASKS.search(goal) is not None


def words_of(goal: str) -> str:
    """Return what to search for: the goal without the words that ask for a search.

    They would find every passage in which somebody finds something.
    """
    rest = _ASKING_WORDS.sub("", goal, count=1)
    return rest if any(character.isalnum() for character in rest) else goal
