"""Pure: whether a call that failed is made again, and after how long."""

from __future__ import annotations

from dataclasses import dataclass

from octollm.errors import OctoError, RateLimited, ServerUnreachable, Unavailable

FIRST_DELAY_SECONDS = 0.2
LONGEST_DELAY_SECONDS = 5.0
_PASSING = (ServerUnreachable, Unavailable, RateLimited)


@dataclass(frozen=True)
class Retries:
    """At most `count` retries; none starts later than `within_seconds` after the first try.

    `within_seconds` keeps a server that answers too slowly from costing a whole time-out each
    time: once one try has used the time up, there is no other.
    """

    count: int
    within_seconds: float

    def delay(self, error: OctoError, tried: int, elapsed: float, jitter: float) -> float | None:
        """Return the seconds to wait before the next try, or None to give up.

        `tried` counts the tries made, from 1; `elapsed` are the seconds since the first began;
        `jitter`, 0 to 1, spreads clients that failed together. What the server asks for with
        `Retry-After` is waited in full. Otherwise the ceiling doubles with every try, and the
        delay lies between half of it and all of it.
        """
        if not isinstance(error, _PASSING) or tried > self.count:
            return None
        ceiling = min(FIRST_DELAY_SECONDS * 2 ** (tried - 1), LONGEST_DELAY_SECONDS)
        asked = error.retry_after
        delay = ceiling * (0.5 + jitter / 2) if asked is None else asked
        return delay if elapsed + delay < self.within_seconds else None
