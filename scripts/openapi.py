"""Writes the OpenAPI pages of the services, or says which of them are out of date (--check)."""

from __future__ import annotations

import sys
from pathlib import Path

import yaml
from fastapi import FastAPI

from app.config import Settings
from app.main import create_app
from reflex_layer.config import Settings as ReflexSettings
from reflex_layer.main import create_app as create_reflex

FOLDER = Path(__file__).parent.parent / "docs" / "api" / "openapi"


def pages() -> dict[Path, str]:
    """Return what each page must hold."""
    services = {
        "orchestrator": create_app(Settings()),
        "reflex-layer": create_reflex(ReflexSettings()),
    }
    return {FOLDER / f"{name}.yaml": page(app) for name, app in services.items()}


class Dumper(yaml.SafeDumper):
    """Writes a text of several lines as one reads it."""


def _text(dumper: Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


Dumper.add_representer(str, _text)


def page(app: FastAPI) -> str:
    """Return an application's OpenAPI document as YAML."""
    document = app.openapi()
    return yaml.dump(document, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=100)


def stale() -> list[Path]:
    """Return the pages that differ from what is served, or are not there."""
    return [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text("utf-8") != text
    ]


def main() -> None:
    if sys.argv[1:] == ["--check"]:
        if names := [path.name for path in stale()]:
            sys.exit(f"Out of date in docs/api/openapi: {', '.join(names)}. Run: make openapi")
        return
    FOLDER.mkdir(parents=True, exist_ok=True)
    for path, text in pages().items():
        path.write_text(text, "utf-8")


if __name__ == "__main__":
    main()
