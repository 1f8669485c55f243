"""Reads an OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


def answers(document: dict[str, Any]) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield path, method, status and content of every documented answer."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            for status, answer in operation["responses"].items():
                yield path, method, status, answer.get("content", {})
