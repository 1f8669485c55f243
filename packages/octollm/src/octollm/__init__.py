"""OctoLLM: submit a goal with acceptance criteria and a budget, get back a checked result.

    from octollm import Client

    with Client() as client:
        accepted = client.submit("What stands out in this log?", context=log)
        print(client.wait(accepted.task_id).result.output)

The clients are loaded on first use: a service that needs `octollm.errors` pays for no HTTP
client, and nothing here imports the terminal libraries of `octollm.cli`.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from octollm.async_client import AsyncClient
    from octollm.client import Client
    from octollm.contracts import (
        ResourceBudget,
        TaskAccepted,
        TaskPage,
        TaskRequest,
        TaskResponse,
        TaskStatus,
        TaskSummary,
    )
    from octollm.errors import OctoError
    from octollm.events import Event

__all__ = [
    "AsyncClient",
    "Client",
    "Event",
    "OctoError",
    "ResourceBudget",
    "TaskAccepted",
    "TaskPage",
    "TaskRequest",
    "TaskResponse",
    "TaskStatus",
    "TaskSummary",
]

_HOMES = {
    "AsyncClient": "async_client",
    "Client": "client",
    "Event": "events",
    "OctoError": "errors",
}


if not TYPE_CHECKING:  # pragma: no branch -- type checkers see exactly the names above

    def __getattr__(name: str) -> object:
        """Load a public name from where it lives (PEP 562)."""
        if name not in __all__:
            raise AttributeError(f"module 'octollm' has no attribute {name!r}")
        return getattr(importlib.import_module(f"octollm.{_HOMES.get(name, 'contracts')}"), name)
