"""The ledger of a process, written down as it grows, for whoever cannot look into the process."""

from __future__ import annotations

import json
from typing import TextIO

from arms.scripted.ledger import Entry, State


class Journal:
    """Writes a JSON line of an entry when it comes, at its first byte and chunk, and at its end.

    `arms.scripted.read_journal` makes a ledger of it again. A line for each chunk would say what
    the last one says anyway.
    """

    def __init__(self, file: TextIO) -> None:
        self._file = file
        self._written: dict[int, tuple[State, bool]] = {}

    def __call__(self, entry: Entry) -> None:
        """Write the entry down if it has come further; the line is in the file on return."""
        step = (entry.state, entry.chunks_sent > 0)
        if self._written.get(entry.number) != step:
            self._written[entry.number] = step
            self._file.write(json.dumps(entry.as_json()) + "\n")
            self._file.flush()
