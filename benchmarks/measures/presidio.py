"""Microsoft Presidio, the peer: its pattern recognisers without a language model.

As it comes for English, without named entities, and with those of its recognisers that are off by
default for kinds that we find as well. The spaCy pipeline is blank: a tokeniser, and each word as
its own lemma, because Presidio reads context words from lemmas; that takes 2 to 3 % of its time.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

from measures.spans import Span, overlap
from octollm.verdict import PiiType

try:
    import presidio_analyzer
    import spacy
    import tldextract
    from presidio_analyzer import predefined_recognizers as recognisers
    from presidio_analyzer.nlp_engine import SpacyNlpEngine
except ImportError:
    presidio_analyzer = None

PACKAGES: Final = ("presidio-analyzer", "spacy")
ABSENT: Final = "Presidio was not asked: these are ours alone. `make bench` installs it."

KINDS: Final[Mapping[str, str]] = {
    "EMAIL_ADDRESS": PiiType.EMAIL,
    "PHONE_NUMBER": PiiType.PHONE,
    "US_SSN": PiiType.SSN,
    "US_ITIN": PiiType.ITIN,
    "CREDIT_CARD": PiiType.CREDIT_CARD,
    "IP_ADDRESS": "IP",
    "MAC_ADDRESS": PiiType.MAC_ADDRESS,
    "IBAN_CODE": PiiType.IBAN,
    "US_BANK_NUMBER": PiiType.BANK_ACCOUNT,
    "ABA_ROUTING_NUMBER": PiiType.ROUTING_NUMBER,
    "CRYPTO": PiiType.CRYPTO_ADDRESS,
    "URL": PiiType.URL,
    "US_NPI": PiiType.NPI,
    "US_PASSPORT": PiiType.PASSPORT,
    "UK_PASSPORT": PiiType.PASSPORT,
    "US_DRIVER_LICENSE": PiiType.DRIVER_LICENSE,
    "UK_DRIVING_LICENCE": PiiType.DRIVER_LICENSE,
}
"""Its kinds by ours; the two kinds of IP address are one, `IP`."""

_OFF_BY_DEFAULT: Final = (
    "AbaRoutingRecognizer",
    "UkDrivingLicenceRecognizer",
    "UkPassportRecognizer",
    "UsNpiRecognizer",
)
_LONGEST: Final = 1_000_000


class Presidio:
    """An analyser ready to be asked."""

    def __init__(self) -> None:
        logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
        # Built in, or it would fetch the list of public suffixes from the net on first use.
        tldextract.extract = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
        registry = presidio_analyzer.RecognizerRegistry()
        registry.load_predefined_recognizers(languages=["en"])
        registry.remove_recognizer("SpacyRecognizer")
        for name in _OFF_BY_DEFAULT:
            registry.add_recognizer(getattr(recognisers, name)())
        self._analyser = presidio_analyzer.AnalyzerEngine(
            registry=registry, nlp_engine=_engine(), supported_languages=["en"]
        )
        self.recognisers = len(registry.recognizers)

    def analyse(self, text: str) -> Any:
        """Return what Presidio returns."""
        return self._analyser.analyze(text, language="en")

    def find(self, text: str) -> list[Span]:
        """Return what Presidio finds of kinds that we have too, by our names.

        It may say several things of one place: the surest of them counts, as when it redacts.
        """
        found = [
            Span(KINDS[r.entity_type], r.start, r.end, r.score)
            for r in self.analyse(text)
            if r.entity_type in KINDS
        ]
        kept: list[Span] = []
        for one in sorted(found, key=lambda f: (-f.confidence, f.start - f.end, f.start)):
            if all(overlap(one, other) == 0 for other in kept):
                kept.append(one)
        return kept


def load() -> Presidio | None:
    """Return Presidio, or None where it is not installed."""
    return None if presidio_analyzer is None else Presidio()


def versions(*packages: str) -> dict[str, str]:
    """Return the versions of the packages that are installed."""
    found = {}
    for package in packages:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


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
