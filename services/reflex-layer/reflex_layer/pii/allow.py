"""Values that operators allow: found, but nobody's secret, such as their own public address.

Values and patterns are compared with what was found as it reads, in lower case: a full-width or
look-alike form of an allowed value is allowed as well, and its case does not matter.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Final

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from reflex_layer.engine import Pattern
from reflex_layer.pii.recogniser import Found
from reflex_layer.pii.written import load_json, refusal, usable
from reflex_layer.text import Shadow, shadow

MAX_VALUES: Final = 10_000
MAX_PATTERNS: Final = 100


def _value(written: str) -> str:
    if not shadow(written).lower.strip():
        raise ValueError("is empty, as far as anybody sees")
    return written


def _pattern(written: str) -> str:
    usable(written)
    if usable(f"(?i:{written})").fullmatch(b"any value at all, 12345 @ x"):
        raise ValueError("allows everything")
    return written


class AllowList(BaseModel):
    """What is allowed; raises ValidationError if it cannot be used."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    values: Annotated[
        tuple[Annotated[str, Field(max_length=1_000), AfterValidator(_value)], ...],
        Field(max_length=MAX_VALUES, description="Allowed as a whole, whatever its kind."),
    ] = ()
    patterns: Annotated[
        tuple[Annotated[str, AfterValidator(_pattern)], ...],
        Field(max_length=MAX_PATTERNS, description="RE2; allowed if one matches the whole value."),
    ] = ()


class Allowed:
    """Drops what is allowed from what was found. `version` tells lists apart; empty for none."""

    def __init__(self, allowed: AllowList | None = None, version: str = "") -> None:
        described = allowed or AllowList()
        self.version = version
        self._values = frozenset(shadow(value).lower.strip() for value in described.values)
        self._patterns: tuple[Pattern, ...] = tuple(
            usable(f"(?i:{pattern})") for pattern in described.patterns
        )

    def without(self, found: Iterable[Found], seen: Shadow) -> Iterator[Found]:
        """Yield what was found in `seen` and is not allowed."""
        if not self._values and not self._patterns:
            yield from found
            return
        for one in found:
            value = seen.lower[one.start : one.end]
            if value not in self._values and not any(p.fullmatch(value) for p in self._patterns):
                yield one


NOTHING_ALLOWED: Final = Allowed()


def load(source: str) -> Allowed:
    """Read a JSON object with `values` and `patterns`, inline or from the file at a path.

    Empty for none. Raises Refused with the field and the reason.
    """
    if not source.strip():
        return NOTHING_ALLOWED
    written, version = load_json(source)
    try:
        return Allowed(AllowList.model_validate(written), version)
    except ValidationError as error:
        raise refusal(error) from error


def checked(setting: str) -> str:
    """Return a setting that describes a list as it is; raises Refused."""
    load(setting)
    return setting
