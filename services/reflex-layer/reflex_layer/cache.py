"""Verdicts of texts seen lately. Holds neither a text nor a value: a keyed hash and spans."""

from __future__ import annotations

import hashlib
import secrets
from collections import OrderedDict
from typing import Final

from reflex_layer.screen import RULESET, Thresholds, Verdict

MAX_CACHED_MATCHES: Final = 100
"""A verdict with more matches is not kept, so that an entry stays within about 100 KB."""


class VerdictCache:
    """Keeps the `size` verdicts asked for last. To be used from one thread, the event loop's."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._verdicts: OrderedDict[bytes, Verdict] = OrderedDict()
        # A plain hash of a short text, such as a card number, could be guessed from a memory dump
        # without the text; the key makes such a guess work in this process alone.
        self._secret = secrets.token_bytes(32)

    def key(
        self, text: str, thresholds: Thresholds, *, check_pii: bool, check_injection: bool
    ) -> bytes:
        """Return what tells apart all questions whose verdicts may differ."""
        digest = hashlib.blake2b(text.encode(), key=self._secret, digest_size=32)
        digest.update(repr((RULESET, thresholds, check_pii, check_injection)).encode())
        return digest.digest()

    def get(self, key: bytes) -> Verdict | None:
        """Return the verdict kept under a key, if there is one."""
        verdict = self._verdicts.get(key)
        if verdict is not None:
            self._verdicts.move_to_end(key)
        return verdict

    def put(self, key: bytes, verdict: Verdict) -> None:
        """Keep a verdict; the one not asked for longest gives way."""
        if len(verdict.pii_matches) + len(verdict.injection_matches) > MAX_CACHED_MATCHES:
            return
        self._verdicts[key] = verdict
        self._verdicts.move_to_end(key)
        if len(self._verdicts) > self._size:
            self._verdicts.popitem(last=False)
