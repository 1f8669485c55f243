"""A redacted request holds no value that was found, anywhere, and can be put back whole."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.document import documents, parts_of_request
from app.redacting import redact_request
from octollm.contracts import TaskRequest
from octollm.errors import InvalidRequest
from octollm.redaction import restore_json, restore_verbatim
from octollm.verdict import PiiMatch

MAIL, OTHER = "ann@b.c", "d@e.f"


def spans(request: TaskRequest, **kinds: str) -> dict[int, list[PiiMatch]]:
    """Return findings of the first place of each value, by the place of its text."""
    found: dict[int, list[PiiMatch]] = {}
    for kind, value in kinds.items():
        place, text = next(
            (place, part.text)
            for place, part in enumerate(parts_of_request(request))
            if value in part.text
        )
        start = text.index(value)
        match = PiiMatch(pii_type=kind, start=start, end=start + len(value), confidence=1)
        found.setdefault(place, []).append(match)
    return found


def request_of(**fields: Any) -> TaskRequest:
    return TaskRequest.model_validate({"goal": "Do it.", **fields})


def test_a_value_has_one_placeholder_in_all_fields_also_where_it_was_not_found() -> None:
    request = request_of(
        goal=f"Write to {MAIL}.",
        context=f"{MAIL} or {OTHER}",
        acceptance_criteria=[
            f"Names {MAIL}",
            {"type": "contains", "text": f"<{MAIL}>"},
            {"type": "json_schema", "schema": {"properties": {MAIL: {"const": MAIL}}}},
        ],
        constraints={MAIL: {"a": [f"to {MAIL}"]}},
        metadata={"n": 7, "on": True, "nothing": None, "empty": {"": ""}},
    )
    redacted, values = redact_request(request, spans(request, Email=MAIL, Phone=OTHER))
    assert values == {"<EMAIL_1>": MAIL, "<PHONE_1>": OTHER}
    assert redacted.goal == "Write to <EMAIL_1>."
    assert redacted.context == "<EMAIL_1> or <PHONE_1>"
    assert redacted.constraints == {"<EMAIL_1>": {"a": ["to <EMAIL_1>"]}}
    assert redacted.metadata == request.metadata
    whole = redacted.model_dump_json()
    assert MAIL not in whole
    assert OTHER not in whole
    restored = restore_json(redacted.model_dump(mode="json"), values)
    assert restored == request.model_dump(mode="json")


def test_keys_of_one_object_are_told_apart_by_their_place() -> None:
    request = request_of(metadata={"format": 1, MAIL: 2})
    redacted, _ = redact_request(request, spans(request, Email=MAIL))
    assert redacted.metadata == {"format": 1, "<EMAIL_1>": 2}


def test_a_document_says_in_which_part_a_finding_lies() -> None:
    request = request_of(metadata={"format": 1, MAIL: 2})
    [document] = documents(parts_of_request(request))
    start = document.text.index(MAIL)
    part, first, last = document.locate_part(start, start + len(MAIL))
    assert (part.text, first, last) == (MAIL, 0, len(MAIL))
    assert [*parts_of_request(request)][part.place].text == MAIL


def test_a_private_number_becomes_a_text() -> None:
    request = request_of(constraints={"card": 4111111111111111})
    redacted, values = redact_request(request, spans(request, CreditCard="4111111111111111"))
    assert redacted.constraints == {"card": "<CREDIT_CARD_1>"}
    assert values == {"<CREDIT_CARD_1>": "4111111111111111"}


def test_what_the_user_typed_as_a_placeholder_in_another_field_is_not_confused() -> None:
    request = request_of(goal=f"Ask {MAIL}", context="as in <email_1>")
    redacted, values = redact_request(request, spans(request, Email=MAIL))
    assert redacted.goal == "Ask <EMAIL_2>"
    assert restore_verbatim(redacted.context or "", values) == request.context


def test_a_request_without_findings_stays_as_it_is() -> None:
    request = request_of(acceptance_criteria=[{"type": "max_words", "words": 5}])
    assert redact_request(request, {}) == (request, {})


def test_a_check_that_cannot_hold_a_placeholder_is_named_without_its_value() -> None:
    request = request_of(acceptance_criteria=["a", {"type": "max_words", "words": 90210}])
    with pytest.raises(InvalidRequest) as caught:
        redact_request(request, spans(request, Phone="90210"))
    assert caught.value.errors[0]["field"] == "acceptance_criteria.1"
    assert "90210" not in str(caught.value)
    assert caught.value.__cause__ is None


VALUE = st.sampled_from(["v1@x", "v2@x", "77", "<EMAIL_1>", "plain", "<e 1>", "é"])
LEAF = st.lists(VALUE, max_size=3).map(" ".join) | st.integers(70, 80) | st.booleans() | st.none()
OBJECTS = st.dictionaries(
    VALUE | st.just(""),
    st.recursive(LEAF, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(VALUE, inner)),
    max_size=3,
)


@settings(database=None, deadline=None, max_examples=150)
@given(VALUE, OBJECTS, OBJECTS, st.data())
def test_any_request_is_put_back_as_it_was(
    goal: str, constraints: dict[str, Any], metadata: dict[str, Any], data: st.DataObject
) -> None:
    request = request_of(
        goal=goal,
        constraints=constraints,
        metadata=metadata,
        acceptance_criteria=[goal, {"type": "equals", "value": metadata}],
    )
    found: dict[int, list[PiiMatch]] = {}
    private = set()
    for part in parts_of_request(request):
        found[part.place] = []
    for place, part in enumerate(parts_of_request(request)):
        if data.draw(st.booleans()) and part.text.endswith("@x"):
            private.add(part.text[-4:])
            end = len(part.text)
            match = PiiMatch(pii_type="Email", start=end - 4, end=end, confidence=1)
            found[place] = [match]
    redacted, values = redact_request(request, found)
    dumped = redacted.model_dump(mode="json")
    assert restore_json(dumped, values) == request.model_dump(mode="json")
    assert all(value not in json.dumps(dumped) for value in private)


def test_a_request_full_of_values_takes_no_time_to_speak_of() -> None:
    mails = [f"u{n}@b.c" for n in range(4_000)]
    request = request_of(context=" ".join(mails), metadata={"all": mails[:3_000]})
    place, start, found = 1, 0, []
    for mail in mails:
        found.append(PiiMatch(pii_type="Email", start=start, end=start + len(mail), confidence=1))
        start += len(mail) + 1
    redacted, values = redact_request(request, {place: found})
    assert len(values) == len(mails)
    assert "@" not in redacted.model_dump_json()
