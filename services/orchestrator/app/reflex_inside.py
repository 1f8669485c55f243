"""The Reflex Layer's own code, asked by the process that got the text: no service, no way to it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Final

import structlog
from prometheus_client import CollectorRegistry
from pydantic import ValidationError

from app.config import IN_PROCESS
from app.reflex import RETRY_AFTER_SECONDS, Crowded, SettingsUnusable, crowded
from octollm.errors import ReflexUnavailable
from octollm.verdict import ReflexRequest, ReflexResponse
from reflex_layer.config import Settings
from reflex_layer.guard.judgement import GuardUnusable
from reflex_layer.keys import Caller
from reflex_layer.parts import Parts, assembled, opened
from reflex_layer.refusals import said

LONG_TEXT_QUEUE: Final = 10_000
"""All may wait: no more come at once than OCTOLLM_SCREENING_CONCURRENCY lets through."""

_US: Final = Caller(name=IN_PROCESS, trusted=True)
"""Whose verdicts they are: in a cache of many processes, those of all that screen by themselves."""

log = structlog.get_logger("reflex_inside")


def checked() -> Parts:
    """Return the parts that the REFLEX_… variables ask for, which nobody counts yet.

    Raises SettingsUnusable.
    """
    return _assembled(CollectorRegistry())


class ReflexInside:
    """Screens in this process: short texts at once, long ones in a thread. As with the service,
    no answer within `timeout` seconds is none; but nobody is away then, there is a crowd."""

    def __init__(self, parts: Parts, timeout: float) -> None:
        self._parts, self._timeout = parts, timeout

    @property
    def breaker_state(self) -> None:
        """None: there is no service that could be away."""

    async def process(self, text: str, *, context: str | None = None) -> ReflexResponse:
        """Return the verdict on a text. Raises ReflexUnavailable."""
        try:
            request = ReflexRequest.model_validate({"text": text, "context": context})
            async with asyncio.timeout(self._timeout):
                (answer,) = await self._parts.screener.answers([request], _US, "")
                return answer
        except TimeoutError:
            raise crowded() from Crowded()
        except Exception as error:
            # Whatever it was, its text may quote ours.
            fault = type(error).__name__
        log.error("screening failed", error=fault)
        raise _unavailable(f"screening failed with {fault}")

    async def health(self) -> None:
        """Raise ReflexUnavailable unless everything is warm."""
        if not self._parts.ready:
            raise _unavailable("the Reflex Layer in this process is not ready")


@asynccontextmanager
async def screening_inside(
    timeout: float, registry: CollectorRegistry
) -> AsyncIterator[ReflexInside]:
    """Yield a Reflex Layer that is warm, and counts in `registry`. Raises SettingsUnusable."""
    parts = _assembled(registry)
    async with AsyncExitStack() as stack:
        try:
            await stack.enter_async_context(opened(parts))
        except GuardUnusable as fault:
            raise SettingsUnusable(str(fault)) from None
        yield ReflexInside(parts, timeout)


def _assembled(registry: CollectorRegistry) -> Parts:
    try:
        settings = Settings().model_copy(update={"long_text_queue": LONG_TEXT_QUEUE})
        return assembled(settings, registry)
    except ValidationError as error:
        raise SettingsUnusable(said(error)) from None
    except GuardUnusable as fault:
        raise SettingsUnusable(str(fault)) from None


def _unavailable(detail: str) -> ReflexUnavailable:
    return ReflexUnavailable(detail, retry_after=RETRY_AFTER_SECONDS)
