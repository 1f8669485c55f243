"""What an arm writes is shown while it writes: screened, a little behind, stored nowhere."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from test_events import PATIENCE, Watching, listening, stored_ids, watch
from test_worker import Scripted

from app.drafting import HELD_BACK, Drafting, pieces
from app.feed import Draft
from app.vault import new_key
from octollm.arm import Outcome
from octollm.errors import PiiDetected
from octollm.events import change

__all__ = ["watch"]
WORDS = "The quick brown fox jumps over the lazy dog and is not seen again. " * 20
MAIL = "anna.kowalska@example.org"


class Writer(Scripted):
    """An arm that drafts what the test gives it, then returns the last of it."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: asyncio.Queue[str | None] = asyncio.Queue()

    async def run(self, contract: Any, context: Any) -> Outcome:
        self.contexts.append(context)
        last = ""
        while (text := await self.texts.get()) is not None:
            last = text
            context.draft(text)
        return Outcome(last)


def applied(text: str, delta: dict[str, Any]) -> str:
    data = delta["data"]
    assert data["offset"] <= len(text)
    return str(text[: data["offset"]] + data["text"])


async def shown(stream: Watching, least: int = 1_000, text: str = "") -> str:
    """Return the draft as the stream has it once it has so many characters."""
    async with asyncio.timeout(PATIENCE):
        while len(text) < least:
            frame = await stream.next()
            if frame.event == "output.delta":
                text = applied(text, frame.json())  # type: ignore[arg-type]  # an object
    return text


@pytest.fixture
async def writing(make_house: Any) -> Any:
    async def make(**changes: Any) -> Any:
        arm = Writer()
        house = await make_house(arms={arm.name: arm}, **changes)
        house.start_worker()
        await listening(house)
        return house, arm

    return make


async def test_a_draft_is_shown_as_it_grows_and_whole_at_the_end(writing: Any, watch: Any) -> None:
    house, arm = await writing()
    task_id = await house.submit()
    stream = await watch(house, f"/tasks/{task_id}/events")
    arm.texts.put_nowait(WORDS)
    text = await shown(stream)
    assert WORDS.startswith(text)
    assert len(WORDS) - len(text) >= HELD_BACK
    late = await watch(house, f"/tasks/{task_id}/events")
    assert await shown(late) == text
    arm.texts.put_nowait(WORDS + "The end.")
    arm.texts.put_nowait(None)
    frames = await stream.rest()
    assert frames[-1].event == "task.completed"
    for frame in frames:
        if frame.event == "output.delta":
            text = applied(text, frame.json())
    assert text == WORDS + "The end."
    assert len(await stored_ids(house)) == len(["submitted", "started", "completed"])


async def test_private_data_stop_a_draft_before_they_are_shown(writing: Any, watch: Any) -> None:
    house, arm = await writing()
    task_id = await house.submit()
    stream = await watch(house, f"/tasks/{task_id}/events")
    arm.texts.put_nowait(WORDS)
    await shown(stream)
    arm.texts.put_nowait(f"{WORDS} Write to {MAIL}. {WORDS}")
    arm.texts.put_nowait(None)
    frames = await stream.rest()
    assert frames[-1].event == "task.failed"
    assert all(MAIL[:8] not in frame.data for frame in frames)


async def test_under_redact_a_draft_has_placeholders(writing: Any, watch: Any) -> None:
    house, arm = await writing(secret_key=new_key())
    task_id = await house.submit(pii_policy="redact")
    stream = await watch(house, f"/tasks/{task_id}/events")
    arm.texts.put_nowait(f"Write to {MAIL}. {WORDS}")
    text = await shown(stream)
    assert text.startswith("Write to <EMAIL_1>. The quick")
    arm.texts.put_nowait(None)
    await stream.rest()
    assert (await house.ended(task_id))["result"]["output"].startswith(f"Write to {MAIL}. The")


@pytest.mark.parametrize("text", ["", "a" * 10, "\x01\U0001f600" * 5_000, WORDS * 100])
def test_pieces_fit_into_a_notice_and_join_again(text: str) -> None:
    draft = Draft(0, "before")
    made = pieces("6b0e0d52-3f0a-4b53-9a55-0e8d3c7f1a01", 3, text)
    assert max(len(piece.encode()) for piece in made) < 8_000
    for piece in map(json.loads, made):
        draft.put(piece["offset"], piece["text"])
    assert draft.text == "bef" + text


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("", "abc", (0, "abc")),
        ("abc", "abcd", (3, "d")),
        ("abc", "abd", (2, "d")),
        ("abc", "ab", (2, "")),
        ("abc", "xyz", (0, "xyz")),
        ("abc", "abc", (3, "")),
    ],
)
def test_a_change_begins_where_two_texts_differ(
    old: str, new: str, expected: tuple[int, str]
) -> None:
    assert change(old, new) == expected


def test_a_draft_whose_beginning_was_missed_begins_where_it_was_heard() -> None:
    draft = Draft()
    draft.put(700, "known")
    assert (draft.base, draft.text) == (700, "known")
    draft.put(705, " more")
    assert draft.text == "known more"
    draft.put(0, "all of it")
    assert (draft.base, draft.text) == (0, "all of it")


async def test_a_draft_is_not_shown_more_than_ten_times_a_second() -> None:
    published: list[Any] = []

    async def screen(text: str) -> str:
        return text

    async def publish(made: Any) -> bool:
        published.append(made)
        return True

    async with Drafting("t", screen, publish) as drafting:
        for end in range(200, 230):
            drafting.show("word " * end)
            await asyncio.sleep(0.01)
        await drafting.end("word " * 230)
    assert 1 < len(published) < 10


async def test_a_draft_that_is_refused_is_never_shown_again() -> None:
    published: list[Any] = []

    async def screen(text: str) -> str:
        raise PiiDetected("Found.")

    async def publish(made: Any) -> bool:
        published.append(made)
        return True

    async with Drafting("t", screen, publish) as drafting:
        drafting.show(WORDS)
        await asyncio.sleep(0.05)
        drafting.show(WORDS * 2)
        await drafting.end(WORDS * 2)
    assert published == []
