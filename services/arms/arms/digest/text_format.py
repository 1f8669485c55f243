"""Plain text: how long, about what, and the sentences that say most."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass

from pydantic import JsonValue

from arms.digest.report import Digested, Section, clip, code, plural
from arms.digest.stop_words import STOP_WORDS

WORDS_PER_MINUTE = 238
"""Silent reading of non-fiction in English: Brysbaert, Journal of Memory and Language 109, 2019."""

MAX_SENTENCE_WORDS = 60
"""A longer "sentence" is a list or a table; it is not offered as one that matters."""

MAX_SENTENCES = 2_000
"""How many sentences are weighed against each other; those at the beginning are."""

_WORD = re.compile(r"\w+(?:['’]\w+)?")
_END = re.compile(r"[.!?…][\"'”’)\]]{0,3}(?=\s|$)|[。！？]|\n[ \t\r]*\n")


@dataclass(frozen=True)
class Sentence:
    """A sentence, the line it begins on (from 1), and its words that carry meaning."""

    text: str
    line: int
    terms: tuple[str, ...]
    words: int


def digest(text: str, top: int) -> Digested:
    """Return the digest of any text; it cannot fail."""
    words = _WORD.findall(text)
    sentences = split(text)
    terms = Counter(term for sentence in sentences for term in sentence.terms)
    minutes = round(len(words) / WORDS_PER_MINUTE, 1)
    chosen = weightiest(sentences, terms, top)
    paragraphs = len([part for part in re.split(r"\n[ \t\r]*\n", text) if part.strip()])
    data: dict[str, JsonValue] = {
        "lines": text.count("\n") + 1,
        "paragraphs": paragraphs,
        "sentences": len(sentences),
        "words": len(words),
        "distinct_words": len({word.casefold() for word in words}),
        "words_per_sentence": round(len(words) / max(1, len(sentences)), 1),
        "reading_minutes": minutes,
        "terms": [{"term": clip(term, 40), "count": n} for term, n in terms.most_common(top)],
        "matters": [{"line": s.line, "text": clip(s.text, 300)} for s in chosen],
    }
    overview = [
        f"- {plural(len(words), 'word')}, {data['distinct_words']:,} distinct; "
        f"{plural(len(sentences), 'sentence')} of {data['words_per_sentence']} words on average; "
        f"{plural(paragraphs, 'paragraph')}",
        f"- Reading time: {f'about {minutes:g} minutes' if minutes > 1 else 'a minute or less'}",
    ]
    sections = [
        Section("Overview", overview),
        Section("What it is about", _term_lines(terms, top)),
        Section("Sentences that matter most", [f"- line {s.line}: {code(s.text)}" for s in chosen]),
    ]
    return Digested("text", f"Text: {plural(len(words), 'word')}", sections, data)


def split(text: str) -> list[Sentence]:
    """Return the sentences of a text; a blank line ends one as well as a full stop does."""
    sentences: list[Sentence] = []
    start, line = 0, 1
    ends = [found.end() for found in _END.finditer(text)]
    for end in [*ends, len(text)]:
        part = text[start:end]
        body = part.strip()
        words = _WORD.findall(body)
        if words:
            lead = len(part) - len(part.lstrip())
            terms = tuple(term for word in words if (term := word.casefold()) and _carries(term))
            sentences.append(Sentence(body, line + part[:lead].count("\n"), terms, len(words)))
        line += part.count("\n")
        start = end
    return sentences


def weightiest(sentences: list[Sentence], terms: Counter[str], top: int) -> list[Sentence]:
    """Return the sentences that say most about the text, in the order they stand in it.

    SumBasic (Nenkova and Vanderwende, "The impact of frequency on summarization", 2005): take
    the sentence whose terms are most frequent on average, then square the weight of its terms,
    so that the next one says something else.
    """
    total = max(1, terms.total())
    weight = {term: count / total for term, count in terms.items()}
    # Fewer than three terms are headings and exclamations: high on average, and say little.
    pool = [s for s in sentences if s.words <= MAX_SENTENCE_WORDS and len(s.terms) >= 3]
    pool = pool[:MAX_SENTENCES]
    chosen: list[Sentence] = []
    while pool and len(chosen) < top:
        best = max(pool, key=lambda s: sum(weight[term] for term in s.terms) / len(s.terms))
        chosen.append(best)
        pool = [s for s in pool if s.terms != best.terms]
        for term in set(best.terms):
            weight[term] **= 2
    return sorted(chosen, key=lambda s: s.line)


def _carries(word: str) -> bool:
    """Whether a word says what a text is about."""
    return len(word) > 2 and word not in STOP_WORDS and not word[0].isdigit()


def _term_lines(terms: Counter[str], top: int) -> list[str]:
    return [f"- {code(term, 40)}: {plural(n, 'time')}" for term, n in terms.most_common(top)]
