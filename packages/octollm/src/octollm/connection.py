"""Where the server is and how a client presents itself there."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from ipaddress import ip_address
from typing import Any
from uuid import UUID

import httpx2

from octollm.following import Following
from octollm.retries import Retries
from octollm.validation import invalid
from octollm.wire import Call

DEFAULT_URL = "http://127.0.0.1:8000"
DEFAULT_TIMEOUT_SECONDS = 30.0
DEFAULT_RETRIES = 3


@dataclass(frozen=True)
class Connection:
    """One server, checked: nothing here fails later. Made by `connect`."""

    url: str
    headers: dict[str, str] = field(repr=False)
    timeout: float
    retries: int
    shown_url: str
    """The URL without user name and password, for messages."""

    @property
    def trust_env(self) -> bool:
        """Whether proxies from the environment apply; never on the way to this machine."""
        host = httpx2.URL(self.url).host
        try:
            return not ip_address(host).is_loopback
        except ValueError:
            return host != "localhost"

    def request(self, call: Call[Any]) -> httpx2.Request:
        """Return the HTTP request for a call; a held answer may take that much longer."""
        timeout = httpx2.Timeout(self.timeout, read=self.timeout + call.held_seconds)
        return httpx2.Request(
            call.method,
            self.url + call.path,
            params=dict(call.params) or None,
            headers={**_trace(), **self.headers, **call.headers},
            content=call.body,
            extensions={"timeout": timeout.as_dict()},
        )

    def following(self, task_id: UUID | str | None, after: int | None) -> Following:
        """Return a reader of events that begins after that one."""
        return Following(task_id, after, Retries(self.retries, self.timeout))

    def retries_of(self, call: Call[Any]) -> Retries:
        """Return how a call may be repeated."""
        return Retries(self.retries if call.repeatable else 0, self.timeout + call.held_seconds)


def _trace() -> dict[str, str]:
    """Return what joins the server's trace to that of the program, if it has one: `traceparent`
    (W3C Trace Context). OpenTelemetry is not needed; who traces has imported it."""
    if "opentelemetry.trace" not in sys.modules:
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    headers: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(headers)
    return headers


def connect(url: str | None, api_key: str | None, timeout: float, retries: int) -> Connection:
    """Return the connection to `url`, or to `OCTOLLM_URL`, or to this machine's port 8000.

    The key defaults to `OCTOLLM_API_KEY`. Raises InvalidRequest, naming `url` or `api_key`.
    """
    url = url or os.environ.get("OCTOLLM_URL") or DEFAULT_URL
    api_key = api_key or os.environ.get("OCTOLLM_API_KEY")
    headers = {"Accept": "application/json", "User-Agent": f"octollm/{version('octollm')}"}
    if api_key:
        if not (api_key.isascii() and api_key.isprintable()):
            raise invalid("api_key", "must be printable ASCII characters")
        headers["Authorization"] = f"Bearer {api_key}"
    parsed = _parse(url)
    return Connection(
        url=str(parsed).rstrip("/"),
        headers=headers,
        timeout=timeout,
        retries=retries,
        shown_url=str(parsed.copy_with(username="", password="")).rstrip("/"),
    )


def _parse(url: str) -> httpx2.URL:
    try:
        parsed = httpx2.URL(url)
    except httpx2.InvalidURL:
        raise invalid("url", "is not a URL") from None
    if parsed.scheme not in ("http", "https") or not parsed.host:
        raise invalid("url", "must start with http:// or https:// and name a host")
    if parsed.query or parsed.fragment:
        raise invalid("url", "must have no query and no fragment")
    return parsed
