"""Pure: what a browser carries. The key in one cookie; in another a seed for the forms' tokens.

A form's token is HMAC-SHA256 of the key under the seed (OWASP's signed double submit): who can
neither read the page nor the cookie cannot make one, and a seed planted from a neighbouring
domain is of no use without the key. Without keys the seed alone is what a stranger lacks.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Mapping
from typing import Final

from app.api_keys import key_in

PATH: Final = "/console"
KEY_COOKIE: Final = "octollm_key"
SEED_COOKIE: Final = "octollm_seed"

_SEED: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_INSIDE: Final = re.compile(rf"{PATH}(?:/[!-\[\]-~]*)?(?:\?[!-\[\]-~]*)?")


def key_of(cookies: Mapping[str, str]) -> str | None:
    """Return the key a browser carries; None if it has none, or one that cannot be a key."""
    return key_in(f"Bearer {cookies.get(KEY_COOKIE, '')}")


def seed_of(cookies: Mapping[str, str]) -> str | None:
    """Return the seed a browser carries, None if it has none yet."""
    seed = cookies.get(SEED_COOKIE, "")
    return seed if _SEED.fullmatch(seed) else None


def new_seed() -> str:
    """Return a new seed: 256 random bits."""
    return secrets.token_urlsafe(32)


def token(seed: str, key: str | None) -> str:
    """Return what the forms of a browser with that seed and key carry."""
    return hmac.digest(seed.encode(), (key or "").encode(), "sha256").hex()


def fits(shown: str, seed: str | None, key: str | None) -> bool:
    """Return whether a form's token was made for this browser."""
    return seed is not None and hmac.compare_digest(shown.encode(), token(seed, key).encode())


def inside(place: str | None) -> str:
    """Return where to go after the door: a path of the console, never another site's."""
    return place if place and _INSIDE.fullmatch(place) else PATH
