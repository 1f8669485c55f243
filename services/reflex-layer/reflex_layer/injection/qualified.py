"""Pure: what is said, less what qualifies it: acts that are forbidden, and everything that was said of
one topic alone. English is for `negation` and the rules."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from reflex_layer.injection.lexicon.concept import Concept
from reflex_layer.injection.speech import Said, Spoken
from reflex_layer.injection.wording import Wording

_ACTS: Final = (
    Concept.OVERRIDE,
    Concept.REVEAL,
    Concept.TELL,
    Concept.DISABLE,
    Concept.ENABLE,
    Concept.SEND,
)
_LONGEST: Final = 48
"""More characters than any phrase that qualifies."""

_CLAUSE: Final = 64
_SIGNS: Final = frozenset(b',.;:!?()\n"-')

_BESIDE: Final = 28
"""How many characters from a mode the machine may be named that has it."""

_OWN: Final = (Concept.INSTRUCTIONS, Concept.SYSTEM_PROMPT, Concept.SAFETY, Concept.FREE)
"""Topics of which to forget everything is to drop the instructions."""

_QUALIFIERS: Final = (
    Concept.REMINDER,
    Concept.NOT,
    Concept.NOT_AFTER,
    Concept.NEVER,
    Concept.ABOUT,
    Concept.AFTER_TOPIC,
    Concept.DEVICE,
)
_ALL_SAID: Final = Concept.EVERYTHING_SAID
_NEAR: Final = 24
"""How many characters after "all that you know" its topic may be named, "everything that they told
you about"; before it, as in Turkish, the two must touch."""

_TOPIC: Final = 32
"""How many characters long a topic is looked at."""


def settled(wording: Wording, spoken: Spoken) -> Spoken:
    """Return what a wording says without its qualifiers: acts that are forbidden are marked, what
    is not to be forgotten is no act, and what is known of a topic is not everything."""
    settled = dict(spoken)
    for concept in _QUALIFIERS:
        settled.pop(concept, None)
    if len(settled) == len(spoken):
        return settled
    before = {_next(wording, one): one for one in spoken.get(Concept.NOT, ())}
    after = {one.start: one for one in spoken.get(Concept.NOT_AFTER, ())}
    for concept in _ACTS:
        acts = [act for act in settled.pop(concept, ()) if not _is_reminder(act, spoken)]
        if acts:
            settled[concept] = [
                (
                    act._replace(forbidden=True)
                    if _is_forbidden(wording, act, before, after) or _is_never(wording, act, spoken)
                    else act
                )
                for act in acts
            ]
    all_said = [one for one in settled.pop(_ALL_SAID, ()) if not _is_narrowed(one, spoken)]
    modes = [one for one in settled.pop(Concept.MODE, ()) if not _is_of_device(one, spoken)]
    left = {_ALL_SAID: all_said, Concept.MODE: modes}
    return settled | {concept: said for concept, said in left.items() if said}


def _starting(spoken: Spoken, concept: Concept, start: int, end: int) -> Iterator[Said]:
    """Yield what is said of a concept from `start` up to `end`: few, however long the text is."""
    said = spoken.get(concept, [])
    index = bisect_left(said, (start,))
    while index < len(said) and said[index].start < end:
        yield said[index]
        index += 1


def _is_reminder(act: Said, spoken: Spoken) -> bool:
    near = _starting(spoken, Concept.REMINDER, act.start - _LONGEST, act.start + 1)
    return any(act.start < one.end - 1 for one in near)


def _is_of_device(mode: Said, spoken: Spoken) -> bool:
    start, end = mode.start - _BESIDE, mode.end + _BESIDE
    return any(_starting(spoken, Concept.DEVICE, start, end))


def _is_narrowed(all_said: Said, spoken: Spoken) -> bool:
    """Tell whether a topic is named that is not what the reader was told to do."""
    start, end, languages = all_said.start, all_said.end, all_said.languages
    for one in _starting(spoken, Concept.ABOUT, end - 1, end + _NEAR):
        if one.languages & languages:
            return not _is_own(spoken, one.end - 1, one.end + _TOPIC)
    for one in _starting(spoken, Concept.AFTER_TOPIC, start - _LONGEST, start):
        if one.end >= start and one.languages & languages:
            return not _is_own(spoken, one.start - _TOPIC, one.start + 1)
    return False


def _is_own(spoken: Spoken, start: int, end: int) -> bool:
    return any(any(_starting(spoken, concept, start, end)) for concept in _OWN)


def _next(wording: Wording, one: Said) -> int:
    """Return where the word after what is said begins, the space before it included."""
    return one.end - 1 if wording.text[one.end - 1] == " " else one.end


def _is_forbidden(
    wording: Wording, act: Said, before: dict[int, Said], after: dict[int, Said]
) -> bool:
    """Tell whether a negation of its language stands at the side of an act, no sign between."""
    end = wording.text.find(" ", act.end - 1)
    for negation, place in ((before.get(act.start), act.start), (after.get(end), end)):
        if negation and negation.languages & act.languages and _touch(wording, place):
            return True
    return False


def _is_never(wording: Wording, act: Said, spoken: Spoken) -> bool:
    """Tell whether a word for never stands before an act that ends its clause."""
    for one in _starting(spoken, Concept.NEVER, act.start - _CLAUSE, act.start):
        if one.languages & act.languages and one.end <= act.start + 1:
            first, last = wording.between(one.end, act.start)
            if not _SIGNS.intersection(wording.shadow.lower[first:last]):
                return True
    return False


def _touch(wording: Wording, place: int) -> bool:
    """Tell whether only blanks stand in the shadow where a wording passes to its next word."""
    first, last = wording.between(place + (wording.text[place] == " "), place)
    return not wording.shadow.lower[first:last].strip()
