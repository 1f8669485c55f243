"""What operators allow is not reported, however it is written."""

import json

import pytest
from pydantic import ValidationError

from reflex_layer.config import Settings
from reflex_layer.pii.allow import Allowed, load
from reflex_layer.pii.recogniser import Found
from reflex_layer.pii.written import Refused
from reflex_layer.ruleset import BUILT_IN
from reflex_layer.screen import screen
from reflex_layer.text import shadow


def _left(allowed: Allowed, text: str, value: str) -> bool:
    """Tell whether `value`, found in `text`, is still reported."""
    start = text.index(value)
    seen = shadow(text)
    return any(allowed.without([Found("Email", start, start + len(value), 0.9)], seen))


def _list(**fields: object) -> Allowed:
    return load(json.dumps(fields))


def test_an_exact_value_is_allowed_in_any_case_and_width() -> None:
    allowed = _list(values=["Help@example.org"])
    assert not _left(allowed, "to help@example.org", "help@example.org")
    assert not _left(allowed, "to ｈｅｌｐ＠example.org", "ｈｅｌｐ＠example.org")


def test_a_value_that_only_holds_an_allowed_one_is_reported() -> None:
    assert _left(_list(values=["help@example.org"]), "xhelp@example.org", "xhelp@example.org")


def test_a_pattern_allows_what_it_matches_as_a_whole() -> None:
    allowed = _list(patterns=[r"[a-z]+@example\.org"])
    assert not _left(allowed, "to Ada@example.org", "Ada@example.org")
    assert _left(allowed, "to ada@example.org.uk", "ada@example.org.uk")


def test_a_setting_is_enough_to_leave_a_value_out() -> None:
    rules = Settings(pii_allow=json.dumps({"values": ["help@kestrel.org"]})).ruleset()
    text = "to Help@kestrel.org or ann@kestrel.org"
    verdict = screen(text, rules)
    assert [text[m.start : m.end] for m in verdict.pii_matches] == ["ann@kestrel.org"]
    assert verdict.ruleset != screen(text, BUILT_IN).ruleset


def test_a_setting_that_cannot_be_used_names_itself_and_the_field(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("REFLEX_PII_ALLOW", json.dumps({"patterns": [".+"]}))
    with pytest.raises(ValidationError) as refused:
        Settings()
    (error,) = refused.value.errors()
    assert error["loc"] == ("pii_allow",)
    assert "patterns.0: allows everything" in error["msg"]


def test_nothing_written_allows_nothing() -> None:
    assert _left(load(""), "to a@example.org", "a@example.org")
    assert load("").version == ""


def test_lists_that_differ_have_versions_that_differ() -> None:
    assert _list(values=["a"]).version != _list(values=["b"]).version


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"patterns": ["a("]}, "patterns.0: is no RE2 pattern: missing"),
        ({"patterns": ["x*"]}, "patterns.0: matches the empty string"),
        ({"patterns": [".+"]}, "patterns.0: allows everything"),
        ({"values": [""]}, "values.0: is empty"),
        ({"values": ["\u200b"]}, "values.0: is empty"),
        ({"value": ["a"]}, "value: "),
        ({"values": "a"}, "values: "),
        ({"patterns": ["a"] * 101}, "patterns: "),
    ],
)
def test_what_cannot_be_used_is_refused_with_field_and_reason(
    fields: dict[str, object], reason: str
) -> None:
    with pytest.raises(Refused) as refused:
        load(json.dumps(fields))
    assert reason in str(refused.value)


def test_a_value_is_allowed_as_it_is_written_escapes_and_all() -> None:
    link = "https://kestrel.org/a%20b?q=%22c%22"
    rules = Settings(pii_allow=json.dumps({"values": [link]})).ruleset()
    assert screen(f"see {link} here", rules).pii_matches == ()
