"""Kinds that operators describe are found like the built-in ones, or refused with the reason."""

import json
from pathlib import Path

import pytest
from pydantic import ValidationError

from reflex_layer.config import Settings
from reflex_layer.pii import Recognisers
from reflex_layer.pii.custom import MAX_KINDS, load
from reflex_layer.pii.written import Refused
from reflex_layer.ruleset import BUILT_IN
from reflex_layer.screen import screen
from reflex_layer.text import shadow

EMPLOYEE = {"name": "EmployeeNumber", "pattern": r"\bEMP-[0-9]{6}\b", "confidence": 0.9}


def _found(kinds: list[dict[str, object]], text: str) -> list[str]:
    custom = load(json.dumps(kinds))
    seen = shadow(text)
    every = Recognisers(custom.recognisers, custom.version).find_all(seen)
    names = {kind["name"] for kind in kinds}
    places = [seen.span(f.start, f.end) for f in every if f.kind in names]
    return [text[start:end] for start, end in places]


def test_a_described_kind_is_found() -> None:
    assert _found([EMPLOYEE], "by EMP-104233 today, not emp-104233") == ["EMP-104233"]


def test_a_setting_is_enough_to_find_a_kind_and_its_verdicts_are_no_others() -> None:
    rules = Settings(pii_kinds=json.dumps([EMPLOYEE])).ruleset()
    verdict = screen("by EMP-104233 today", rules)
    assert [(m.pii_type, m.start, m.end) for m in verdict.pii_matches] == [
        ("EmployeeNumber", 3, 13)
    ]
    assert verdict.status == "blocked"
    assert verdict.ruleset != screen("by EMP-104233 today", BUILT_IN).ruleset


def test_a_setting_that_cannot_be_used_names_itself_and_the_field(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REFLEX_PII_KINDS", json.dumps([EMPLOYEE | {"pattern": "EMP-("}]))
    with pytest.raises(ValidationError) as refused:
        Settings()
    (error,) = refused.value.errors()
    assert error["loc"] == ("pii_kinds",)
    assert "0.pattern: is no RE2 pattern: missing" in error["msg"]


def test_case_matters_only_where_the_pattern_says_so() -> None:
    kind = EMPLOYEE | {"pattern": r"(?i)\bemp-[0-9]{6}\b"}
    assert _found([kind], "EMP-104233 and emp-104234") == ["EMP-104233", "emp-104234"]


def test_a_pattern_with_a_negated_class_is_found_behind_the_gate() -> None:
    kind = EMPLOYEE | {"pattern": r"ID[^A-Z0-9][a-z]{4}"}
    assert _found([kind], "see ID-abcd") == ["ID-abcd"]


def test_a_full_width_form_is_found_as_it_stands() -> None:
    assert _found([EMPLOYEE], "ＥＭＰ－１０４２３３") == ["ＥＭＰ－１０４２３３"]


def test_context_words_are_needed_near() -> None:
    kind: dict[str, object] = {
        "name": "Badge",
        "pattern": r"\b[0-9]{5}\b",
        "context": ["Ausweis Nr", "badge"],
    }
    assert _found([kind], "badge 12345") == ["12345"]
    assert _found([kind], "Ausweis-Nr. 12345") == ["12345"]
    assert _found([kind], "paid 12345") == []


def test_a_file_is_read_and_its_formatting_is_no_new_version(tmp_path: Path) -> None:
    path = tmp_path / "kinds.json"
    path.write_text(json.dumps([EMPLOYEE], indent=4))
    assert load(str(path)).version == load(json.dumps([EMPLOYEE])).version
    assert load(str(path)).version != load(json.dumps([EMPLOYEE | {"confidence": 0.8}])).version


def test_nothing_written_is_no_kinds() -> None:
    assert load("") == ((), "")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"pattern": "EMP-[0-9"}, "0.pattern: is no RE2 pattern: missing"),
        ({"pattern": "(?=x)x"}, "0.pattern: is no RE2 pattern"),
        ({"pattern": "[0-9]*"}, "0.pattern: matches the empty string"),
        ({"pattern": r"\b"}, "0.pattern: matches the empty string"),
        ({"pattern": ""}, "0.pattern: is empty"),
        ({"pattern": "x" * 501}, "0.pattern: is longer than 500"),
        ({"pattern": "(?:[a-z0-9]{1,50}x){20}"}, "0.pattern: is "),
        ({"pattern": "密[0-9]+"}, "0.pattern: holds a letter"),
        ({"name": "CreditCard"}, "0.name: CreditCard is the name of a built-in kind"),
        ({"name": "creditcard"}, "0.name: "),
        ({"name": "Iban"}, "0.name: Iban is the name of a built-in kind"),
        ({"name": "Employee Number"}, "0.name: "),
        ({"name": "E" * 41}, "0.name: "),
        ({"confidence": 1.5}, "0.confidence: "),
        ({"context": ["a(b"]}, "0.context.0: "),
        ({"examples": ["EMP-1"]}, "examples.0: nothing is found in it"),
        ({"colour": "red"}, "0.colour: "),
    ],
)
def test_what_cannot_be_used_is_refused_with_field_and_reason(
    change: dict[str, object], reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        load(json.dumps([EMPLOYEE | change]))
    assert reason in str(refused.value)


def test_too_many_kinds_are_refused() -> None:
    with pytest.raises(Refused, match="at most 100"):
        load(json.dumps([EMPLOYEE | {"name": f"Kind{n}"} for n in range(MAX_KINDS + 1)]))


def test_a_name_described_twice_is_refused() -> None:
    with pytest.raises(Refused, match=r"1\.name: EmployeeNumber is described twice"):
        load(json.dumps([EMPLOYEE, EMPLOYEE]))


def test_a_file_that_is_not_there_and_one_that_is_no_json_are_refused(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="cannot read"):
        load(str(tmp_path / "none.json"))
    with pytest.raises(Refused, match="is no JSON"):
        load("[{]")
