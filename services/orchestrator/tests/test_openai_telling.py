"""Whatever is written, rewritten and cut off, a reader of the stream ends with the output."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from app.openai_door import numbering
from app.openai_door.answering import response_of
from app.openai_door.telling import Frame, Telling
from octollm.contracts import TaskResponse

TASK_ID = UUID("6f1c0f5e-58a4-4f9e-9f39-0c3b8f3a7d11")
AT = datetime(2026, 11, 22, tzinfo=UTC)
TEXTS = st.text(alphabet="ab", max_size=6)


def task(status: str, output: str | None) -> TaskResponse:
    return TaskResponse.model_validate(
        {
            "task_id": TASK_ID,
            "status": status,
            "goal": "Write.",
            "priority": 0,
            "attempt": 1,
            "cancel_requested": False,
            "created_at": AT,
            "updated_at": AT,
            "constraints": {},
            "acceptance_criteria": [],
            "budget": {},
            "metadata": {},
            "pii_policy": "block",
            "result": None if output is None else {"arm": "assistant", "output": output},
        }
    )


def told(drafts: list[str], ended: TaskResponse, after: int = -1) -> list[Frame]:
    """Return what a stream tells of a task that was written so."""
    telling = Telling(TASK_ID, after)
    if telling.ended:
        return []
    frames = list(telling.begin(response_of(ended, (0, 0))))
    for draft in drafts:
        frames += telling.draft(draft)
    frames += telling.end(ended, response_of(ended, (0, 0)))
    assert frames[-1]["sequence_number"] == numbering.ENDED
    return frames


def read(frames: list[Frame]) -> dict[int, str]:
    """Return the texts of the messages, as a reader of pieces has them."""
    texts: dict[int, str] = {}
    for frame in frames:
        if frame["type"] == "response.output_item.added":
            assert frame["output_index"] not in texts
            texts[frame["output_index"]] = ""
        if frame["type"] == "response.output_text.delta":
            texts[frame["output_index"]] += frame["delta"]
    return texts


@given(st.lists(TEXTS, max_size=8), TEXTS, st.sampled_from(["completed", "failed"]))
def test_the_last_message_is_the_output(drafts: list[str], output: str, status: str) -> None:
    frames = told(drafts, task(status, output))
    texts = read(frames)
    final = frames[-1]["response"]
    assert texts[max(texts)] == output
    assert final["output"][0]["id"].endswith(f"_{max(texts)}")
    closed = [f["output_index"] for f in frames if f["type"] == "response.output_item.done"]
    assert closed == sorted(texts)
    numbers = [frame["sequence_number"] for frame in frames]
    assert numbers == sorted(set(numbers))


@given(st.lists(TEXTS, max_size=8), TEXTS, st.data())
def test_a_reader_who_comes_again_has_the_same(
    drafts: list[str], output: str, data: st.DataObject
) -> None:
    """The second stream begins with whatever draft there is by then."""
    ended = task("completed", output)
    whole = told(drafts, ended)
    cut = data.draw(st.integers(0, len(whole) - 1))
    seen = whole[: cut + 1]
    later = data.draw(st.integers(0, len(drafts)))
    rest = told(drafts[later:], ended, after=seen[-1]["sequence_number"])
    texts = read(seen + rest)
    if texts:
        assert texts[max(texts)] == output
    numbers = [frame["sequence_number"] for frame in seen + rest]
    assert numbers == sorted(set(numbers))
    assert (seen + rest)[-1]["type"] == "response.completed"


def test_a_task_without_an_output_ends_its_message() -> None:
    frames = told(["Half a"], task("cancelled", None))
    assert [frame["type"] for frame in frames[-2:]] == [
        "response.output_item.done",
        "response.incomplete",
    ]
    assert frames[-1]["response"]["output"] == []


def test_a_text_that_is_written_anew_without_end_is_sent_when_it_is_done() -> None:
    drafts = [f"{number} bottles" for number in range(100)]
    texts = read(told(drafts, task("completed", "No bottles")))
    assert len(texts) <= numbering.MAX_ITEMS + 1
    assert texts[max(texts)] == "No bottles"


@given(st.integers(0, numbering.MAX_ITEMS), st.text(max_size=50))
def test_numbers_say_where_a_reader_is(item: int, text: str) -> None:
    number = numbering.piece(item, text)
    place = numbering.place_of(number)
    assert place is not None
    assert (place.item, place.characters) == (item, len(text))
    assert place.is_of(text + "more")
    assert number < numbering.closing(item, 0, whole=False)
    assert numbering.closing(item, 2, whole=True) < numbering.opening(item + 1, 0)


def test_no_number_is_beyond_what_javascript_counts() -> None:
    long: Any = numbering.closing(numbering.MAX_ITEMS, 2, whole=True)
    assert long < numbering.ENDED < 2**53
