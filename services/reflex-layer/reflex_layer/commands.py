"""The commands `octollm reflex` and `octollm screen`.

Exit codes of `screen`: 0 nothing that blocks, 1 something does, 2 usage (the URL and the key
included) or an unusable text, 3 the Reflex Layer asked with `--url` is away.
"""

from __future__ import annotations

import sys
from time import perf_counter
from uuid import uuid4

import click
import httpx2
import uvicorn
from pydantic import ValidationError
from rich.console import RenderableType

from octollm.answers import error_in, unreachable, unreadable, without_password
from octollm.cli_errors import FAILED, USAGE, exit_code, reported
from octollm.cli_output import Safe, clean, print_json, stdout
from octollm.errors import InvalidRequest, Unauthenticated
from octollm.redaction import redact
from octollm.service.addresses import proxies
from octollm.service.connections import Connections, with_files_for
from octollm.service.tracing import TracingUnavailable
from octollm.verdict import MAX_SCREENED_CHARACTERS, ReflexRequest, ReflexResponse
from reflex_layer.config import Settings
from reflex_layer.guard.judgement import GuardUnusable
from reflex_layer.refusals import said
from reflex_layer.screen import screen as screen_text
from reflex_layer.source import called, request_for
from reflex_layer.terminal import report

_TIMEOUT_SECONDS = 30
_UNWRAPPED = 2 * MAX_SCREENED_CHARACTERS + 1
"""Cells: more than any line can fill."""


@click.command()
@click.option("--host", envvar="REFLEX_HOST", show_envvar=True, help="Address to listen on.")
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    envvar="REFLEX_PORT",
    show_envvar=True,
    help="Port to listen on; 0 takes any free one.",
)
def reflex(host: str | None, port: int | None) -> None:
    """Run the Reflex Layer as a service of its own."""
    settings = _settings()
    trusted = proxies(settings.trusted_proxies)
    try:
        uvicorn.run(
            "reflex_layer.main:from_environment",
            factory=True,
            http=Connections(with_files_for(settings.max_connections)),  # type: ignore[arg-type]  # it calls it
            ws="none",  # nothing here is a WebSocket, and one would be outside of all limits
            # With uvloop, a tenth faster, one of several clients waits a turn of the others more.
            loop="asyncio",
            host=host or settings.host,
            port=settings.port if port is None else port,
            log_config=None,
            access_log=False,
            server_header=False,
            # Else uvicorn believes whoever asks from this machine, and FORWARDED_ALLOW_IPS.
            proxy_headers=bool(trusted),
            forwarded_allow_ips=trusted,
        )
    except (GuardUnusable, TracingUnavailable) as fault:
        raise click.UsageError(clean(str(fault))) from None


@click.command(short_help="Screen a text, a file or stdin.")
@click.argument("source", metavar="TEXT|FILE|-")
@click.option("--url", help="Ask the Reflex Layer running there; else screen in this process.")
@click.option(
    "--key",
    envvar="OCTOLLM_REFLEX_KEY",
    show_envvar=True,
    help="Key of the Reflex Layer there, if it wants one.",
)
@click.option("--redact", "redacted", is_flag=True, help="Write the text with values replaced.")
@click.option("--json", "as_json", is_flag=True, help="Write the verdict as JSON.")
def screen(source: str, url: str | None, key: str | None, redacted: bool, as_json: bool) -> None:
    """Screen a text, a file or stdin (-) for private data and prompt injection.

    Exits with 0 if nothing was found that blocks, 1 if something was, 2 for a text that cannot
    be screened or a wrong URL or key, 3 if the server is away.
    """
    if redacted and as_json:
        raise click.UsageError("--redact and --json exclude each other.")
    with reported(as_json):
        request = _request(source, as_json)
        verdict = _screened_here(request) if url is None else _asked(url, key, request)
    if as_json:
        print_json(verdict.model_dump(mode="json"))
    elif redacted:
        _write(redact(request.text, verdict.pii_matches).text)
    else:
        _show(report(request.text, verdict))
    if verdict.status == "blocked":
        raise click.exceptions.Exit(FAILED)


def _settings() -> Settings:
    """Return the settings of the environment, or say which variable is wrong."""
    try:
        return Settings()
    except ValidationError as error:
        raise click.UsageError(said(error)) from None


def _request(source: str, as_json: bool) -> ReflexRequest:
    """Return the request for what the user named, or say in a line why there is none."""
    try:
        return request_for(source)
    except InvalidRequest as error:
        if as_json:
            raise
        (wrong,) = error.errors
        click.echo(f"Error: {called(source)}: {wrong['message']}", err=True)
        raise click.exceptions.Exit(USAGE) from None


def _screened_here(request: ReflexRequest) -> ReflexResponse:
    settings = _settings()
    if settings.guard:
        click.echo("REFLEX_GUARD is asked by the service alone: see --url.", err=True)
    started = perf_counter()
    verdict = screen_text(request.text, settings.ruleset())
    seconds = perf_counter() - started
    return verdict.response(
        uuid4().hex, cache_hit=False, processing_time_ms=round(seconds * 1000, 3)
    )


def _asked(url: str, key: str | None, request: ReflexRequest) -> ReflexResponse:
    """Ask a running Reflex Layer; raises the error it answered, or ServerUnreachable."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    endpoint = f"{url.rstrip('/')}/process"
    try:
        answer = httpx2.post(
            endpoint,
            json=request.model_dump(),
            headers=headers,
            timeout=_TIMEOUT_SECONDS,
            trust_env=False,
        )
    except (httpx2.InvalidURL, httpx2.UnsupportedProtocol):
        raise click.UsageError(
            f"--url: {clean(without_password(url))} is no http or https URL"
        ) from None
    except httpx2.RequestError as fault:
        raise unreachable(clean(url), fault) from None
    if not answer.is_success:
        error = error_in(answer)
        if error.status == Unauthenticated.status:
            which = "another key" if key else "a key"
            raise click.UsageError(f"--key: the Reflex Layer there wants {which}")
        if exit_code(error) == FAILED:  # which says that something was found
            raise click.UsageError(f"--url: {clean(error.detail)}")
        raise error
    try:
        return ReflexResponse.model_validate_json(answer.content)
    except ValidationError:
        raise unreadable() from None


def _show(rendered: RenderableType) -> None:
    """Print for a reader; a file or the next program gets each line whole."""
    console = stdout()
    if not sys.stdout.isatty():
        console.width = _UNWRAPPED
    console.print(Safe(rendered))


def _write(text: str) -> None:
    """Write a text as it is to a file or pipe, and made harmless to a terminal."""
    if sys.stdout.isatty():
        click.echo(clean(text))
    else:
        sys.stdout.buffer.write(text.encode())
