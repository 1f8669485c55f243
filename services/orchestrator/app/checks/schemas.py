"""Pure: JSON Schemas of users, and the reasons why a value is not valid by one."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import jsonschema_rs
from pydantic import JsonValue

from app.checks.graph import MAX_WORK, Graph, Shape, TooDeep
from app.checks.reader import BadSchema, pointer_of, read

MAX_ERROR_WORK = 20_000
"""Units of work (see `graph`) up to which errors are listed: one takes some 60 µs to make, and
all are made at once, those of every branch too."""

_SHOWN_ERRORS = 3
_SHOWN_CHARACTERS = 150
_PATTERNS = jsonschema_rs.RegexOptions(size_limit=1 << 17, dfa_size_limit=1 << 20)


class TooMuchWork(ValueError):
    """Checking this value by this schema might take seconds."""


@dataclass(frozen=True)
class Schema:
    """A schema that is ready for use; `prepare` makes it."""

    validator: jsonschema_rs.Validator
    graph: Graph

    def errors(self, value: JsonValue) -> list[str]:
        """Return the first few reasons why a value is not valid; none if it is.

        A reason begins with the place as a JSON Pointer, and quotes nothing of the value but
        names. Raises TooMuchWork.
        """
        try:
            shape = Shape.of(value)
        except TooDeep:
            raise TooMuchWork("it is nested too deep") from None
        work = self.graph.work(shape)
        if work > MAX_WORK:
            raise TooMuchWork("there is too much of it for this schema")
        if self.validator.is_valid(value):
            return []
        if work <= MAX_ERROR_WORK:
            return [_told(error) for error in islice(self._all(value), _SHOWN_ERRORS)]
        if self.graph.branches or work > MAX_WORK // 8:  # it would be validated once more
            return ["the output is not valid; it is too large to say where"]
        return [_told(error) for error in self._first(value)]

    def _all(self, value: JsonValue) -> list[jsonschema_rs.ValidationError]:
        return list(self.validator.iter_errors(value))

    def _first(self, value: JsonValue) -> list[jsonschema_rs.ValidationError]:
        try:
            self.validator.validate(value)
        except jsonschema_rs.ValidationError as error:
            return [error]
        return []


def prepare(document: dict[str, JsonValue]) -> Schema:
    """Return a schema ready for use. Nothing is fetched for it; `format` is checked.

    Raises BadSchema, which says where and why.
    """
    graph = read(document)
    try:
        validator = jsonschema_rs.validator_for(
            document,
            pattern_options=_PATTERNS,
            offline=True,
            validate_formats=True,
            mask="the value",
        )
    except jsonschema_rs.ValidationError as error:
        raise BadSchema(_reason(error)) from None
    except ValueError:  # its text may quote the schema
        raise BadSchema("is no valid JSON Schema") from None
    if graph.work(Shape.of(None)) > MAX_WORK:
        raise BadSchema("takes too long to check, whatever the output")
    return Schema(validator, graph)


def _reason(error: jsonschema_rs.ValidationError) -> str:
    """Say what is wrong with a schema. The error's own text quotes from it."""
    place = pointer_of(error.instance_path)
    if error.kind.name == "format" and {"pattern", "patternProperties"} & set(error.instance_path):
        return (
            f"has at {place} a regular expression that cannot be read, is too large or uses "
            "look-around or back-references, which do not go with linear time"
        )
    return f"is no valid JSON Schema: at {place} its meta-schema's `{error.kind.name}` is not met"


def _told(error: jsonschema_rs.ValidationError) -> str:
    steps = (str(step).replace("~", "~0").replace("/", "~1") for step in error.instance_path)
    place = "".join(f"/{step}" for step in steps) or "the whole"
    return f"{_cut(place)}: {_cut(error.message)}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[: _SHOWN_CHARACTERS - 1]}…"
