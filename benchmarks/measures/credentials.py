"""Secrets that nobody has: made up when asked for, in the formats their issuers publish.

None stands in the source, whole, so nobody's scanner takes this file for a leak.
"""

from __future__ import annotations

import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from random import Random
from typing import Final
from zlib import crc32

from measures.numbers import DIGITS, LOWER, UPPER, some

_BASE62: Final = DIGITS + UPPER + LOWER
_BASE64: Final = _BASE62 + "+/"
_URL_SAFE: Final = _BASE62 + "_-"
_HEX: Final = DIGITS + "abcdef"

_PROVIDERS: Final = (
    ("sk_" + "live_", _BASE62, 24),
    ("rk_" + "live_", _BASE62, 24),
    ("AI" + "za", _URL_SAFE, 35),
    ("glpat" + "-", _URL_SAFE, 20),
    ("npm" + "_", _BASE62, 36),
    ("dop_" + "v1_", _HEX, 64),
    ("hf" + "_", LOWER + UPPER, 34),
    ("shp" + "at_", _HEX, 32),
    ("dckr_" + "pat_", _URL_SAFE, 27),
)
_UNMARKED: Final = (
    ("api_key = ", _BASE62, 40),
    ("API key: ", _HEX, 32),
    ("client_secret=", _URL_SAFE, 36),
    ("X-Api-Key: ", _BASE62, 32),
    ("auth_token: ", _BASE64, 44),
)
_WORDS: Final = ("Kestrel", "velvet", "Harbour", "maple", "Tundra", "copper", "Lagoon", "ginger")


def aws_key(random: Random) -> str:
    """Return an access key id of Amazon Web Services."""
    return random.choice(("AK", "AS")) + "IA" + some(random, UPPER + "234567", 16)


def github_token(random: Random) -> str:
    """Return a token of GitHub; the classic ones end with a checksum."""
    if random.random() < 0.3:
        return f"github_{'pat'}_{some(random, _BASE62, 22)}_{some(random, _BASE62, 59)}"
    body = some(random, _BASE62, 30)
    check, digits = crc32(body.encode()), ""
    for _ in range(6):
        check, rest = divmod(check, 62)
        digits = _BASE62[rest] + digits
    return f"gh{random.choice('pousr')}_{body}{digits}"


def provider_key(random: Random) -> str:
    """Return a key that names its provider by how it begins."""
    if random.random() < 0.2:
        return f"xo{'xb'}-{some(random, DIGITS, 12)}-{some(random, DIGITS, 12)}-" + some(
            random, _BASE62, 24
        )
    if random.random() < 0.2:
        return f"S{'G'}.{some(random, _URL_SAFE, 22)}.{some(random, _URL_SAFE, 43)}"
    start, alphabet, length = random.choice(_PROVIDERS)
    return start + some(random, alphabet, length)


def unmarked_key(random: Random) -> tuple[str, str]:
    """Return what stands before a key that only its name gives away, and the key."""
    lead, alphabet, length = random.choice(_UNMARKED)
    key = some(random, alphabet, length - 3) + random.choice(DIGITS) + some(random, alphabet, 1)
    return lead, key + random.choice(LOWER if alphabet != _HEX else "abcdef")


def password(random: Random) -> str:
    """Return a password as people choose them."""
    words = random.sample(_WORDS, 2)
    return random.choice("!-_").join(words) + some(random, DIGITS, random.randint(2, 4)) + "!"


def jwt(random: Random) -> str:
    """Return a JSON Web Token (RFC 7519) whose signature signs nothing."""
    claims = {"sub": some(random, DIGITS, 10), "iat": random.randint(1_700_000_000, 1_790_000_000)}
    parts = [_part({"alg": "HS256", "typ": "JWT"}), _part(claims)]
    return ".".join([*parts, some(random, _URL_SAFE, 43)])


def _part(claims: dict[str, object]) -> str:
    encoded = json.dumps(claims, separators=(",", ":")).encode()
    return urlsafe_b64encode(encoded).rstrip(b"=").decode()


def private_key(random: Random) -> str:
    """Return a PEM block (RFC 7468) with noise where the key would be."""
    kind = random.choice(("RSA ", "EC ", "OPENSSH ", "")) + "PRIVATE" + " KEY"
    body = b64encode(random.randbytes(random.randint(6, 14) * 48)).decode()
    lines = [body[i : i + 64] for i in range(0, len(body), 64)]
    return "\n".join([f"-----BEGIN {kind}-----", *lines, f"-----END {kind}-----"])


SECRETS: Final[tuple[Callable[[Random], str], ...]] = (aws_key, github_token, provider_key, jwt)
