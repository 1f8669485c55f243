"""Pure: a task's request with placeholders in the place of what is private in it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from itertools import accumulate

from pydantic import JsonValue, TypeAdapter, ValidationError

from app.document import Part, criteria_of, leaves, parts_of_request
from octollm.contracts import TaskRequest
from octollm.criteria import Criterion
from octollm.redaction import placeholders_in, redact
from octollm.validation import invalid
from octollm.verdict import PiiMatch

_CRITERION: TypeAdapter[Criterion] = TypeAdapter(Criterion)
_BETWEEN = "\x00"  # in no text of a request, so that no value reaches from one into the next


def redact_request(
    request: TaskRequest, spans: Mapping[int, Iterable[PiiMatch]]
) -> tuple[TaskRequest, dict[str, str]]:
    """Return a request without its private values, and these by placeholder.

    `spans` are the findings by the place of their text in `parts_of_request`, which is
    `Part.place`: several keys of one object have the same field. The same value gets the same
    placeholder, also where it stands and was not found. A number becomes a text. Putting the
    values back gives the same texts.

    Raises InvalidRequest when a criterion is none any more with placeholders in it, and
    ValueError for a span that lies outside its text.
    """
    parts = list(parts_of_request(request))
    texts = [part.text for part in parts]
    fresh, values = _redacted(texts, spans, set())
    return _rebuilt(request, parts, fresh), values


def redact_made(
    output: str,
    data: Mapping[str, JsonValue],
    spans: Mapping[int, Iterable[PiiMatch]],
    known: Mapping[str, str],
    taken: Set[str] = frozenset(),
) -> tuple[str, dict[str, JsonValue], dict[str, str]]:
    """Return what an arm made without what is private in it, and the new values by placeholder.

    `spans` are the findings by the number of their text: 0 is the output, the others the leaves
    of `data` in their order. Placeholders that stand in the texts stay what they are; a value
    that is `known` gets the placeholder it has, and none of those or of `taken` is given to
    another one.
    """
    texts = [output, *(part.text for part in leaves("data", dict(data)))]
    fresh, values = _redacted(texts, spans, taken | known.keys())
    names = {value: name for name, value in known.items()}
    for name, value in values.items():
        if value in names:  # no text had this new name before, so that it can be replaced as it is
            fresh = [text.replace(name, names[value]) for text in fresh]
    new = {name: value for name, value in values.items() if value not in names}
    remaining = iter(zip(texts, fresh, strict=True))
    next(remaining)
    made = _leaves(dict(data), remaining)
    if not isinstance(made, dict):
        raise AssertionError("an object stays an object")
    return fresh[0], made, new


def _redacted(
    texts: Sequence[str], spans: Mapping[int, Iterable[PiiMatch]], taken: Set[str]
) -> tuple[list[str], dict[str, str]]:
    """Return texts with their findings replaced throughout, and what by; no placeholder that
    stands in one of them, or is `taken`, is handed out."""
    taken = set(taken).union(*map(placeholders_in, texts))
    values: dict[str, str] = {}
    fresh: list[str] = []
    for text, matches in zip(texts, _everywhere(texts, spans), strict=True):
        redacted = redact(text, matches, values, taken)
        values = redacted.values
        fresh.append(redacted.text)
    return fresh, values


def _everywhere(
    texts: Sequence[str], spans: Mapping[int, Iterable[PiiMatch]]
) -> list[list[PiiMatch]]:
    """Return for each text its findings, and where else a value stands that any of them found."""
    matches = [list(spans.get(place, ())) for place in range(len(texts))]
    kinds = {
        text[match.start : match.end]: match.pii_type
        for text, found in zip(texts, matches, strict=True)
        for match in found
    }
    for place, match in _places(texts, kinds):
        matches[place].append(match)
    return matches


def _places(texts: Sequence[str], kinds: Mapping[str, str]) -> Iterator[tuple[int, PiiMatch]]:
    """Yield in which text and where in it each value stands, without overlaps of its own."""
    starts = [0, *accumulate(len(text) + 1 for text in texts)]
    joined = _BETWEEN.join(texts)
    for value, kind in kinds.items():
        position = joined.find(value) if value else -1
        while position >= 0:
            place = bisect_right(starts, position) - 1
            start = position - starts[place]
            yield place, PiiMatch(pii_type=kind, start=start, end=start + len(value), confidence=1)
            position = joined.find(value, position + len(value))


def _rebuilt(request: TaskRequest, parts: Sequence[Part], fresh: Sequence[str]) -> TaskRequest:
    """Return the request with `fresh` texts, which are in the order of `parts_of_request`."""
    remaining = iter(zip((part.text for part in parts), fresh, strict=True))
    goal = next(remaining)[1]
    context = next(remaining)[1] if request.context else request.context
    criteria = [
        _criterion(index, _leaves(criterion, remaining))
        for index, criterion in enumerate(criteria_of(request))
    ]
    update = {
        "goal": goal,
        "context": context,
        "acceptance_criteria": criteria,
        "constraints": _leaves(request.constraints, remaining),
        "metadata": _leaves(request.metadata, remaining),
    }
    return request.model_copy(update=update)


def _leaves(value: JsonValue, remaining: Iterator[tuple[str, str]]) -> JsonValue:
    """Return a JSON value with the next texts, in the order in which `leaves` yields them."""
    if isinstance(value, str) and value:
        return next(remaining)[1]
    if isinstance(value, int | float) and not isinstance(value, bool):
        before, after = next(remaining)
        return value if before == after else after
    if isinstance(value, list):
        return [_leaves(item, remaining) for item in value]
    if isinstance(value, dict):
        return {
            next(remaining)[1] if key else key: _leaves(item, remaining)
            for key, item in value.items()
        }
    return value


def _criterion(index: int, value: JsonValue) -> Criterion:
    try:
        return _CRITERION.validate_python(value)
    except ValidationError:  # it quotes the value
        raise invalid(
            f"acceptance_criteria.{index}",
            "cannot stay what it is with placeholders in the place of its private values",
        ) from None
