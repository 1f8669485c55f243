"""The commands `octollm keys create`, `list` and `revoke`: for operators, on the database itself.

As in `commands`, imports that are slow stand inside the functions on purpose.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID

import click

from app.api_keys import PREFIX_CHARACTERS, Scope, name_checked, scopes_in, span_in
from app.command_line import data_option, database_url_of, fail, read_settings
from octollm.cli_server import json_option

if TYPE_CHECKING:
    from app.config import Settings
    from app.models import ApiKey

AWAY = 3
Value = TypeVar("Value")


def _checked(read: Callable[[str], Value]) -> Callable[..., Value | None]:
    """Return a click callback that reads an option, and refuses it with the reason."""

    def callback(_context: click.Context, _option: click.Parameter, text: str | None) -> Any:
        try:
            return None if text is None else read(text)
        except ValueError as error:
            raise click.BadParameter(str(error)) from None

    return callback


@click.group(short_help="Make, list and revoke API keys.")
def keys() -> None:
    """API keys, on the database of OCTOLLM_DATABASE_URL, or with --data-dir on that of octollm up.

    From the first one on nobody comes in without a key.
    """


@keys.command()
@click.option("--tenant", required=True, callback=_checked(name_checked), help="Whose key it is.")
@click.option("--name", required=True, callback=_checked(name_checked), help="What it is for.")
@click.option(
    "--scope",
    "scopes",
    default="submit,read,cancel",
    show_default=True,
    callback=_checked(scopes_in),
    metavar="SCOPES",
    help="Of submit, read, cancel and admin, which is all of them and what erases.",
)
@click.option(
    "--expires",
    "lives",
    callback=_checked(span_in),
    metavar="SPAN",
    help="When it ends: 12h, 90d, 52w from now; left out, never.",
)
@data_option
@json_option
def create(
    tenant: str,
    name: str,
    scopes: list[Scope],
    lives: timedelta | None,
    data_dir: Path | None,
    as_json: bool,
) -> None:
    """Make a key and print it, once: it is kept nowhere. The tenant `default` is the one whose
    everything is while there are no keys."""
    from app import key_desk

    new = key_desk.NewKey(tenant, name, scopes, lives)
    row, key = _on_database(data_dir, lambda settings: key_desk.create(settings, new))
    if as_json:
        click.echo(json.dumps(_document(row) | {"key": key}, indent=2))
        return
    ends = row.expires_at.isoformat(" ", "seconds") if row.expires_at else "never"
    click.echo(f"Key {row.id} of {tenant}, for {', '.join(row.scopes)}; expires: {ends}.", err=True)
    click.echo("It is shown this once. Send it as `Authorization: Bearer`, or set", err=True)
    click.echo("OCTOLLM_API_KEY:", err=True)
    click.echo(key)


@keys.command("list")
@data_option
@json_option
def list_(data_dir: Path | None, as_json: bool) -> None:
    """List all keys of all tenants, by their first characters."""
    from app import key_desk

    rows = _on_database(data_dir, key_desk.list_keys)
    if as_json:
        click.echo(json.dumps({"keys": [_document(row) for row in rows]}, indent=2))
    elif rows:
        _print_keys(rows)
    else:
        click.echo("No keys. Make one: octollm keys create --tenant TENANT --name NAME", err=True)


@keys.command()
@click.argument("key_id", type=click.UUID, metavar="ID")
@data_option
@json_option
def revoke(key_id: UUID, data_dir: Path | None, as_json: bool) -> None:
    """Revoke a key: after five seconds no process lets it in. Again is harmless."""
    from app import key_desk

    row = _on_database(data_dir, lambda settings: key_desk.revoke(settings, key_id))
    if row is None:
        fail(f"There is no key {key_id}. See: octollm keys list")
    if as_json:
        click.echo(json.dumps(_document(row), indent=2))
    else:
        click.echo(f"Revoked: {row.id}, {row.prefix}… of {row.tenant}")


def _on_database(
    data_dir: Path | None, work: Callable[[Settings], Coroutine[Any, Any, Value]]
) -> Value:
    """Do something on the database that is meant; end the command if it cannot be used."""
    from octollm.errors import DatabaseUnavailable

    settings = read_settings()
    with database_url_of(data_dir, settings.database_url) as url:
        try:
            return asyncio.run(work(settings.model_copy(update={"database_url": url})))
        except DatabaseUnavailable as error:
            where = f"in {data_dir}" if data_dir else "of OCTOLLM_DATABASE_URL"
            hint = "" if data_dir else " For that of `octollm up`, give its folder by --data-dir."
            why = "" if error.detail == error.title else f" {error.detail}"
            look = " `octollm doctor` says what is wrong with it." if not (data_dir or why) else ""
            fail(f"The database {where} cannot be used.{why}{look}{hint}", code=AWAY)


def _document(row: ApiKey) -> dict[str, Any]:
    times = ("created_at", "last_used_at", "expires_at", "revoked_at")
    return {
        "id": str(row.id),
        "tenant": row.tenant,
        "name": row.name,
        "prefix": row.prefix,
        "scopes": row.scopes,
        **{name: at.isoformat() if (at := getattr(row, name)) else None for name in times},
    }


def _print_keys(rows: list[ApiKey]) -> None:
    """Print each key in two lines, since an id alone takes half of a terminal."""
    from rich.text import Text

    from octollm.cli_output import Safe, span, stdout

    now, console = datetime.now(UTC), stdout()

    def line(key: str, begins: str, state: str, used: str) -> str:
        return f"{key:36}  {begins:{PREFIX_CHARACTERS}}  {state:7}  {used}"

    console.print(Text(line("key", "begins", "state", "used"), style="dim"))
    for row in rows:
        at = row.last_used_at
        used = f"{span((now - at).total_seconds())} ago" if at else "never"
        console.print(Safe(Text(line(str(row.id), row.prefix, _state(row, now), used))))
        until = f", until {row.expires_at:%Y-%m-%d}" if row.expires_at else ""
        console.print(Safe(Text(f"  {row.name} of {row.tenant}: {', '.join(row.scopes)}{until}")))


def _state(row: ApiKey, now: datetime) -> str:
    if row.revoked_at:
        return "revoked"
    return "expired" if row.expires_at and row.expires_at <= now else "good"
