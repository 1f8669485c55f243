"""API keys: how one is made, what is kept of it, what it allows. Pure rules.

A key is `octo_` and 256 random bits in base64url. What is kept of it is its plain SHA-256. Slow
and salted hashes protect secrets that people choose, which can be guessed from a list; of 2^256
equally likely keys none can be, however fast the hash is (NIST SP 800-63B, 5.1.2.2: from 112 bits
on an approved one-way function is enough). A slow one would cost each request what it costs a
guesser, and a second secret, to key the hash with, would protect what cannot be guessed anyway.
"""

from __future__ import annotations

import hashlib
import re
import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, get_args
from uuid import UUID

Scope = Literal["submit", "read", "cancel", "admin"]
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

DEFAULT_TENANT: Final = "default"
"""Whose everything is while no key was ever made."""

MARK: Final = "octo_"
PREFIX_CHARACTERS: Final = len(MARK) + 6
"""How much of a key may be shown; the 220 random bits behind it are still no one's to guess."""

_BYTES: Final = 32
_FORM: Final = re.compile(rf"{MARK}[A-Za-z0-9_-]{{43}}")
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_SPAN: Final = re.compile(r"([1-9][0-9]{0,4})([hdw])")
_UNITS: Final = {"h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


@dataclass(frozen=True)
class Caller:
    """Who asks. `key_id` is None where nobody needs a key."""

    tenant: str
    scopes: frozenset[str]
    key_id: UUID | None = None

    def may(self, scope: Scope) -> bool:
        """Return whether the caller has a scope; `admin` is all of them."""
        return scope in self.scopes or "admin" in self.scopes


ANYONE: Final = Caller(DEFAULT_TENANT, frozenset(SCOPES))


def new_key() -> str:
    """Return a new key, from the system's randomness. It is to be shown once."""
    return MARK + secrets.token_urlsafe(_BYTES)


def hash_of(key: str) -> bytes:
    """Return what is kept of a key, 32 bytes."""
    return hashlib.sha256(key.encode()).digest()


def key_in(authorization: str | None) -> str | None:
    """Return the key a header `Authorization` holds (RFC 6750, 2.1); None if it cannot be one."""
    scheme, _, key = (authorization or "").partition(" ")
    key = key.strip()
    return key if scheme.lower() == "bearer" and _FORM.fullmatch(key) else None


def name_checked(name: str) -> str:
    """Return the name of a tenant or a key as it is; raises ValueError with the reason."""
    if not _NAME.fullmatch(name):
        raise ValueError(
            "must have 1 to 64 letters, digits, dots, _ or -, and begin with a letter or a digit"
        )
    return name


def scopes_in(text: str) -> list[Scope]:
    """Return the scopes named in `submit,read`; raises ValueError with the reason."""
    named = {part.strip() for part in text.split(",")}
    if not named <= set(SCOPES):
        raise ValueError(f"must be some of {', '.join(SCOPES)}, separated by commas")
    return [scope for scope in SCOPES if scope in named]


def span_in(text: str) -> timedelta:
    """Return a length of time written as `12h`, `90d` or `52w`; raises ValueError."""
    found = _SPAN.fullmatch(text.strip())
    if not found:
        raise ValueError("must be a number of hours, days or weeks, such as 12h, 90d or 52w")
    return int(found[1]) * _UNITS[found[2]]
