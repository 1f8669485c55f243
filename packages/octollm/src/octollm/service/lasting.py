"""What a process has once it is ready stays until it ends: the collector need not look at it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting() -> Iterator[None]:
    """Have the garbage collector pass over all there is, until the end.

    It would go through the modules, schemas and automata of a service about once a second under
    load, and hold up every request for 0.1 s and more each time.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
