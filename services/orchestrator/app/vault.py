"""Pure: what placeholders stand for, encrypted under the operator's keys.

Fernet (https://github.com/fernet/spec): AES-128 in CBC mode with HMAC-SHA256; a ciphertext that
was changed, or belongs to another key, is refused.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from octollm.errors import PrivateValuesUnreadable


class Vault:
    """Locks with the first of its keys and unlocks with any."""

    def __init__(self, keys: Sequence[str]) -> None:
        """Take keys as `new_key` makes them. Raises ValueError for none, or one that is no key."""
        try:
            self._fernet = MultiFernet([Fernet(key) for key in keys])
        except ValueError:
            raise ValueError("a vault needs keys, and each must be a Fernet key") from None

    def lock(self, values: Mapping[str, Any]) -> bytes:
        """Return values that JSON can hold, by their names, as a ciphertext."""
        return self._fernet.encrypt(json.dumps(dict(values)).encode())

    def unlock(self, ciphertext: bytes) -> dict[str, Any]:
        """Return the values of a ciphertext.

        Raises PrivateValuesUnreadable when none of the keys is the one it was locked with.
        """
        try:
            values: dict[str, Any] = json.loads(self._fernet.decrypt(ciphertext))
        except InvalidToken:
            raise PrivateValuesUnreadable from None
        return values

    def rotate(self, ciphertext: bytes) -> bytes:
        """Return the same values locked with the first key. Raises as `unlock` does."""
        try:
            return self._fernet.rotate(ciphertext)
        except InvalidToken:
            raise PrivateValuesUnreadable from None


def new_key() -> str:
    """Return a new key, from the system's randomness."""
    return Fernet.generate_key().decode()
