"""`octollm keys`, as an operator uses it."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from app import embedded, migrate
from app.api_keys import PREFIX_CHARACTERS
from octollm.cli import cli

Run = Callable[..., Result]

NEW = ("create", "--tenant", "acme", "--name", "ci")


@pytest.fixture
def run(database_url: str, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run `octollm keys …` on the test's database."""
    monkeypatch.setenv("OCTOLLM_DATABASE_URL", database_url)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *arguments: CliRunner().invoke(cli, ["keys", *arguments])


def made(run: Run, *more: str) -> dict[str, Any]:
    result = run(*NEW, "--json", *more)
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads(result.stdout)
    return document


def listed(run: Run, *more: str) -> list[dict[str, Any]]:
    keys: list[dict[str, Any]] = json.loads(run("list", "--json", *more).stdout)["keys"]
    return keys


def test_a_key_is_printed_alone_on_stdout_and_once(run: Run) -> None:
    result = run(*NEW)
    key = result.stdout.strip()
    assert result.exit_code == 0
    assert key.startswith("octo_")
    assert key not in result.stderr
    table = run("list").stdout
    assert key[:PREFIX_CHARACTERS] in table
    assert key not in table
    assert "acme" in table
    assert "good" in table


def test_the_list_fits_into_eighty_columns(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    key = made(run)
    assert run("list").stdout.splitlines()[1:] == [
        f"{key['id']}  {key['prefix']}  good     never",
        "  ci of acme: submit, read, cancel",
    ]


def test_a_key_is_made_as_it_was_asked_for(run: Run) -> None:
    key = made(run, "--scope", "admin,read", "--expires", "90d")
    (kept,) = listed(run)
    assert kept == {name: value for name, value in key.items() if name != "key"}
    assert kept["scopes"] == ["read", "admin"]
    assert kept["expires_at"] is not None
    assert kept["prefix"] == key["key"][:PREFIX_CHARACTERS]


def test_left_out_a_key_may_do_the_usual_and_never_expires(run: Run) -> None:
    key = made(run)
    assert key["scopes"] == ["submit", "read", "cancel"]
    assert key["expires_at"] is None


def test_a_key_is_revoked_and_stays_in_the_list(run: Run) -> None:
    key = made(run)
    first = run("revoke", key["id"])
    assert first.exit_code == 0
    assert key["prefix"] in first.stdout
    at = listed(run)[0]["revoked_at"]
    assert at is not None
    assert json.loads(run("revoke", key["id"], "--json").stdout)["revoked_at"] == at
    assert "revoked" in run("list").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("create", "--name", "ci"), 2, "--tenant"),
        (("create", "--tenant", "a b", "--name", "ci"), 2, "letters, digits"),
        ((*NEW, "--scope", "write"), 2, "submit, read, cancel, admin"),
        ((*NEW, "--expires", "1y"), 2, "90d"),
        (("revoke", "no-id"), 2, "no-id"),
        (("revoke", "00000000-0000-4000-8000-000000000000"), 1, "octollm keys list"),
        (("list", "--data-dir", "/nowhere/at/all"), 1, "/nowhere/at/all holds no data"),
    ],
)
def test_what_is_wrong_is_said(run: Run, arguments: tuple[str, ...], code: int, said: str) -> None:
    result = run(*arguments)
    assert result.exit_code == code
    assert said in result.stderr
    assert result.stdout == ""


def test_without_a_key_it_is_said_how_to_make_one(run: Run) -> None:
    assert "octollm keys create" in run("list").stderr


def test_a_database_that_is_away_is_said_and_where_else_to_look(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OCTOLLM_DATABASE_URL", "postgresql://127.0.0.1:9/octollm")
    result = run("list")
    assert result.exit_code == 3
    assert "--data-dir" in result.stderr


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that whoever runs PostgreSQL can reach."""
    made = Path(tempfile.mkdtemp(prefix="octollm-keys-"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


def test_the_database_of_up_is_used_whether_it_runs_or_not(run: Run, folder: Path) -> None:
    there = ("--data-dir", str(folder))
    with embedded.running(folder, durable=False) as server:
        server.create_database(embedded.DATABASE)
        migrate.upgrade(server.url())
        key = made(run, *there)
    assert [kept["id"] for kept in listed(run, *there)] == [key["id"]]
    assert listed(run) == [], "OCTOLLM_DATABASE_URL is another database"
