"""Pure: what `REFLEX_GUARD` names."""

from __future__ import annotations

from pathlib import Path
from typing import Final, NamedTuple
from urllib.parse import urlsplit

FORMS: Final = "write onnx:/path/to/folder, http://host/path or https://host/path"
_LOCAL: Final = "onnx:"


class Local(NamedTuple):
    """A folder with an export, or its .onnx file."""

    path: Path


class Remote(NamedTuple):
    """The http or https URL that texts are posted to."""

    url: str


def place(setting: str) -> Local | Remote | None:
    """Return where the guard is, None if there is to be none; raises ValueError with the reason."""
    if not setting:
        return None
    if setting.startswith(_LOCAL):
        return Local(_path(setting.removeprefix(_LOCAL)))
    return Remote(_url(setting))


def checked(setting: str) -> str:
    """Return a setting that names a guard or none as it is; raises ValueError with the reason."""
    place(setting)
    return setting


def _path(path: str) -> Path:
    if not path or "\0" in path:
        raise ValueError(f"names no file: {FORMS}")
    return Path(path).expanduser()


def _url(url: str) -> str:
    if not url.isprintable() or " " in url:
        raise ValueError(f"holds characters that stand in no URL: {FORMS}")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as fault:
        raise ValueError(f"is no URL ({fault}): {FORMS}") from None
    if parts.scheme not in ("http", "https") or not host or port == 0:
        raise ValueError(f"is neither a model nor a URL: {FORMS}")
    if "@" in parts.netloc:
        raise ValueError("names a user; a secret belongs into REFLEX_GUARD_TOKEN")
    if parts.fragment:
        raise ValueError("has a fragment (#…), which is never sent")
    return url
