"""Pure: what is said, less what qualifies it: acts that are forbidden, and everything that was said of
one topic alone. English is for `negation` and the rules."""

from __future__ import annotations

from itertools import chain
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
_BESIDE: Final = 28
"""How many characters from a mode the machine may be named that has it."""

_OWN: Final = (Concept.INSTRUCTIONS, Concept.SYSTEM_PROMPT, Concept.SAFETY, Concept.FREE)
"""Topics of which to forget everything is to drop the instructions."""

_QUALIFIERS: Final = (
    Concept.REMINDER,
    Concept.NOT,
    Concept.NOT_AFTER,
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
    reminders = spoken.get(Concept.REMINDER, [])
    before = {_next(wording, one): one for one in spoken.get(Concept.NOT, ())}
    after = {one.start: one for one in spoken.get(Concept.NOT_AFTER, ())}
    for concept in _ACTS:
        acts = [act for act in settled.pop(concept, ()) if not _begins_in(reminders, act)]
        if acts:
            settled[concept] = [_judged(wording, act, before, after) for act in acts]
    all_said = [one for one in settled.pop(_ALL_SAID, ()) if not _is_narrowed(one, spoken)]
    modes = [one for one in settled.pop(Concept.MODE, ()) if not _is_of_device(one, spoken)]
    left = {_ALL_SAID: all_said, Concept.MODE: modes}
    return settled | {concept: said for concept, said in left.items() if said}


def _is_of_device(mode: Said, spoken: Spoken) -> bool:
    return any(
        mode.start - _BESIDE <= device.start <= mode.end + _BESIDE
        for device in spoken.get(Concept.DEVICE, ())
    )


def _is_narrowed(all_said: Said, spoken: Spoken) -> bool:
    """Tell whether a topic is named that is not what the reader was told to do."""
    for one in spoken.get(Concept.ABOUT, ()):
        is_near = -1 <= one.start - all_said.end <= _NEAR
        if is_near and one.languages & all_said.languages:
            return not _is_own(spoken, one.end - 1, one.end + _TOPIC)
    for one in spoken.get(Concept.AFTER_TOPIC, ()):
        touches = -1 <= all_said.start - one.end <= 0
        if touches and one.languages & all_said.languages:
            return not _is_own(spoken, one.start - _TOPIC, one.start + 1)
    return False


def _is_own(spoken: Spoken, start: int, end: int) -> bool:
    topics = chain.from_iterable(spoken.get(concept, ()) for concept in _OWN)
    return any(start <= topic.start < end for topic in topics)


def _next(wording: Wording, one: Said) -> int:
    """Return where the word after what is said begins, the space before it included."""
    return one.end - 1 if wording.text[one.end - 1] == " " else one.end


def _begins_in(reminders: list[Said], act: Said) -> bool:
    return any(one.start <= act.start < one.end - 1 for one in reminders)


def _judged(wording: Wording, act: Said, before: dict[int, Said], after: dict[int, Said]) -> Said:
    """Return an act, marked if a negation of its language stands at its side, no sign between."""
    end = wording.text.find(" ", act.end - 1)
    for negation, place in ((before.get(act.start), act.start), (after.get(end), end)):
        if negation and negation.languages & act.languages and _touch(wording, place):
            return act._replace(forbidden=True)
    return act


def _touch(wording: Wording, place: int) -> bool:
    """Tell whether only blanks stand in the shadow where a wording passes to its next word."""
    first, last = wording.between(place + (wording.text[place] == " "), place)
    return not wording.shadow.lower[first:last].strip()
