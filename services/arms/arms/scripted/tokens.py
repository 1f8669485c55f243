"""What a token is here: four characters. No tokenizer is asked, so tests can count by hand.

Four characters are about what a token of English is (OpenAI, "What are tokens and how to count
them?", help.openai.com/en/articles/4936856). An input never counts more tokens than it has bytes.
"""

from __future__ import annotations

CHARACTERS = 4


def count(text: str) -> int:
    """Return how many tokens a text has: its characters by four, rounded up."""
    return -(-len(text) // CHARACTERS)


def split(text: str) -> tuple[str, ...]:
    """Return the tokens of a text, in order; what a streamed answer is sent in by default."""
    return tuple(text[at : at + CHARACTERS] for at in range(0, len(text), CHARACTERS))
