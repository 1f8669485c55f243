"""How each language says what attacks are made of; `LANGUAGES` is the whole list.

A text is searched for the phrases of all languages at once, so attacks may mix languages.
"""

from __future__ import annotations

from typing import Final

from reflex_layer.injection.lexicon.arabic import ARABIC
from reflex_layer.injection.lexicon.bengali import BENGALI
from reflex_layer.injection.lexicon.chinese import CHINESE
from reflex_layer.injection.lexicon.concept import Language
from reflex_layer.injection.lexicon.dutch import DUTCH
from reflex_layer.injection.lexicon.english import ENGLISH
from reflex_layer.injection.lexicon.filipino import FILIPINO
from reflex_layer.injection.lexicon.french import FRENCH
from reflex_layer.injection.lexicon.german import GERMAN
from reflex_layer.injection.lexicon.hindi import HINDI
from reflex_layer.injection.lexicon.hinglish import HINGLISH
from reflex_layer.injection.lexicon.indonesian import INDONESIAN
from reflex_layer.injection.lexicon.italian import ITALIAN
from reflex_layer.injection.lexicon.japanese import JAPANESE
from reflex_layer.injection.lexicon.korean import KOREAN
from reflex_layer.injection.lexicon.polish import POLISH
from reflex_layer.injection.lexicon.portuguese import PORTUGUESE
from reflex_layer.injection.lexicon.russian import RUSSIAN
from reflex_layer.injection.lexicon.spanish import SPANISH
from reflex_layer.injection.lexicon.tamil import TAMIL
from reflex_layer.injection.lexicon.thai import THAI
from reflex_layer.injection.lexicon.turkish import TURKISH
from reflex_layer.injection.lexicon.vietnamese import VIETNAMESE

LANGUAGES: Final[tuple[Language, ...]] = (
    ENGLISH,
    ARABIC,
    BENGALI,
    CHINESE,
    DUTCH,
    FILIPINO,
    FRENCH,
    GERMAN,
    HINDI,
    HINGLISH,
    INDONESIAN,
    ITALIAN,
    JAPANESE,
    KOREAN,
    POLISH,
    PORTUGUESE,
    RUSSIAN,
    SPANISH,
    TAMIL,
    THAI,
    TURKISH,
    VIETNAMESE,
)
