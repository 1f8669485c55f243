"""A guard that runs in this process, in threads of its own, off the event loop."""

from __future__ import annotations

import asyncio
import hashlib
from concurrent.futures import ThreadPoolExecutor

import structlog

from reflex_layer.deadline import Deadline, OutOfTime
from reflex_layer.guard.export import Export
from reflex_layer.guard.judgement import Failure, Highest, Judgement
from reflex_layer.guard.model import Model

log = structlog.get_logger(__name__)


class OnnxGuard:
    """Judges `threads` texts at a time, each by the highest score among its windows.

    A text that runs out of time is ended midway: its thread is free again at the model's next
    layer, and only then does the next text get it, so that late work does not pile up.
    """

    def __init__(
        self, export: Export, *, threads: int, intra_threads: int, max_windows: int
    ) -> None:
        self._export, self._intra_threads, self._max_windows = export, intra_threads, max_windows
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="guard")
        self._turns = asyncio.Semaphore(threads)
        self._model: Model | None = None
        self._running: set[_Work] = set()

    @property
    def version(self) -> str:
        """A hash of the model's files, of which outputs mean an attack and how much is read."""
        which = repr(
            (self._export.digest, self._export.attacks, self._export.max_tokens, self._max_windows)
        )
        return f"guard-{hashlib.sha256(which.encode()).hexdigest()[:12]}"

    async def start(self) -> None:
        """Load the model and try it; raises GuardUnusable."""
        loop = asyncio.get_running_loop()
        self._model = await loop.run_in_executor(
            self._threads, lambda: Model(self._export, intra_threads=self._intra_threads)
        )

    async def judge(self, text: str, budget: float) -> Judgement:
        """Judge `text` within `budget` seconds, waiting for a turn included."""
        if self._model is None:
            return Judgement(failure=Failure.NOT_READY)
        work = _Work(self._model, text, self._max_windows, Deadline(budget))
        try:
            async with asyncio.timeout(budget):
                await self._turns.acquire()
                return await asyncio.shield(self._begun(work))
        except TimeoutError:
            return work.highest.judgement(Failure.TIMEOUT)
        finally:
            work.stop()

    def _begun(self, work: _Work) -> asyncio.Future[Judgement]:
        """Start the work on a turn that was got; it is given back when the work has ended."""

        def ended(_: object) -> None:
            self._running.discard(work)
            self._turns.release()

        self._running.add(work)
        future = asyncio.get_running_loop().run_in_executor(self._threads, work.done)
        future.add_done_callback(ended)
        return future

    async def aclose(self) -> None:
        """End the texts that are being judged, and the threads."""
        self._model = None
        for work in self._running:
            work.stop()
        await asyncio.to_thread(self._threads.shutdown)


class _Work:
    """The judging of one text. `done` runs in a thread, the rest in the event loop."""

    def __init__(self, model: Model, text: str, max_windows: int, deadline: Deadline) -> None:
        self._model, self._text = model, text
        self._max_windows, self._deadline = max_windows, deadline
        self._options = model.run_options()
        self.highest = Highest()

    def stop(self) -> None:
        """Have the thread end at the model's next layer; nothing happens if it has ended."""
        self._options.terminate = True

    def done(self) -> Judgement:
        """Judge window after window; raises nothing."""
        try:
            for count, (window, span) in enumerate(self._model.windows(self._text)):
                self._deadline.check()
                if count == self._max_windows:
                    return self.highest.judgement(Failure.TOO_LONG)
                self.highest.see(self._model.score(window, self._options), span)
        except OutOfTime:
            return self.highest.judgement(Failure.TIMEOUT)
        except Exception as fault:
            if self._options.terminate:
                return self.highest.judgement(Failure.TIMEOUT)
            # Its message may tell of the text; the class of the error is enough to look it up.
            log.error("guard failed", error=type(fault).__name__)
            return self.highest.judgement(Failure.ERROR)
        return self.highest.judgement()
