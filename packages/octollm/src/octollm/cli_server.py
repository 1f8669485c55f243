"""Which server a command speaks to, and the options that many commands have."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from octollm.client import Client


@dataclass(frozen=True)
class Server:
    """Which server the user named, before any command; None: the client's own default."""

    url: str | None = None
    api_key: str | None = field(default=None, repr=False)

    def client(self) -> Client:
        """Return a client for it."""
        from octollm.client import Client  # so that the list of commands needs no HTTP client

        return Client(self.url, api_key=self.api_key)


json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and only JSON.")
task_id_argument = click.argument("task_id")
