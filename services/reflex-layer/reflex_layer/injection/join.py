"""What a join is: an act and its object in one sentence, whatever the language."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from octollm.verdict import InjectionType
from reflex_layer.injection.lexicon.concept import Concept
from reflex_layer.injection.speech import ENGLISH, Said, Spoken

REACH: Final = 44
"""How many characters of the wording may stand between an act and its object."""

AROUND: Final = 36
"""How many characters to either side a third concept may stand."""

Apart = Callable[[int, int], bool]
"""Tells whether a sentence ends between two places of a wording."""


@dataclass(frozen=True)
class Join:
    """An attack as the concepts it takes, in any language but English, which is for the rules.

    One of `acts` has to stand with one of `objects` and, if any are named, one of `along`.
    `weight`, from 0 to 1, is how surely a text with this in it attacks.
    """

    name: str
    type: InjectionType
    weight: float
    acts: tuple[Concept, ...]
    objects: tuple[Concept, ...]
    positive: tuple[str, ...]
    negative: tuple[str, ...]
    along: tuple[Concept, ...] = ()
    reach: int = REACH

    def find(self, spoken: Spoken, apart: Apart) -> Iterator[tuple[int, int, bool]]:
        """Yield the spans of the wording where the join stands, and whether its act is forbidden."""
        objects = _said(spoken, self.objects)
        acts = _among(_said(spoken, self.acts), objects) if objects else []
        along = _said(spoken, self.along) if acts else []
        if self.along:
            acts = _among(acts, along)
        if not acts:
            return
        starts = [one.start for one in objects]
        for act in acts:
            for one in self._near(act, objects, starts):
                start, end = min(act.start, one.start), max(act.end, one.end)
                is_english = bool(act.languages & one.languages & ENGLISH)
                if self.along:
                    around = start - AROUND, end + AROUND
                    if not _stands(along, *around, act, foreign=is_english):
                        continue
                elif is_english:
                    continue
                if not apart(min(act.end, one.end), max(act.start, one.start)):
                    yield start, end, act.forbidden
                    break

    def _near(self, act: Said, objects: list[Said], starts: list[int]) -> Iterator[Said]:
        """Yield the next object after an act and, where the language lets it, the last before.

        Those of other languages are passed over: several may say a thing by the same word.
        """
        after = bisect_left(starts, act.end - 1)
        while after < len(objects) and objects[after].start - act.end <= self.reach:
            if _mix(act.languages, objects[after].languages):
                yield objects[after]
                break
            after += 1
        before = bisect_left(starts, act.start) - 1
        while before >= 0 and act.start - objects[before].start <= 2 * self.reach:
            one = objects[before]
            if -1 <= act.start - one.end <= self.reach and _mix(act.languages, one.languages):
                yield one
                break
            before -= 1


def _said(spoken: Spoken, concepts: tuple[Concept, ...]) -> list[Said]:
    if len(concepts) == 1:
        return spoken.get(concepts[0], [])
    return sorted(said for concept in concepts for said in spoken.get(concept, ()))


def _stands(said: list[Said], start: int, end: int, act: Said, *, foreign: bool) -> bool:
    """Tell whether something that is not the act itself is said between two places; with
    `foreign`, in words that are no English, or English alone would do."""
    index = bisect_left(said, (start, 0, 0))
    while index < len(said) and said[index].start < end:
        one = said[index]
        beside = one.start >= act.end - 1 or one.end <= act.start + 1
        fits = _mix(act.languages, one.languages) and not (foreign and one.languages & ENGLISH)
        if beside and one.end <= end and fits:
            return True
        index += 1
    return False


def _among(acts: list[Said], others: list[Said]) -> list[Said]:
    """Return the acts that their languages let stand in one sentence with any of the others.

    A text has thousands of acts at most, and few languages.
    """
    tongues = {one.languages for one in others}
    mixing = {
        languages
        for languages in {act.languages for act in acts}
        if any(_mix(languages, other) for other in tongues)
    }
    return [act for act in acts if act.languages in mixing]


def _mix(languages: int, others: int) -> bool:
    """Tell whether what some languages say may stand in one sentence with what others say; English
    mixes with all.

    What is English alone is left to the rules, which know its grammar.
    """
    together = languages & others
    if together == ENGLISH:
        return False
    return bool(together or (languages | others) & ENGLISH)
