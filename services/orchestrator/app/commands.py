"""The Orchestrator's sub-commands of `octollm`.

Imports stand inside the functions on purpose: `octollm --help` lists these commands, and must not
load a web server and a database driver to do so.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from app.command_line import (
    USAGE,
    check_key_for_models,
    check_screening,
    data_option,
    fail,
    read_settings,
    start_tracing,
)
from octollm.cli_server import json_option
from octollm.service.lasting import loading

if TYPE_CHECKING:
    from app.config import Settings

host_option = click.option(
    "--host", envvar="OCTOLLM_HOST", show_envvar=True, help="Address to listen on."
)
port_option = click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    envvar="OCTOLLM_PORT",
    show_envvar=True,
    help="Port to listen on; 0 takes any free one.",
)


@click.command(short_help="Run everything on this machine until Ctrl-C.")
@host_option
@port_option
@data_option
def up(host: str | None, port: int | None, data_dir: Path | None) -> None:
    """Run everything on this machine, PostgreSQL included, until Ctrl-C."""
    with loading():
        from app import embedded, key_desk, key_file, laptop, serving
        from app.config import IN_PROCESS
        from app.reflex import SettingsUnusable
        from arms.commands import model_settings

    settings = read_settings(host=host, port=port)
    model_settings()  # the arms read them later, where nothing would say it as well
    check_screening(IN_PROCESS)
    start_tracing("octollm")
    folder = data_dir or embedded.default_data_dir()
    try:
        asyncio.run(laptop.up(settings, folder))
    except (
        serving.PortTaken,
        embedded.EmbeddedPostgresError,
        key_desk.KeysMissing,
        key_file.KeyFileUnusable,
        SettingsUnusable,
    ) as error:
        fail(str(error))


@click.command(short_help="Run six scenarios on the real stack, with a report.")
@click.option("--keep", is_flag=True, help="Keep the data folder and say where it is.")
def demo(keep: bool) -> None:
    """Run six scenarios against the real stack, and say how each went."""
    from app import demo, embedded

    settings = read_settings(host="127.0.0.1", port=0, log_level="ERROR")
    try:
        passed = asyncio.run(demo.run(settings, keep=keep))
    except embedded.EmbeddedPostgresError as error:
        fail(str(error))
    sys.exit(0 if passed else 1)


@click.command(short_help="Run the API.")
@host_option
@port_option
def serve(host: str | None, port: int | None) -> None:
    """Run the API, on the database of OCTOLLM_DATABASE_URL."""
    with loading():
        from app import key_desk, serving
        from app.main import create_app
        from arms.commands import model_settings
        from arms.roster import load_arms

    settings = read_settings(host=host, port=port)
    models = model_settings()
    check_key_for_models(settings, models)
    check_screening(settings.reflex_url)
    _log(settings)
    start_tracing("octollm-orchestrator")
    try:
        asyncio.run(key_desk.check_start(settings))
        listener = serving.listen(settings.host, settings.port)
    except (key_desk.KeysMissing, serving.PortTaken) as error:
        fail(str(error))
    with listener, contextlib.suppress(KeyboardInterrupt):  # uvicorn raises it after its shutdown
        serving.log.info("listening", url=serving.url_of(listener))
        app = create_app(settings, arms=load_arms(models).arms)
        server = serving.server_of(app, settings.trusted_proxies, settings.max_connections)
        server.run(sockets=[listener])


@click.command(short_help="Run a worker.")
@click.option(
    "--concurrency",
    type=click.IntRange(1, 500),
    envvar="OCTOLLM_WORKER_CONCURRENCY",
    show_envvar=True,
    help="Tasks at a time in each of the OCTOLLM_WORKER_INSTANCES consumers.",
)
def worker(concurrency: int | None) -> None:
    """Run a worker, on the database of OCTOLLM_DATABASE_URL. Start as many as you like."""
    with loading():
        from app import serving
        from app import worker as process
        from app.reflex import SettingsUnusable
        from arms.commands import model_settings
        from arms.roster import load_arms

    settings = read_settings(worker_concurrency=concurrency)
    models = model_settings()
    check_key_for_models(settings, models)
    check_screening(settings.reflex_url)
    _log(settings)
    start_tracing("octollm-worker")

    async def main() -> None:
        stop = serving.stop_signal(settings.worker_grace + serving.LEAVING_SECONDS)
        await process.run(settings, load_arms(models).arms, stop)

    try:
        asyncio.run(main())
    except SettingsUnusable as error:
        fail(str(error))
    except OSError as error:
        fail(
            f"The worker cannot start: {error.strerror or error}. See OCTOLLM_WORKER_METRICS_PORT."
        )


@click.command(short_help="Bring the database to this version's tables.")
@click.option("--revision", default="head", show_default=True, help="Migration to go up to.")
@json_option
def migrate(revision: str, as_json: bool) -> None:
    """Bring the database of OCTOLLM_DATABASE_URL to this version's tables."""
    from alembic.util import CommandError
    from sqlalchemy.exc import OperationalError

    from app import migrate as migrations
    from app.database import reason_of

    settings = read_settings()
    _log(settings)
    try:
        migrations.upgrade(settings.database_url, revision)
    except OperationalError as error:
        reason = reason_of(error.orig or error)
        fail(f"The database of OCTOLLM_DATABASE_URL cannot be used: {reason}", code=3)
    except CommandError as error:
        fail(str(error), code=USAGE)
    at = migrations.current_revision(settings.database_url)
    said = json.dumps({"migration": at}) if as_json else f"The database is at migration {at}."
    click.echo(said)


@click.command("secret-key", short_help="Make a key for OCTOLLM_SECRET_KEY.")
@click.option("--rotate", is_flag=True, help="Lock all that is kept with the first key.")
@json_option
def secret_key(rotate: bool, as_json: bool) -> None:
    """Print a new key for OCTOLLM_SECRET_KEY, which encrypts private values.

    Whoever loses it loses them. To change it, add the new one, OLD,NEW, and restart everything; put
    it first, NEW,OLD, and restart again; then --rotate. The old one can go a day later.
    """
    from app import rotation
    from app.vault import new_key
    from octollm.errors import OctoError

    if not rotate:
        key = new_key()
        click.echo(json.dumps({"key": key}) if as_json else key)
        return
    settings = read_settings()
    if not settings.secret_keys:
        fail("OCTOLLM_SECRET_KEY is not set.", code=USAGE)
    try:
        done = asyncio.run(rotation.rotate(settings))
    except OctoError as error:
        fail(error.detail, code=3)
    said = f"Locked with the first key: the private values of {done} tasks."
    click.echo(json.dumps({"rotated": done}) if as_json else said)


def _log(settings: Settings) -> None:
    from octollm.service import logs

    logs.configure(settings.log_level, settings.log_format)
