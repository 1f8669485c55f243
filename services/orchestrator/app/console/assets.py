"""The two files a browser loads beside a page, and the icon; named by what they hold."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import APIRouter, Response

from octollm.errors import NotFound

TYPES: Final = {
    "console.css": "text/css; charset=utf-8",
    "console.js": "text/javascript; charset=utf-8",
    "icon.svg": "image/svg+xml",
}
FOREVER: Final = "public, max-age=31536000, immutable"

router = APIRouter(include_in_schema=False)


@router.get("/console/static/{digest}/{name}")
async def static(digest: str, name: str) -> Response:
    """A file under the digest of what it holds: it may be kept for ever. Needs no key."""
    if name not in TYPES or digest != _digest(name):
        raise NotFound
    headers = {"Cache-Control": FOREVER, "X-Content-Type-Options": "nosniff"}
    return Response(_content(name), media_type=TYPES[name], headers=headers)


def address(name: str) -> str:
    """Return where a file is served as it is now."""
    return f"/console/static/{_digest(name)}/{name}"


@cache
def _content(name: str) -> bytes:
    return (files("app.console") / "static" / name).read_bytes()


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(_content(name)).hexdigest()[:16]
