"""Makes the guard that the settings name."""

from __future__ import annotations

from reflex_layer.config import Settings
from reflex_layer.guard import labels
from reflex_layer.guard.address import Local, place
from reflex_layer.guard.export import read_export
from reflex_layer.guard.judgement import Guard
from reflex_layer.guard.model import check_installed
from reflex_layer.guard.onnx import OnnxGuard
from reflex_layer.guard.remote import RemoteGuard


def guard_of(settings: Settings) -> Guard | None:
    """Return the guard, still to be started, or None if there is to be none.

    Reads the files of a local one to know its version. Raises GuardUnusable.
    """
    where, attacks = place(settings.guard), labels.read(settings.guard_labels)
    if where is None:
        return None
    if isinstance(where, Local):
        check_installed()
        return OnnxGuard(
            read_export(where.path, attacks),
            threads=settings.guard_concurrency,
            intra_threads=settings.guard_intra_threads,
            max_windows=settings.guard_max_windows,
        )
    return RemoteGuard(
        where.url,
        attacks=attacks,
        token=settings.guard_token,
        concurrency=settings.guard_concurrency,
        window_bytes=settings.guard_window_bytes,
        max_windows=settings.guard_max_windows,
    )
