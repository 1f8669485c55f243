"""What a rule is: data, with its own examples."""

from __future__ import annotations

from dataclasses import dataclass

from octollm.verdict import InjectionType


@dataclass(frozen=True)
class Rule:
    """An attack in words: what stands first (an act, mostly), and what must follow it.

    `first` and `then` are RE2 patterns over the lower-case shadow. `then` has to begin within
    the same sentence, at most `within` characters after the end of `first`; left empty, `first`
    alone is the attack. Where `unless` stands right after it, it is none. `weight`, from 0 to 1,
    is how surely a text with this in it attacks. Every positive example has to be found by this very rule, no negative one may be.
    """

    name: str
    type: InjectionType
    first: str
    weight: float
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    then: str = ""
    within: int = 0
    unless: str = ""


def phrase(*alternatives: str) -> str:
    """Return a pattern for any of the alternatives as whole words.

    A blank stands for whatever may stand between two words, line breaks and dots included.
    """
    joined = "|".join(alternatives).replace(" ", r"[^a-z0-9\xff]{1,3}")
    return rf"\b(?:{joined})\b"
