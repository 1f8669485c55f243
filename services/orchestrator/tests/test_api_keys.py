"""Keys: how they look, what is kept of them, what they allow."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from app.api_keys import (
    ANYONE,
    PREFIX_CHARACTERS,
    SCOPES,
    Caller,
    Scope,
    hash_of,
    key_in,
    name_checked,
    new_key,
    scopes_in,
    span_in,
)


def test_a_key_has_256_random_bits_behind_its_mark() -> None:
    keys = {new_key() for _ in range(200)}
    assert len(keys) == 200
    assert all(re.fullmatch(r"octo_[A-Za-z0-9_-]{43}", key) for key in keys)


def test_what_is_kept_of_a_key_holds_nothing_of_it() -> None:
    key = new_key()
    assert len(hash_of(key)) == 32
    assert key[PREFIX_CHARACTERS:].encode() not in hash_of(key)


@pytest.mark.parametrize("scheme", ["Bearer ", "bearer ", "BEARER   "])
def test_a_key_is_read_from_the_header(scheme: str) -> None:
    key = new_key()
    assert key_in(scheme + key) == key


@pytest.mark.parametrize(
    "header",
    [
        *(None, "", "Bearer", "Bearer ", "Basic b2N0bzo=", "Bearer octo_short"),
        *(f"octo_{'a' * 43}", f"Bearer octo_{'a' * 44}", f"Bearer sk_{'a' * 43}"),
        f"Bearer octo_{'ä' * 43}",
    ],
)
def test_what_cannot_be_a_key_is_none(header: str | None) -> None:
    assert key_in(header) is None


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_allows_itself_and_admin_allows_all(scope: Scope) -> None:
    assert Caller("acme", frozenset([scope])).may(scope)
    assert Caller("acme", frozenset(["admin"])).may(scope)
    others = frozenset(SCOPES) - {scope, "admin"}
    assert not Caller("acme", others).may(scope)
    assert ANYONE.may(scope)


def test_scopes_are_named_in_any_order_and_once() -> None:
    assert scopes_in("read, submit,read") == ["submit", "read"]


@pytest.mark.parametrize("wrong", ["", "reed", "read,", "read submit", "READ"])
def test_what_is_no_scope_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="submit, read, cancel, admin"):
        scopes_in(wrong)


@pytest.mark.parametrize(("text", "hours"), [("12h", 12), ("90d", 90 * 24), (" 2w ", 14 * 24)])
def test_a_key_may_live_hours_days_or_weeks(text: str, hours: int) -> None:
    assert span_in(text) == timedelta(hours=hours)


@pytest.mark.parametrize("wrong", ["", "0d", "-1d", "90", "1y", "1.5d", "999999d"])
def test_another_span_is_refused(wrong: str) -> None:
    with pytest.raises(ValueError, match="12h, 90d or 52w"):
        span_in(wrong)


@pytest.mark.parametrize("name", ["a", "team-a.prod_1", "9", "A" * 64])
def test_names_are_plain(name: str) -> None:
    assert name_checked(name) == name


@pytest.mark.parametrize("name", ["", "-a", ".a", "a b", "ä", "a\n", "A" * 65])
def test_other_names_are_refused(name: str) -> None:
    with pytest.raises(ValueError, match="letters, digits"):
        name_checked(name)
