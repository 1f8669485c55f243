"""Pure: acceptance criteria that need no model are judged here, each in about a second at most.

What a check means is told in `octollm.criteria`. A check that would take longer on an output than
it may is `undecided`; no output makes one raise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from app.checks.json_text import NotJson, equal, read, resolve
from app.checks.patterns import PatternRefused, TooLong, program, search
from app.checks.reader import MAX_PATTERNS, BadSchema
from app.checks.schemas import TooMuchWork, prepare
from octollm.criteria import (
    MAX_EVIDENCE_CHARACTERS,
    Check,
    ContainsCheck,
    Criterion,
    EqualsCheck,
    JsonSchemaCheck,
    JudgementVerdict,
    MaxWordsCheck,
    NumberBetweenCheck,
    RegexCheck,
)
from octollm.fields import made_storable
from octollm.validation import invalid_fields

__all__ = ["judge", "validate"]

_POINTER = re.compile(r"(?:/(?:[^~]|~[01])*)?", re.DOTALL)

Verdict = tuple[JudgementVerdict, str]


def validate(criteria: Sequence[Criterion]) -> None:
    """Refuse checks that could never be judged.

    Raises InvalidRequest that names each, such as `acceptance_criteria.2.pattern`, and why.
    """
    found, patterns = [], 0
    for index, criterion in enumerate(criteria):
        field, message, more = _examined(criterion)
        patterns += more
        if patterns > MAX_PATTERNS:
            message = f"there are more than {MAX_PATTERNS} regular expressions up to here"
        if message:
            place = f"acceptance_criteria.{index}.{field}"
            found.append({"field": place, "message": message})
        if patterns > MAX_PATTERNS:
            break
    if found:
        raise invalid_fields(found)


def judge(check: Check, output: str) -> Verdict:
    """Return the verdict on an output and what it rests on, at most 500 characters of it.

    A check that `validate` would refuse is `undecided`.
    """
    try:
        verdict, evidence = _JUDGES[type(check)](check, output)
    except NotJson as error:
        verdict, evidence = "failed", f"The output is not JSON: {error}"
    except TooMuchWork as error:
        verdict, evidence = "undecided", f"The output was not checked: {error}"
    except TooLong:
        verdict, evidence = "undecided", "The output is too long for this pattern"
    except (BadSchema, PatternRefused):
        verdict, evidence = "undecided", "The criterion cannot be judged"
    evidence = made_storable(evidence)
    if len(evidence) > MAX_EVIDENCE_CHARACTERS:
        evidence = f"{evidence[: MAX_EVIDENCE_CHARACTERS - 1]}…"
    return verdict, evidence


def _examined(criterion: Criterion) -> tuple[str, str, int]:
    """Return the field of a criterion that can be wrong, why it is if it is, and how many regular
    expressions it has: each takes time to compile."""
    if isinstance(criterion, RegexCheck):
        try:
            program(criterion.pattern)
        except PatternRefused as error:
            return "pattern", f"RE2 does not take it: {error}", 1
        return "pattern", "", 1
    if isinstance(criterion, JsonSchemaCheck):
        try:
            return "schema", "", prepare(criterion.json_schema).graph.patterns
        except BadSchema as error:
            return "schema", str(error), 0
    if isinstance(criterion, NumberBetweenCheck) and not _POINTER.fullmatch(criterion.path):
        return "path", "is no JSON Pointer (RFC 6901): `~` is written `~0`", 0
    return "", "", 0


def _json_schema(check: JsonSchemaCheck, output: str) -> Verdict:
    errors = prepare(check.json_schema).errors(read(output))
    return _verdict(not errors, "; ".join(errors) or "The output is valid by the schema")


def _regex(check: RegexCheck, output: str) -> Verdict:
    text = made_storable(output)  # UTF-8, which RE2 reads, has no lone surrogates
    found = search(check.pattern, text)
    if found is None:
        return "failed", "Nothing in the output matches"
    start, end = found
    if start == end:
        return "passed", f"An empty stretch matches, behind {start:,} characters"
    return "passed", text[start : min(end, start + MAX_EVIDENCE_CHARACTERS + 1)]


def _contains(check: ContainsCheck, output: str) -> Verdict:
    if check.ignore_case:
        stands = check.text.casefold() in output.casefold()
        return _verdict(stands, "It stands in the output" if stands else "It does not stand there")
    place = output.find(check.text)
    told = f"It stands behind {place:,} characters" if place >= 0 else "It does not stand there"
    return _verdict(place >= 0, told)


def _equals(check: EqualsCheck, output: str) -> Verdict:
    if isinstance(check.value, str) and output.strip() == check.value.strip():
        return "passed", "The text is the same"
    try:
        same = equal(check.value, read(output))
    except NotJson:
        if not isinstance(check.value, str):
            raise
        return "failed", "The text is another"
    return _verdict(same, "The value is the same" if same else "The value is another")


def _max_words(check: MaxWordsCheck, output: str) -> Verdict:
    words = len(output.split())
    return _verdict(words <= check.words, f"{_words(words)}; at most {check.words:,} allowed")


def _words(number: int) -> str:
    return "1 word" if number == 1 else f"{number:,} words"


def _number_between(check: NumberBetweenCheck, output: str) -> Verdict:
    try:
        number = resolve(read(output), check.path)
    except LookupError:
        return "failed", "Nothing stands at the path"
    if isinstance(number, bool) or not isinstance(number, int | float):
        return "failed", "What stands there is not a number"
    above = check.minimum is None or number >= check.minimum
    below = check.maximum is None or number <= check.maximum
    limits = [
        *([f"at least {check.minimum}"] if check.minimum is not None else []),
        *([f"at most {check.maximum}"] if check.maximum is not None else []),
    ]
    return _verdict(above and below, f"{number}; allowed is {' and '.join(limits)}")


def _verdict(holds: bool, evidence: str) -> Verdict:
    return "passed" if holds else "failed", evidence


_JUDGES: dict[type, Callable[[Any, str], Verdict]] = {
    JsonSchemaCheck: _json_schema,
    RegexCheck: _regex,
    ContainsCheck: _contains,
    EqualsCheck: _equals,
    MaxWordsCheck: _max_words,
    NumberBetweenCheck: _number_between,
}
