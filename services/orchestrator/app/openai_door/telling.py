"""Pure: what a reader of a response's stream is told, event by event
(platform.openai.com/docs/api-reference/responses-streaming).

OpenAI's text only grows, and ours may be written anew, by another attempt or a repair: then the
message is closed as incomplete and another one begun. The last one is the output.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from app.openai_door import numbering
from app.openai_door.answering import (
    OutputMessage,
    OutputText,
    ResponseObject,
    dumped,
    item_id,
    message,
)
from octollm.contracts import TaskResponse

Frame = dict[str, Any]
_TERMINAL = {"completed": "response.completed", "failed": "response.failed"}


class Telling:
    """One stream: what its reader has, and what comes next. Frames are in order of their number."""

    def __init__(self, task_id: UUID, after: int) -> None:
        """`after` is the number of the last event its reader has, -1 for none."""
        self._task_id = task_id
        self._after = after
        place = numbering.place_of(after)
        self.ended = place is None
        self._place = place or numbering.Place()
        self.item = self._place.item + 1 if self._place.replaced else self._place.item
        self._open = after >= numbering.opening(self.item, 0)
        self._text = ""
        self._known = not self._place.characters or self._place.whole
        """Whether it is known that the reader has `_text` of the open message."""

    def begin(self, response: ResponseObject) -> Iterator[Frame]:
        """Yield what a stream begins with."""
        state = dumped(response.model_copy(update={"output": [], "usage": None, "error": None}))
        yield from self._told(numbering.CREATED, "response.created", response=state)
        yield from self._told(numbering.IN_PROGRESS, "response.in_progress", response=state)

    def draft(self, text: str) -> Iterator[Frame]:
        """Yield what makes the reader's text this one, as far as it is certain to be followed."""
        if not text or self.item >= numbering.MAX_ITEMS - 1 or self._place.whole:
            return
        if not self._known and len(text) < self._place.characters:
            return  # it is still being written as far as the reader has read it
        yield from self._follow(text)

    def end(self, task: TaskResponse, response: ResponseObject) -> Iterator[Frame]:
        """Yield the rest: of the output, and the response as it has become."""
        if task.result is not None:
            yield from self._follow(task.result.output)
            yield from self._close(message(task, self.item), whole=True)
        elif self._open:
            yield from self._close(self._broken_off(), whole=False)
        output = [] if task.result is None else [message(task, self.item)]
        final = response.model_copy(update={"output": output})
        kind = _TERMINAL.get(response.status, "response.incomplete")
        yield from self._told(numbering.ENDED, kind, response=dumped(final))
        self.ended = True

    def _follow(self, text: str) -> Iterator[Frame]:
        """Take the reader to a text, in the message that is open if its text can grow to it."""
        if self._place.whole:
            self._text = text
        elif not self._known:
            self._known = True
            if self._place.is_of(text):
                self._text = text[: self._place.characters]
            else:
                yield from self._anew()
        if not text.startswith(self._text):
            yield from self._anew()
        if not self._open:
            self._open = True
            empty = OutputMessage(id=self._id, status="in_progress", content=[])
            yield from self._in_item(
                numbering.opening(self.item, 0), "response.output_item.added", item=dumped(empty)
            )
        yield from self._in_part(
            numbering.opening(self.item, 1),
            "response.content_part.added",
            part=dumped(OutputText(text="")),
        )
        more, self._text = text[len(self._text) :], text
        if more:
            number = numbering.piece(self.item, text)
            yield from self._in_part(number, "response.output_text.delta", delta=more, logprobs=[])

    def _anew(self) -> Iterator[Frame]:
        """Close the message as one that was written anew, and go on to the next."""
        yield from self._close(self._broken_off(), whole=False)
        self.item, self._open, self._text = self.item + 1, False, ""

    def _broken_off(self) -> OutputMessage:
        return OutputMessage(
            id=self._id,
            status="incomplete",
            phase="commentary",
            content=[OutputText(text=self._text)],
        )

    def _close(self, ended: OutputMessage, *, whole: bool) -> Iterator[Frame]:
        """End a message. Only a text that is done is said to be: a client that was asked for a form
        reads it then."""
        numbers = [numbering.closing(self.item, step, whole=whole) for step in range(3)]
        part = ended.content[0]
        if ended.status == "completed":
            yield from self._in_part(
                numbers[0], "response.output_text.done", text=part.text, logprobs=[]
            )
            yield from self._in_part(numbers[1], "response.content_part.done", part=dumped(part))
        yield from self._in_item(numbers[2], "response.output_item.done", item=dumped(ended))

    @property
    def _id(self) -> str:
        return item_id(self._task_id, self.item)

    def _in_part(self, number: int, kind: str, **members: Any) -> Iterator[Frame]:
        yield from self._told(
            number, kind, item_id=self._id, output_index=self.item, content_index=0, **members
        )

    def _in_item(self, number: int, kind: str, **members: Any) -> Iterator[Frame]:
        yield from self._told(number, kind, output_index=self.item, **members)

    def _told(self, number: int, kind: str, **members: Any) -> Iterator[Frame]:
        """Yield an event that the reader does not have yet."""
        if number > self._after:
            self._after = number
            yield {"type": kind, "sequence_number": number, **members}
