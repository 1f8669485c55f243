"""How each language says what attacks are made of; `LANGUAGES` is the whole list.

A text is searched for the phrases of all languages at once, so attacks may mix languages.
"""

from __future__ import annotations

from typing import Final

from reflex_layer.injection.lexicon.concept import Language
from reflex_layer.injection.lexicon.english import ENGLISH
from reflex_layer.injection.lexicon.french import FRENCH
from reflex_layer.injection.lexicon.german import GERMAN
from reflex_layer.injection.lexicon.portuguese import PORTUGUESE
from reflex_layer.injection.lexicon.spanish import SPANISH

LANGUAGES: Final[tuple[Language, ...]] = (
    ENGLISH,
    GERMAN,
    FRENCH,
    SPANISH,
    PORTUGUESE,
)
