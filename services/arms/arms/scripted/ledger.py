"""What the provider received, how each request ended, and what it billed."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import Any

from pydantic import JsonValue


class State(StrEnum):
    """How far a request has come.

    OPEN: no byte was sent. ANSWERING: some were. ANSWERED: all were. REFUSED: an error was.
    CLIENT_CUT: the client closed the connection before the end. PROVIDER_CUT: the script did, or
    the provider when it stopped.
    """

    OPEN = "open"
    ANSWERING = "answering"
    ANSWERED = "answered"
    REFUSED = "refused"
    CLIENT_CUT = "client_cut"
    PROVIDER_CUT = "provider_cut"

    @property
    def final(self) -> bool:
        return self not in (State.OPEN, State.ANSWERING)


@dataclass
class Entry:
    """One request as it was received, and what became of it.

    `headers` have lower-case names and no key; `body` is the JSON, or None if it was none;
    `body_sha256` is of the bytes. Times are Unix time in seconds. `output_tokens`, `input_tokens`
    and `usd` are what is billed so far. `ended` is set with the final state.
    """

    number: int
    method: str
    path: str
    headers: dict[str, str]
    body: JsonValue
    body_sha256: str
    received_at: float = field(default_factory=time.time)
    state: State = State.OPEN
    status: int | None = None
    chunks_sent: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    usd: Decimal = Decimal(0)
    ended_at: float | None = None
    ended: asyncio.Event = field(default_factory=asyncio.Event, repr=False, compare=False)

    @property
    def is_call(self) -> bool:
        """Whether a model was asked, and not only what models there are."""
        return self.path.endswith(("/chat/completions", "/responses"))

    @property
    def completed(self) -> bool:
        """Whether a model answered, to the last byte."""
        return self.is_call and self.state is State.ANSWERED

    def contains(self, text: str) -> bool:
        """Whether a header's value or a string of the body has this text."""
        return any(text in value for value in (*self.headers.values(), *_strings(self.body)))

    def as_json(self) -> dict[str, JsonValue]:
        """Return the entry as a line of the journal has it; dollars as a string."""
        members = {name: value for name, value in vars(self).items() if name != "ended"}
        return members | {"state": self.state.value, "usd": str(self.usd)}

    @classmethod
    def from_json(cls, members: Mapping[str, Any]) -> Entry:
        """Return the entry of a line of the journal."""
        state, usd = State(members["state"]), Decimal(members["usd"])
        entry = cls(**{**members, "state": state, "usd": usd})
        if state.final:
            entry.ended.set()
        return entry


class Ledger:
    """The entries, in the order in which the requests came. `changed` is told of each change."""

    def __init__(self, changed: Callable[[Entry], None] = lambda entry: None) -> None:
        self.entries: list[Entry] = []
        self._changed = changed
        self._waiting: set[asyncio.Event] = set()

    def note(self, entry: Entry) -> None:
        """Add an entry, or tell that one has changed; wakes who waits in `until`."""
        if entry.number > len(self.entries):
            self.entries.append(entry)
        self._changed(entry)
        for event in self._waiting:
            event.set()

    def end(self, entry: Entry, state: State) -> None:
        """Give an entry its final state; a second ending changes nothing."""
        if not entry.state.final:
            entry.state, entry.ended_at = state, time.time()
            entry.ended.set()
            self.note(entry)

    async def until(self, holds: Callable[[Ledger], bool]) -> None:
        """Return as soon as something holds for the ledger; put a time limit around it."""
        changed = asyncio.Event()
        self._waiting.add(changed)
        try:
            while not holds(self):
                await changed.wait()
                changed.clear()
        finally:
            self._waiting.discard(changed)

    async def received(self, calls: int = 1) -> Entry:
        """Return the call of that number, counted from 1, as soon as it has come."""
        await self.until(lambda ledger: len(ledger.calls) >= calls)
        return self.calls[calls - 1]

    @property
    def calls(self) -> list[Entry]:
        """The requests that asked a model."""
        return [entry for entry in self.entries if entry.is_call]

    def requests_containing(self, text: str) -> list[Entry]:
        """Return the calls with a text in a header or in a string of the body."""
        return [entry for entry in self.calls if entry.contains(text)]

    def completed_by_body(self) -> dict[str, int]:
        """Return how often each body, by its SHA-256, was answered to the last byte."""
        return dict(Counter(entry.body_sha256 for entry in self.calls if entry.completed))

    def spent_usd(self, containing: str = "") -> Decimal:
        """Return the dollars billed for calls with a text in a header or the body, or for all."""
        found = self.requests_containing(containing) if containing else self.calls
        return sum((entry.usd for entry in found), Decimal(0))

    def spent_tokens(self, containing: str = "") -> int:
        """Return the tokens billed, input and output; of which calls as `spent_usd`."""
        found = self.requests_containing(containing) if containing else self.calls
        return sum(entry.input_tokens + entry.output_tokens for entry in found)

    def spent_by(self, header: str = "Idempotency-Key") -> dict[str, Decimal]:
        """Return the dollars billed for each value of a header; without it, under ''."""
        spent: dict[str, Decimal] = {}
        for entry in self.calls:
            value = entry.headers.get(header.lower(), "")
            spent[value] = spent.get(value, Decimal(0)) + entry.usd
        return spent


def read_journal(path: Path) -> Ledger:
    """Return the ledger of a process from its journal: JSON lines, of a number the last counts.

    A line that is still being written, the last one without its end, is left out.
    """
    latest: dict[int, Entry] = {}
    for line in path.read_text("utf-8").splitlines(keepends=True):
        if line.endswith("\n"):
            entry = Entry.from_json(json.loads(line))
            latest[entry.number] = entry
    ledger = Ledger()
    ledger.entries = [latest[number] for number in sorted(latest)]
    return ledger


def _strings(value: JsonValue) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | dict):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _strings(item)
