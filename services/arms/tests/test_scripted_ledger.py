"""What the provider says it received and billed, and which reply it gives to whom."""

from __future__ import annotations

import asyncio
import hashlib
import json
from decimal import Decimal
from typing import Any

import pytest

from arms.scripted import ModelRequest, Reply, State, ToolCall
from arms.scripted.tokens import count, split

CENT = Decimal("0.01")


def user(text: str) -> dict[str, Any]:
    return {"model": "m", "messages": [{"role": "user", "content": text}]}


async def say(openai: Any, text: str, **options: Any) -> str:
    done = await openai.chat.completions.create(**user(text), **options)
    return str(done.choices[0].message.content)


async def test_a_request_is_kept_as_it_was_received_and_without_its_key(scripted: Any) -> None:
    provider, openai = await scripted(default=Reply("Hello"))
    await say(openai, "Größe?", extra_headers={"X-Task": "t-1"})
    (entry,) = provider.ledger.entries
    assert (entry.number, entry.method, entry.path) == (1, "POST", "/v1/chat/completions")
    assert entry.body == user("Größe?")
    sent = json.dumps(entry.body, ensure_ascii=False, separators=(",", ":")).encode()
    assert entry.body_sha256 == hashlib.sha256(sent).hexdigest()
    assert entry.headers["x-task"] == "t-1"
    assert "authorization" not in entry.headers
    assert (entry.state, entry.completed) == (State.ANSWERED, True)
    assert entry.received_at <= entry.ended_at


async def test_what_was_billed_is_told_by_task(scripted: Any) -> None:
    provider, openai = await scripted(
        default=Reply("Hello", input_tokens=100, output_tokens=10),
        usd_per_input_token=CENT,
        usd_per_output_token=CENT * 2,
    )
    for key, text in (("a", "first"), ("a", "second"), ("b", "first")):
        await say(openai, text, extra_headers={"Idempotency-Key": key})
    await say(openai, "third")
    ledger = provider.ledger
    assert ledger.spent_by() == {"a": Decimal("2.40"), "b": Decimal("1.20"), "": Decimal("1.20")}
    assert ledger.spent_usd() == Decimal("4.80")
    assert ledger.spent_usd("first") == Decimal("2.40")
    assert ledger.spent_tokens("first") == 220
    assert [entry.number for entry in ledger.requests_containing("first")] == [1, 3]
    assert sorted(ledger.completed_by_body().values()) == [1, 1, 2]


async def test_a_usage_of_the_script_is_billed_by_share_when_cut(scripted: Any) -> None:
    reply = Reply("Hello there!", input_tokens=5, output_tokens=100, cut_after=1)
    provider, openai = await scripted([reply], usd_per_output_token=CENT)
    stream = await openai.chat.completions.create(**user("Hi"), stream=True)
    with pytest.raises(Exception, match="Connection"):
        assert [chunk async for chunk in stream] == []
    (entry,) = provider.ledger.calls
    assert (entry.output_tokens, entry.usd) == (34, Decimal("0.34"))
    assert provider.ledger.completed_by_body() == {}


async def test_replies_are_given_in_order_and_matching_ones_first(scripted: Any) -> None:
    script = [
        Reply("one"),
        Reply("two"),
        Reply("Graz!", when="Graz"),
        Reply("any city", when=lambda request: "city" in request.text, times=None),
    ]
    provider, openai = await scripted(script, default=Reply("else"))
    asked = ["x", "Graz", "a city", "a city", "Graz", "x"]
    said = [await say(openai, text) for text in asked]
    assert said == ["one", "Graz!", "any city", "any city", "two", "else"]
    assert provider.left == []


async def test_calls_at_once_get_the_replies_meant_for_them(scripted: Any) -> None:
    provider, openai = await scripted([Reply(f"re {n}", when=f"<{n}>") for n in range(20)])
    said = await asyncio.gather(*(say(openai, f"<{n}>") for n in range(20)))
    assert said == [f"re {n}" for n in range(20)]
    assert len({entry.number for entry in provider.ledger.calls}) == 20


async def test_a_function_answers_from_the_request(scripted: Any) -> None:
    def script(request: ModelRequest) -> Reply:
        return Reply(f"{request.api} {request.model} {request.limit} {request.text}")

    _, openai = await scripted(script)
    assert await say(openai, "Hi", max_tokens=99) == "chat m 99 Hi"


async def test_what_was_not_used_is_left(scripted: Any) -> None:
    provider, openai = await scripted([Reply("one"), Reply("two")])
    await say(openai, "Hi")
    assert [reply.text for reply in provider.left] == ["two"]


async def test_the_same_request_gets_the_same_ids(scripted: Any) -> None:
    calls = [ToolCall("f")]
    _, openai = await scripted(default=Reply(tool_calls=calls))
    answers = [
        await openai.chat.completions.create(**user(text), tools=[]) for text in ("a", "a", "b")
    ]
    first, again, other = (answer.choices[0].message.tool_calls[0].id for answer in answers)
    assert first == again != other


async def test_a_paced_answer_waits_between_its_chunks(scripted: Any) -> None:
    _, openai = await scripted([Reply(["a", "b"], pace=0.01, delay=0.01)])
    stream = await openai.chat.completions.create(**user("Hi"), stream=True)
    assert [chunk.choices[0].delta.content async for chunk in stream] == ["", "a", "b", None]


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"status": 302}, "status is 200, or 400 and more"),
        ({"status": 99}, "greater than or equal to 200"),
        ({"status": 500, "text": "Hello"}, "error status has no text"),
        ({"text": "Hello", "retry_after": 1}, "belong to an error status"),
        ({"text": "Hello", "output": {}}, "output stands alone"),
        ({"text": "Hello", "hang": True}, "hangs says nothing"),
        ({"delay": -1}, "greater than or equal to 0"),
        ({"cut_after": -1}, "greater than or equal to 0"),
        ({"times": 0}, "greater than or equal to 1"),
    ],
)
def test_a_reply_that_makes_no_sense_is_refused(members: dict[str, Any], why: str) -> None:
    with pytest.raises(ValueError, match=why):
        Reply(**members)


def test_a_token_is_four_characters() -> None:
    text = "Wie groß ist Graz?"
    assert "".join(split(text)) == text
    assert count(text) == len(split(text)) == 5
    assert (count(""), split("")) == (0, ())
