"""Kinds of private data that operators describe, beside the built-in ones.

A pattern is matched over the text as it reads (accents off, look-alikes and full-width forms in
ASCII), with its case kept: write `(?i)` where case shall not matter. It need not stand at a word
boundary unless it says so with `\\b`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Final, NamedTuple

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)

from octollm.verdict import PiiType
from reflex_layer.engine import Pattern, spans
from reflex_layer.pii.recogniser import Found, near, words
from reflex_layer.pii.written import Refused, folded, load_json, refusal, usable
from reflex_layer.text import Shadow, shadow

MAX_KINDS: Final = 100
_BUILT_IN: Final = frozenset(kind.lower() for kind in PiiType)
_ALWAYS: Final = ""
"""An anchor that stands in every text."""

_CASE_MATTERS: Final = ("[^", "\\P", "[:^", "(?", "\\x", "\\Q")
"""With any of these, a pattern cannot be made one for lower case by ignoring case alone."""


def _free_name(name: str) -> str:
    if name.lower() in _BUILT_IN:
        raise ValueError(f"{name} is the name of a built-in kind")
    return name


def _usable(pattern: str) -> str:
    usable(pattern)
    return pattern


def _phrase(written: str) -> str:
    return " ".join(folded(written).lower().split())


class CustomKind(BaseModel):
    """One kind as an operator describes it; raises ValidationError if it cannot be used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: Annotated[
        str,
        Field(pattern=r"^[A-Z][A-Za-z0-9]{1,39}$", description="Such as `EmployeeNumber`."),
        AfterValidator(_free_name),
    ]
    pattern: Annotated[
        str, AfterValidator(_usable), Field(description="RE2; the whole match is the value.")
    ]
    context: Annotated[
        tuple[
            Annotated[str, AfterValidator(_phrase), Field(pattern=r"^[\w' -]{2,60}$")],
            ...,
        ],
        Field(max_length=50, description="Words of which one must stand near; none: no matter."),
    ] = ()
    confidence: Annotated[float, Field(ge=0, le=1)] = 0.8
    examples: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=500)], ...],
        Field(max_length=20, description="Texts in which the kind must be found."),
    ] = ()

    @model_validator(mode="after")
    def _finds_its_examples(self) -> CustomKind:
        recogniser = CustomRecogniser(self)
        for number, example in enumerate(self.examples):
            if not any(recogniser.find(shadow(example))):
                raise ValueError(f"examples.{number}: nothing is found in it")
        return self


class CustomRecogniser:
    """Finds the kind that an operator describes."""

    negative: tuple[str, ...] = ()

    def __init__(self, described: CustomKind) -> None:
        self.kind = described.name
        self.positive = described.examples
        self._confidence = described.confidence
        self._written = folded(described.pattern)
        self._pattern = usable(described.pattern)
        self._context = _any_of(described.context)

    @cached_property
    def anchor(self) -> str:
        """The pattern for texts in lower case, or one that always stands where there is none."""
        if any(sign in self._written for sign in _CASE_MATTERS):
            return _ALWAYS
        return f"(?i:{self._written})"

    def find(self, shadow: Shadow) -> Iterator[Found]:
        for start, end in spans(self._pattern, shadow.cased):
            if end > start and (self._context is None or near(shadow, start, end, self._context)):
                yield Found(self.kind, start, end, self._confidence)


def _any_of(phrases: tuple[str, ...]) -> Pattern | None:
    return (
        words(*(re.sub(r"[^a-z0-9 ]", r"\\\g<0>", phrase) for phrase in phrases))
        if phrases
        else None
    )


class CustomKinds(NamedTuple):
    """The recognisers of an operator's kinds, and a version that tells sets of them apart."""

    recognisers: tuple[CustomRecogniser, ...] = ()
    version: str = ""


_KINDS: Final = TypeAdapter(Annotated[tuple[CustomKind, ...], Field(max_length=MAX_KINDS)])


def load(source: str) -> CustomKinds:
    """Read a JSON list of kinds, inline or from the file at a path; empty for none.

    Raises Refused with the field and the reason.
    """
    if not source.strip():
        return CustomKinds()
    written, version = load_json(source)
    try:
        kinds = _KINDS.validate_python(written)
    except ValidationError as error:
        raise refusal(error) from error
    seen: set[str] = set()
    for number, kind in enumerate(kinds):
        if kind.name.lower() in seen:
            raise Refused(f"{number}.name: {kind.name} is described twice")
        seen.add(kind.name.lower())
    return CustomKinds(tuple(CustomRecogniser(kind) for kind in kinds), version)


def checked(setting: str) -> str:
    """Return a setting that describes kinds as it is; raises Refused."""
    load(setting)
    return setting
