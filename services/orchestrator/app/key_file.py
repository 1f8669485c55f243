"""The key that `octollm up` makes for itself and keeps in its data folder."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

from app.vault import Vault, new_key

NAME = "secret-key"


class KeyFileUnusable(Exception):
    """The file with the key cannot be read or holds none; says which, never what it holds."""


def key_in(data_dir: Path) -> str:
    """Return the key kept in a folder, made the first time and readable by its owner alone.

    Processes that start at the same time agree on one: it is written beside its place and linked
    there, which only the first can do. Raises KeyFileUnusable.
    """
    path = data_dir / NAME
    try:
        if not path.is_symlink() and not path.exists():
            _make(path)
        opened = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        with os.fdopen(opened, encoding="ascii") as file:
            key = file.read(1_000).strip()
        Vault([key])
    except OSError as error:
        raise KeyFileUnusable(f"{path} cannot be used: {error.strerror or error}") from None
    except ValueError:  # not ASCII, or no key
        raise KeyFileUnusable(
            f"{path} holds no key: put the right one back, or remove the file, and with it the way "
            "to read what was encrypted before"
        ) from None
    return key


def _make(path: Path) -> None:
    opened, beside = tempfile.mkstemp(prefix=f"{NAME}-", dir=path.parent)  # of mode 0600
    try:
        with os.fdopen(opened, "w", encoding="ascii") as file:
            file.write(f"{new_key()}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(beside, path)
    finally:
        os.unlink(beside)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # what is encrypted with the key may outlive a power cut; so must the key
    finally:
        os.close(folder)
