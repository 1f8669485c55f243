"""Who asks: the keys of `REFLEX_KEYS`, and the address a request without one comes from."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from hmac import compare_digest
from typing import Final

from octollm.errors import Unauthenticated
from octollm.service.addresses import address_of

FORM: Final = 'must be a JSON object of names and keys, such as {"orchestrator": "…"}'
LEAST_CHARACTERS: Final = 16
"""The least a key may have: enough that guessing is hopeless, if it was drawn at random."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_KEY: Final = re.compile(rf"[!-~]{{{LEAST_CHARACTERS},512}}")
_SCHEME: Final = "bearer"


@dataclass(frozen=True)
class Caller:
    """Who asks. `name` is that of the key, empty without one; a trusted caller has no limit."""

    name: str = ""
    address: str = ""
    trusted: bool = False


class Keys:
    """Finds the caller of a request."""

    def __init__(self, setting: str, *, trusted: str, required: bool) -> None:
        self._keys = [(name, _digest(key)) for name, key in read(setting).items()]
        self._trusted = frozenset(name.strip() for name in trusted.split(","))
        self._required = required

    def caller(self, authorization: str | None, host: str | None) -> Caller:
        """Return who sent the header `Authorization` from `host`; raises Unauthenticated.

        A wrong key is refused even where none is needed: whoever sent it believes to have one.
        """
        address = address_of(host)
        if not self._keys or (authorization is None and not self._required):
            return Caller(address=address)
        scheme, _, key = (authorization or "").partition(" ")
        sent = _digest(key.strip())
        name = ""
        for known, digest in self._keys:  # all of them, however early one fits
            name = known if compare_digest(digest, sent) else name
        if scheme.lower() != _SCHEME or not name:
            raise Unauthenticated("Send Authorization: Bearer, with a key of this service.")
        return Caller(name, address, name in self._trusted)


def read(setting: str) -> dict[str, str]:
    """Return keys by name; raises ValueError with the reason, which quotes none of them."""
    if not setting.strip():
        return {}
    try:
        keys = json.loads(setting)
    except (ValueError, RecursionError):
        raise ValueError(FORM) from None
    if not isinstance(keys, dict) or not all(isinstance(key, str) for key in keys.values()):
        raise ValueError(FORM)
    if not all(map(_NAME.fullmatch, keys)):
        raise ValueError("has a name with other characters than letters, digits, dot, _ and -")
    if not all(map(_KEY.fullmatch, keys.values())):
        raise ValueError(f"has a key of fewer than {LEAST_CHARACTERS} printable ASCII characters")
    if len(set(keys.values())) != len(keys):
        raise ValueError("gives two names to one key")
    return keys


def checked(setting: str) -> str:
    """Return a setting that holds keys or none as it is; raises ValueError with the reason."""
    read(setting)
    return setting


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).digest()
