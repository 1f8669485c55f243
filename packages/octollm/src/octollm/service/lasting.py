"""What a process loads and builds at its start stays until its end: the garbage collector need not
look at it."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

OLDEST_SELDOM: Final = 100
"""So many collections of the middle generation to one of the oldest; Python's own figure is 10."""

_USUAL: Final = gc.get_threshold()


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
    """Have the garbage collector pass over all there is, until the end, and seldom look at what
    has been there for long since.

    It would go through the modules, schemas and automata of a service about once a second under
    load, and hold up every request for 0.1 s and more each time; and as often through what belongs
    to a thousand connections, which takes as long.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_USUAL[0], _USUAL[1], OLDEST_SELDOM)
    try:
        yield
    finally:
        gc.set_threshold(*_USUAL)
        gc.unfreeze()
