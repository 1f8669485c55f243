"""Wakes the viewers of this process when there is something to see, whoever wrote it.

A wake-up is a hint: stored events are read from the table. Drafts are stored nowhere, so what was
heard of them is kept here, for as long as their task runs and room is left.
"""

from __future__ import annotations

import asyncio
import json
from collections import OrderedDict, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar
from uuid import UUID

from octollm.events import FINAL_TYPES, change

Key = TypeVar("Key")
MAX_DRAFTS = 200
"""Of so many tasks at a time the text so far is kept, up to 100,000 characters each."""


@dataclass
class Draft:
    """An output as it is being written, from the character `base` on."""

    base: int = 0
    text: str = ""

    def put(self, offset: int, text: str) -> None:
        """Replace what stands from `offset` on; forget what does not join."""
        if self.base <= offset <= self.base + len(self.text):
            self.text = self.text[: offset - self.base] + text
        else:
            self.base, self.text = offset, text


@dataclass(eq=False)
class Viewer:
    """One stream. `heard` is the highest id it was told of; `shown` the draft its reader has; `due`
    says that the table may have more: what wakes may have been a draft alone, ten times a second.
    """

    woken: asyncio.Event = field(default_factory=asyncio.Event)
    due: bool = True
    heard: int = 0
    draft: Draft | None = None
    shown: Draft = field(default_factory=Draft)

    def news(self) -> tuple[int, str] | None:
        """Return what changed in the draft since it was last asked, as offset and text.

        A slow reader so gets many changes as one, and a late one all there is.
        """
        draft, shown = self.draft, self.shown
        if draft is None or (draft.base, draft.text) == (shown.base, shown.text):
            return None
        if draft.base == shown.base:
            offset, text = change(shown.text, draft.text)
        else:
            offset, text = 0, draft.text
        self.shown = Draft(draft.base, draft.text)
        return draft.base + offset, text


class Feed:
    """Who watches what in this process."""

    def __init__(self) -> None:
        self._of_task: defaultdict[UUID, set[Viewer]] = defaultdict(set)
        self._of_tenant: defaultdict[str, set[Viewer]] = defaultdict(set)
        self._drafts: OrderedDict[UUID, Draft] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, [*self._of_task.values(), *self._of_tenant.values()]))

    def company(self, task_id: UUID) -> int:
        """Return how many watch a task."""
        return len(self._of_task.get(task_id, ()))

    @contextmanager
    def watch_task(self, task_id: UUID) -> Iterator[Viewer]:
        """Yield a viewer of a task, with the draft there is of it."""
        viewer = Viewer(draft=self._drafts.get(task_id))
        with _kept(self._of_task, task_id, viewer):
            yield viewer

    @contextmanager
    def watch_tenant(self, tenant: str) -> Iterator[Viewer]:
        """Yield a viewer of all of a tenant's tasks, without their drafts."""
        viewer = Viewer()
        with _kept(self._of_tenant, tenant, viewer):
            yield viewer

    def heard_event(self, task_id: UUID, event_id: int, event_type: str, tenant: str) -> None:
        """Wake those who watch a task or its tenant."""
        if event_type in FINAL_TYPES:
            self._drafts.pop(task_id, None)  # who watches keeps it, to read it to its end
        for viewer in [*self._of_task.get(task_id, ()), *self._of_tenant.get(tenant, ())]:
            viewer.heard, viewer.due = max(viewer.heard, event_id), True
            viewer.woken.set()

    def heard_draft(self, payload: str) -> None:
        """Add a piece to a draft, and wake those who watch its task."""
        piece = json.loads(payload)
        task_id = UUID(piece["task_id"])
        draft = self._drafts.setdefault(task_id, Draft())
        self._drafts.move_to_end(task_id)
        if len(self._drafts) > MAX_DRAFTS:
            self._drafts.popitem(last=False)
        draft.put(piece["offset"], piece["text"])
        for viewer in self._of_task.get(task_id, ()):
            viewer.draft = draft
            viewer.woken.set()

    def missed(self) -> None:
        """Wake everyone: nobody listened for a while. A draft may have a hole; forget them all."""
        self._drafts.clear()
        for viewers in [*self._of_task.values(), *self._of_tenant.values()]:
            for viewer in viewers:
                viewer.due = True
                viewer.woken.set()


@contextmanager
def _kept(viewers: defaultdict[Key, set[Viewer]], key: Key, viewer: Viewer) -> Iterator[None]:
    viewers[key].add(viewer)
    try:
        yield
    finally:
        viewers[key].discard(viewer)
        if not viewers[key]:
            del viewers[key]
