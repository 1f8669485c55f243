"""What is locked is read with its key and no other, and keys can be changed."""

from __future__ import annotations

import traceback

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from app.commands import secret_key
from app.config import Settings
from app.vault import Vault, new_key
from octollm.errors import PrivateValuesUnreadable

OLD, NEW = new_key(), new_key()
VALUES = {"<EMAIL_1>": "canary@b.c"}


@settings(database=None, deadline=None, max_examples=50)
@given(st.dictionaries(st.text(), st.text()))
def test_what_was_locked_is_unlocked(values: dict[str, str]) -> None:
    vault = Vault([NEW])
    assert vault.unlock(vault.lock(values)) == values


def test_the_ciphertext_shows_nothing_and_is_another_each_time() -> None:
    vault = Vault([NEW])
    assert b"canary" not in vault.lock(VALUES)
    assert vault.lock(VALUES) != vault.lock(VALUES)


def test_the_first_key_locks_and_all_unlock() -> None:
    before = Vault([OLD]).lock(VALUES)
    both = Vault([NEW, OLD])
    assert both.unlock(before) == VALUES
    assert Vault([NEW]).unlock(both.lock(VALUES)) == VALUES


def test_what_was_rotated_needs_the_old_key_no_more() -> None:
    rotated = Vault([NEW, OLD]).rotate(Vault([OLD]).lock(VALUES))
    assert Vault([NEW]).unlock(rotated) == VALUES


@pytest.mark.parametrize(
    "ciphertext",
    [Vault([OLD]).lock(VALUES), b"", b"\xff", b"no"],
    ids=["other", "empty", "bytes", "text"],
)
def test_without_the_key_nothing_is_told_but_the_remedy(ciphertext: bytes) -> None:
    for attempt in (Vault([NEW]).unlock, Vault([NEW]).rotate):
        with pytest.raises(PrivateValuesUnreadable, match="OCTOLLM_SECRET_KEY") as caught:
            attempt(ciphertext)
        assert "canary" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    "keys",
    [[], [""], ["SECRET"], [NEW, NEW[:-4]], ["ä"]],
    ids=["none", "empty", "word", "short", "letter"],
)
def test_what_is_no_key_makes_no_vault_and_is_not_quoted(keys: list[str]) -> None:
    with pytest.raises(ValueError, match="Fernet") as caught:
        Vault(keys)
    assert "SECRET" not in "".join(traceback.format_exception(caught.value))


def test_the_command_prints_a_key_that_the_settings_take() -> None:
    first, second = (CliRunner().invoke(secret_key).output.strip() for _ in range(2))
    assert first != second
    assert Settings(secret_key=f"{first},{second}").secret_keys == [first, second]
