"""Microsoft Presidio's pattern recognisers without a language model.

As it comes for English, without named entities, and with those of its recognisers that are off by
default for kinds that we find as well. The spaCy pipeline is blank: a tokeniser, and each word as
its own lemma, because Presidio reads context words from lemmas; that takes 2 to 3 % of its time.
"""

from __future__ import annotations

import logging
from typing import Any, Final

import presidio_analyzer
import spacy
import tldextract
from presidio_analyzer import predefined_recognizers as recognisers
from presidio_analyzer.nlp_engine import SpacyNlpEngine

_OFF_BY_DEFAULT: Final = (
    "AbaRoutingRecognizer",
    "UkDrivingLicenceRecognizer",
    "UkPassportRecognizer",
    "UsNpiRecognizer",
)
_LONGEST: Final = 1_000_000


def analyser() -> Any:
    """Return an AnalyzerEngine that is ready to be asked."""
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    # Built in, or it would fetch the list of public suffixes from the net on first use.
    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
    registry = presidio_analyzer.RecognizerRegistry()
    registry.load_predefined_recognizers(languages=["en"])
    registry.remove_recognizer("SpacyRecognizer")
    for name in _OFF_BY_DEFAULT:
        registry.add_recognizer(getattr(recognisers, name)())
    return presidio_analyzer.AnalyzerEngine(
        registry=registry, nlp_engine=_engine(), supported_languages=["en"]
    )


def _engine() -> Any:
    spacy.Language.component("own_lemma", func=_own_lemma)
    pipeline = spacy.blank("en")
    pipeline.max_length = _LONGEST
    pipeline.add_pipe("own_lemma")
    engine = SpacyNlpEngine()
    engine.nlp = {"en": pipeline}
    return engine


def _own_lemma(document: Any) -> Any:
    for token in document:
        token.lemma_ = token.lower_
    return document
