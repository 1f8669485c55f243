"""What a process loads and builds at its start stays until its end: the garbage collector need not
look at it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def loading() -> Iterator[None]:
    """Have the garbage collector wait until imports have ended, a fifth of whose time it takes.

    It finds nothing meanwhile, and looks through all there is again and again.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


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
