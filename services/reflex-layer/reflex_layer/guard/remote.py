"""A guard elsewhere, asked over HTTP. Texts go to the one URL that was configured."""

from __future__ import annotations

import asyncio
import hashlib
from typing import Final

import httpx2

from reflex_layer.guard.answer import BadAnswer, score_in
from reflex_layer.guard.judgement import Failure, GuardUnusable, Highest, Judgement, Span
from reflex_layer.guard.labels import NoAttackLabel
from reflex_layer.guard.windows import windows

MAX_ANSWER_BYTES: Final = 64 * 1024
_OK: Final = 200
_BUSY: Final = frozenset({429, 502, 503, 504})
"""Answers of a server that may do better when asked once more."""


class _Failed(Exception):
    def __init__(self, failure: Failure, *, may_retry: bool = False) -> None:
        super().__init__(failure)
        self.failure, self.may_retry = failure, may_retry


class RemoteGuard:
    """Asks with at most `concurrency` requests at a time, each about one window of a text."""

    def __init__(
        self,
        url: str,
        *,
        attacks: frozenset[str],
        token: str,
        concurrency: int,
        window_bytes: int,
        max_windows: int,
    ) -> None:
        self._attacks, self._token = attacks, token
        self._concurrency, self._turns = concurrency, asyncio.Semaphore(concurrency)
        self._window_bytes, self._max_windows = window_bytes, max_windows
        self._http: httpx2.AsyncClient | None = None
        try:
            self._url = httpx2.URL(url)
            token.encode("ascii")
        except httpx2.InvalidURL as fault:
            raise GuardUnusable(f"is no URL: {fault}") from None
        except UnicodeEncodeError:
            raise GuardUnusable("REFLEX_GUARD_TOKEN holds characters that no header can") from None

    @property
    def version(self) -> str:
        """A hash of the URL, the labels and how a text is read; what answers there is not known."""
        which = (str(self._url), sorted(self._attacks), self._window_bytes, self._max_windows)
        return f"guard-{hashlib.sha256(repr(which).encode()).hexdigest()[:12]}"

    async def start(self) -> None:
        """Get ready to ask. Whether anyone answers is seen with the first text."""
        headers = {"Authorization": f"Bearer {self._token}"} if self._token else {}
        # Private text goes straight to the URL: no proxy out of the environment, no redirect.
        self._http = httpx2.AsyncClient(
            timeout=None,  # the budget of each text ends it
            limits=httpx2.Limits(max_connections=self._concurrency, keepalive_expiry=2.0),
            # No compression: such an answer could grow past the limit in one step.
            headers={"Accept": "application/json", "Accept-Encoding": "identity"} | headers,
            follow_redirects=False,
            trust_env=False,
        )

    async def judge(self, text: str, budget: float) -> Judgement:
        """Judge `text` within `budget` seconds, waiting for a turn included."""
        if self._http is None:
            return Judgement(failure=Failure.NOT_READY)
        spans = list(windows(text, self._window_bytes))
        asked = _Asked(text, spans[: self._max_windows])
        failure = Failure.TOO_LONG if len(spans) > self._max_windows else None
        try:
            async with asyncio.timeout(budget):
                failure = await self._ask_all(asked, self._http) or failure
        except TimeoutError:
            failure = Failure.TIMEOUT
        return asked.highest.judgement(failure)

    async def aclose(self) -> None:
        """Close the connections."""
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    async def _ask_all(self, asked: _Asked, http: httpx2.AsyncClient) -> Failure | None:
        """Ask about all windows; the first that fails ends the asking."""
        failure = None
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(min(self._concurrency, asked.count)):
                    group.create_task(self._ask_on(asked, http))
        except* _Failed as failed:
            failure = next(f.failure for f in failed.exceptions if isinstance(f, _Failed))
        return failure

    async def _ask_on(self, asked: _Asked, http: httpx2.AsyncClient) -> None:
        for start, end in asked.spans:
            try:
                score = await self._answered(asked.text[start:end], http)
            except _Failed as failed:
                if not failed.may_retry or asked.has_retried:
                    raise
                asked.has_retried = True
                score = await self._answered(asked.text[start:end], http)
            asked.highest.see(score, (start, end))

    async def _answered(self, window: str, http: httpx2.AsyncClient) -> float:
        """Return the score of one window; raises _Failed, which holds nothing of it."""
        try:
            async with self._turns:
                body = await self._posted(window, http)
        except httpx2.TransportError:
            raise _Failed(Failure.UNREACHABLE, may_retry=True) from None
        except httpx2.HTTPError:
            raise _Failed(Failure.BAD_ANSWER) from None
        try:
            return score_in(body, self._attacks)
        except NoAttackLabel:
            raise _Failed(Failure.UNKNOWN_LABEL) from None
        except BadAnswer:
            raise _Failed(Failure.BAD_ANSWER) from None

    async def _posted(self, window: str, http: httpx2.AsyncClient) -> bytes:
        async with http.stream("POST", self._url, json={"inputs": window}) as answer:
            if answer.status_code != _OK:
                raise _Failed(Failure.BAD_STATUS, may_retry=answer.status_code in _BUSY)
            body = bytearray()
            # As sent: what is compressed all the same is no JSON, and stays small.
            async for part in answer.aiter_raw():
                body += part
                if len(body) > MAX_ANSWER_BYTES:
                    raise _Failed(Failure.BAD_ANSWER)
            return bytes(body)


class _Asked:
    """What one text has come to: the windows still to ask about, and the highest score so far."""

    def __init__(self, text: str, spans: list[Span]) -> None:
        self.text, self.count = text, len(spans)
        self.spans = iter(spans)
        self.highest = Highest()
        self.has_retried = False
