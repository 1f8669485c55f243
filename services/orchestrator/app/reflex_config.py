"""How patient the client of the Reflex Layer is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class ReflexClientConfig:
    """Times are seconds. `timeout` bounds a whole call, with its waits and retries."""

    base_url: str
    key: str = field(default="", repr=False)
    timeout: float = 10.0
    attempt_timeout: float = 3.0
    connect_timeout: float = 1.0
    retries: int = 3
    backoff_min: float = 1.0
    backoff_max: float = 5.0
    breaker_failures: int = 5
    breaker_reset_seconds: float = 60.0
    max_concurrent: int = 32
    """Attempts under way at once. The others wait, and waiting counts against `timeout` alone:
    a crowd at our own door must not look like a slow service."""
