"""OpenAI's own client, unchanged, submits, polls, streams and cancels our tasks."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Final

import openai
import pytest
from pydantic import BaseModel
from scripted_models import thinking
from tenants import a_key
from test_thinking import answering, judging

from app import key_desk, reading
from app.histories import Histories
from app.watching import EventStream
from arms.scripted import Reply
from octollm.errors import DatabaseUnavailable

LOG = "10:00:01 INFO started\n10:00:02 ERROR disk full on volume data\n"
STORY = ["Once upon a time ", "there was " + "an octopus " * 20, "with eight arms."]


@asynccontextmanager
async def client_of(house: Any, key: str = "none") -> AsyncIterator[Any]:
    """Yield the client, untyped: its types know no codes of ours, and each item may be anything."""
    async with openai.AsyncOpenAI(
        base_url=f"{house.url}/v1", api_key=key, max_retries=0, timeout=60
    ) as client:
        yield client


async def text_of(stream: Any) -> tuple[str, list[Any]]:
    """Return what the deltas of a stream make, and its events."""
    events = [event async for event in stream]
    deltas = [event.delta for event in events if event.type == "response.output_text.delta"]
    return "".join(deltas), events


async def test_models_are_the_arms_that_can_be_used(house: Any) -> None:
    async with client_of(house) as client:
        names = [model.id async for model in client.models.list()]
        assert {"octollm", "digest", "guardian"} <= set(names)
        assert "assistant" not in names  # it lacks a model
        assert (await client.models.retrieve("digest")).object == "model"
        with pytest.raises(openai.NotFoundError):
            await client.models.retrieve("gpt-5")


async def test_a_response_in_the_background_is_polled(house: Any) -> None:
    async with client_of(house) as client:
        response = await client.responses.create(
            model="digest", instructions="What matters?", input=LOG, background=True
        )
        assert (response.status, response.background) == ("queued", True)
        assert response.output_text == ""
        house.start_worker()
        async with asyncio.timeout(30):
            while response.status in ("queued", "in_progress"):
                await asyncio.sleep(0.05)
                response = await client.responses.retrieve(response.id)
        assert response.status == "completed"
        assert "disk full" in response.output_text
        assert response.model == "digest"


async def test_a_response_is_waited_for_with_its_usage(make_house: Any) -> None:
    script = [Reply("Grass is green.", input_tokens=70, output_tokens=5)]
    async with thinking(make_house, script) as (house, _), client_of(house) as client:
        response = await client.responses.create(
            model="assistant", input="What is green?", metadata={"ticket": "OPS-17"}
        )
        assert response.status == "completed"
        assert response.output_text == "Grass is green."
        assert response.usage is not None
        assert (response.usage.input_tokens, response.usage.output_tokens) == (70, 5)
        assert response.metadata == {"ticket": "OPS-17"}


async def test_budget_and_criteria_come_in_the_body_or_the_metadata(make_house: Any) -> None:
    script = [answering("{}", times=None), judging(("failed", "Empty."), times=None)]
    async with thinking(make_house, script) as (house, _), client_of(house) as client:
        response = await client.responses.create(
            model="assistant",
            input="Name a colour.",
            text={
                "format": {
                    "type": "json_schema",
                    "name": "colour",
                    "schema": {"type": "object", "required": ["colour"]},
                }
            },
            metadata={
                "octollm.max_cost_usd": "0.25",
                "octollm.acceptance_criteria": "Is a colour.",
            },
            extra_body={"octollm": {"max_repairs": 0, "budget": {"max_tokens": 9000}}},
        )
        assert response.status == "failed"
        assert response.error is not None
        assert response.error.code == "criteria-not-met"
        assert response.output[0].status == "incomplete"
        extra: Any = response.model_extra
        task = await house.task(extra["octollm"]["task_id"])
        assert task["budget"]["max_cost_usd"] == 0.25
        assert task["budget"]["max_tokens"] == 9000
        assert task["metadata"] == {}
        assert [one["verdict"] for one in extra["octollm"]["judgements"]] == ["failed", "failed"]


async def test_a_conversation_is_material_and_its_last_turn_the_goal(make_house: Any) -> None:
    async with thinking(make_house, [Reply("Yes.")]) as (house, _), client_of(house) as client:
        response = await client.responses.create(
            model="assistant",
            input=[
                {"role": "developer", "content": "Be brief."},
                {"role": "user", "content": "The sky is blue."},
                {"role": "assistant", "content": "So it is."},
                {"role": "user", "content": [{"type": "input_text", "text": "Is it?"}]},
            ],
        )
        extra: Any = response.model_extra
        task = await house.task(extra["octollm"]["task_id"])
        assert task["goal"] == "Be brief.\n\nIs it?"
        assert task["context"] == "user:\nThe sky is blue.\n\nassistant:\nSo it is."


async def test_text_is_streamed_as_it_is_written(make_house: Any) -> None:
    script = [Reply(STORY, gates={2: "seen"})]
    async with thinking(make_house, script) as (house, provider), client_of(house) as client:
        stream = await client.responses.create(model="assistant", input="A story.", stream=True)
        text, kinds, numbers = "", [], []
        async for event in stream:
            kinds.append(event.type)
            numbers.append(event.sequence_number)
            if event.type == "response.output_text.delta":
                text += event.delta
                provider.gate("seen").set()
            if event.type == "response.completed":
                assert event.response.output_text == text == "".join(STORY)
        assert kinds[:4] == [
            "response.created",
            "response.in_progress",
            "response.output_item.added",
            "response.content_part.added",
        ]
        assert kinds[-4:] == [
            "response.output_text.done",
            "response.content_part.done",
            "response.output_item.done",
            "response.completed",
        ]
        assert kinds.count("response.output_text.delta") >= 2
        assert numbers == sorted(set(numbers))


async def test_a_stream_that_broke_off_goes_on_where_it_did(make_house: Any) -> None:
    script = [Reply(STORY, gates={2: "seen"})]
    async with thinking(make_house, script) as (house, provider), client_of(house) as client:
        first = await client.responses.create(
            model="assistant", input="A story.", stream=True, background=True
        )
        async for event in first:
            if event.type == "response.created":
                response_id = event.response.id
            if event.type == "response.output_text.delta":
                break
        await first.close()
        provider.gate("seen").set()
        assert event.type == "response.output_text.delta"
        rest, events = await text_of(
            await client.responses.retrieve(
                response_id, stream=True, starting_after=event.sequence_number
            )
        )
        assert event.delta + rest == "".join(STORY)
        assert events[0].sequence_number > event.sequence_number
        assert events[-1].type == "response.completed"
        last = events[-1].sequence_number
        _, none = await text_of(
            await client.responses.retrieve(response_id, stream=True, starting_after=last)
        )
        assert none == []


async def test_what_is_written_anew_is_another_message(make_house: Any) -> None:
    first, second = "A wrong answer. " * 20, "The right answer. " * 20
    script = [answering(first), answering(second)]
    async with thinking(make_house, script) as (house, _), client_of(house) as client:
        async with client.responses.stream(
            model="assistant",
            input="Answer.",
            extra_body={
                "octollm": {"acceptance_criteria": [{"type": "contains", "text": "right"}]}
            },
        ) as stream:
            events = [event async for event in stream]
            final = await stream.get_final_response()
        assert final.output_text == second
        ended = [event.item for event in events if event.type == "response.output_item.done"]
        assert [item.status for item in ended][-1] == "completed"
        assert final.output[0].id == ended[-1].id


async def test_private_values_are_put_back_in_the_stream(make_house: Any) -> None:
    def echo(request: Any) -> Reply:
        return Reply("I write to <EMAIL_1> " + "and to others " * 20)

    async with thinking(make_house, echo) as (house, _), client_of(house) as client:
        text, events = await text_of(
            await client.responses.create(
                model="assistant",
                input="Write to anna.kowalska@example.org.",
                stream=True,
                metadata={"octollm.pii_policy": "redact"},
            )
        )
        assert text.startswith("I write to anna.kowalska@example.org and")
        assert events[-1].response.output_text == text


async def test_a_response_is_cancelled_and_cancelled_again(make_house: Any) -> None:
    async with (
        thinking(make_house, [Reply(hang=True)]) as (house, provider),
        client_of(house) as client,
    ):
        response = await client.responses.create(model="assistant", input="Wait.", background=True)
        async with asyncio.timeout(20):
            await provider.ledger.received(1)
        await client.responses.cancel(response.id)
        extra: Any = response.model_extra
        await house.ended(extra["octollm"]["task_id"])
        for _ in range(2):
            assert (await client.responses.cancel(response.id)).status == "cancelled"
        _, events = await text_of(
            await client.responses.retrieve(response.id, stream=True, starting_after=0)
        )
        assert events[-1].type == "response.incomplete"
        assert events[-1].response.status == "cancelled"


@pytest.mark.parametrize("stream", [True, False])
async def test_who_leaves_a_response_has_cancelled_it(make_house: Any, stream: bool) -> None:
    async with (
        thinking(make_house, [Reply(hang=True)]) as (house, provider),
        client_of(house) as client,
    ):
        asking = asyncio.create_task(
            client.responses.create(model="assistant", input="Wait.", stream=stream)
        )
        async with asyncio.timeout(20):
            await provider.ledger.received(1)
        if stream:
            await (await asking).close()
        else:
            asking.cancel()
        listed = (await house.http.get("/tasks")).json()["tasks"]
        assert (await house.ended(listed[0]["task_id"]))["status"] == "cancelled"


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"model": "gpt-5"}, "model"),
        ({"tools": [{"type": "web_search"}]}, "tools"),
        ({"previous_response_id": "resp_1"}, "previous_response_id"),
        ({"max_output_tokens": 50}, "max_output_tokens"),
        ({"store": False}, "store"),
        ({"input": []}, "input"),
        ({"input": "x" * 10_001}, "input"),
        ({"input": [{"role": "assistant", "content": "Hi"}]}, "input"),
        ({"metadata": {"octollm.max_dollars": "1"}}, "octollm.budget.max_dollars"),
        ({"metadata": {"octollm.colour": "red"}}, "octollm.colour"),
        ({"metadata": {"octollm.\\ud800": "red"}}, "octollm.\\ud800"),
        ({"extra_body": {"octollm": {"x" * 300: 1}}}, f"octollm.{'x' * 192}"),
        ({"text": {"format": {"type": "x" * 300}}}, "text.format"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"extra_body": {"max_output_tokens": 0}}, "max_output_tokens"),
        ({"extra_body": {"octollm": {"goal": "Other"}}}, "octollm.goal"),
    ],
)
async def test_what_cannot_be_honoured_is_refused_by_name(
    house: Any, changes: dict[str, Any], param: str
) -> None:
    asked = {"model": "digest", "input": "Count."} | changes
    async with client_of(house) as client:
        with pytest.raises(openai.UnprocessableEntityError) as refused:
            await client.responses.create(**asked)
    assert refused.value.param == param
    assert refused.value.code in ("invalid-request", "unknown-arm")
    assert "x" * 250 not in str(refused.value)


TURN = {"role": "user", "content": "Count."}


@pytest.mark.parametrize(
    ("changes", "param"),
    [
        ({"input": [TURN | {"type": "function_call"}]}, "input[0].type"),
        ({"input": [TURN, {"role": "robot", "content": "x"}]}, "input[1].role"),
        ({"input": [{"role": "user", "content": [{"type": "input_image"}]}]},
         "input[0].content[0].type"),
        ({"input": 7}, "input"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format.schema"),
        ({"text": {"format": {"type": "json_schema", "schema": {"$ref": "https://x.test"}}}},
         "text.format.schema"),
        ({"metadata": {"a": 7}}, "metadata.a"),
        ({"metadata": {"octollm.acceptance_criteria": "[{"}},
         "metadata.octollm.acceptance_criteria"),
        ({"extra_body": {"octollm": {"acceptance_criteria": [{"type": "max_words"}]}}},
         "octollm.acceptance_criteria[0].words"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named_as_it_was_written(
    house: Any, changes: dict[str, Any], param: str
) -> None:
    asked = {"model": "digest", "input": "Count."} | changes
    async with client_of(house) as client:
        with pytest.raises(openai.UnprocessableEntityError) as refused:
            await client.responses.create(**asked)
    assert refused.value.param == param
    assert refused.value.response.json()["errors"][0]["field"] == param


async def test_whatever_is_refused_is_told_as_openai_does(house: Any) -> None:
    raw: dict[str, Any] = {"cast_to": object}
    json_type = {"headers": {"Content-Type": "application/json"}}
    async with client_of(house) as client:
        cases = [
            (client.responses.create(model="digest", input="x" * 1_100_000),
             openai.APIStatusError, 413, "body-too-large", "at most"),
            (client.get("/nothing/here", **raw), openai.NotFoundError, 404, "not-found", ""),
            (client.delete("/responses", **raw),
             openai.APIStatusError, 405, "method-not-allowed", ""),
            (client.post("/responses", content=b"{", options=json_type, **raw),
             openai.UnprocessableEntityError, 422, "invalid-request", "not valid JSON"),
            (client.embeddings.create(model="digest", input="x"),
             openai.NotFoundError, 404, "not-found", ""),
        ]  # fmt: skip
        for sent, kind, status, code, said in cases:
            with pytest.raises(kind) as refused:
                await sent
            error: Any = refused.value
            assert (error.status_code, error.code, error.type) == (status, code, "octollm_error")
            problem = error.response.json()
            assert problem["error"]["message"] == problem["detail"]
            assert said in problem["detail"]
            assert error.response.headers["content-type"] == "application/problem+json"
            assert problem["detail"] in str(error)
    outside = await house.http.get("/v1x")
    assert (outside.status_code, "error" in outside.json()) == (404, False)


async def test_a_name_that_utf8_cannot_carry_is_refused_as_any_other(house: Any) -> None:
    body = b'{"input": "Count.", "octollm": {"\\ud800": 1}}'
    answer = await house.http.post(
        "/v1/responses", content=body, headers={"Content-Type": "application/json"}
    )
    assert answer.status_code == 422
    assert answer.json()["error"]["param"] == "octollm.\\ud800"


async def test_null_is_left_out(house: Any) -> None:
    body = {"input": "Count.", "background": True, "metadata": None, "stream": None, "text": None}
    answer = await house.http.post("/v1/responses", json=body | {"max_output_tokens": None})
    assert answer.json()["status"] == "queued"


async def test_a_text_that_looks_like_a_number_stays_a_text(house: Any) -> None:
    async with client_of(house) as client:
        response = await client.responses.create(
            input="Count.", background=True, metadata={"octollm.context": "2024"}
        )
        task = await house.task(response.model_extra["octollm"]["task_id"])
        assert task["context"] == "2024"


async def test_a_form_is_read_from_the_output_alone(make_house: Any) -> None:
    """What was written anew, or met no criteria, has no form; no client is made to read it."""

    class Colour(BaseModel):
        colour: str

    script = [answering("{}" + " " * 300), answering('{"colour": "red"}')]
    async with thinking(make_house, script) as (house, _), client_of(house) as client:
        async with client.responses.stream(
            model="assistant", input="Name a colour.", text_format=Colour
        ) as stream:
            final = await stream.get_final_response()
        assert final.output_parsed == Colour(colour="red")
    async with thinking(make_house, [answering("{}", times=None)]) as (house, _):
        async with client_of(house) as client:
            failed = await client.responses.parse(
                model="assistant", input="Name a colour.", text_format=Colour
            )
        assert (failed.status, failed.error.code) == ("failed", "criteria-not-met")
        assert failed.output_parsed is None


async def test_what_was_sent_with_a_key_is_not_cancelled_by_leaving(make_house: Any) -> None:
    """It may be asked for again: that is what the key is for."""
    script = [Reply("Here.", delay="asked again")]
    async with thinking(make_house, script) as (house, provider), client_of(house) as client:
        ask = partial(
            client.responses.create,
            model="assistant",
            input="Wait.",
            extra_headers={"Idempotency-Key": "one"},
        )
        first = asyncio.create_task(ask())
        async with asyncio.timeout(20):
            await provider.ledger.received(1)
        first.cancel()
        again = asyncio.create_task(ask())
        provider.gate("asked again").set()
        assert (await again).output_text == "Here."
        assert len(provider.ledger.entries) == 1


async def test_a_database_that_is_away_meanwhile_makes_no_second_task(
    make_house: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """OpenAI's client tries again on 503, which would be another task."""
    away = [True, True]
    real = reading.awaited

    async def awaited(*arguments: Any) -> Any:
        if away:
            away.pop()
            raise DatabaseUnavailable(retry_after=1)
        return await real(*arguments)

    monkeypatch.setattr(reading, "awaited", awaited)
    async with thinking(make_house, [Reply("Here.")]) as (house, _), client_of(house) as client:
        patient = client.with_options(max_retries=3)
        response = await patient.responses.create(model="assistant", input="Wait.")
        assert response.output_text == "Here."
        assert len((await house.http.get("/tasks")).json()["tasks"]) == 1


async def test_who_may_not_read_is_answered_in_the_background_alone(house: Any) -> None:
    held = await a_key(house.settings, "owner", "submit")
    reader = await a_key(house.settings, "owner", "read")
    async with client_of(house, held.key) as client:
        asked = {"model": "digest", "input": "Count."}
        assert (await client.responses.create(**asked, background=True)).status == "queued"
        for changes in ({}, {"stream": True}, {"stream": True, "background": True}):
            with pytest.raises(openai.PermissionDeniedError):
                await client.responses.create(**asked, **changes)
    listed = await house.http.get("/tasks", headers=reader.headers)
    assert len(listed.json()["tasks"]) == 1


async def test_who_may_not_read_reads_nothing_by_sending_it_again(house: Any) -> None:
    owner, sender = await a_key(house.settings), await a_key(house.settings, scopes="submit")
    house.start_worker()
    asked: dict[str, Any] = {"model": "digest", "input": "Count."}
    asked["extra_headers"] = {"Idempotency-Key": "once"}
    async with client_of(house, owner.key) as client:
        response = await client.responses.create(**asked)
        assert response.output_text
    async with client_of(house, sender.key) as client:
        again = await client.responses.create(**asked, background=True)
    assert (again.id, again.status, again.output) == (response.id, "completed", [])


async def test_who_waits_for_a_response_is_let_go_when_the_key_is_revoked(house: Any) -> None:
    held = await a_key(house.settings)
    async with client_of(house, held.key) as client:
        waiting = asyncio.create_task(client.responses.create(model="digest", input="Count."))
        await accepted(house, held)
        await key_desk.revoke(house.settings, held.id)
        with pytest.raises(openai.AuthenticationError):
            await waiting


@pytest.fixture
def over(monkeypatch: pytest.MonkeyPatch) -> asyncio.Event:
    """Set once a stream has ended, and all that is done after it."""
    ended, real = asyncio.Event(), EventStream.__call__

    async def noted(stream: EventStream, *arguments: Any) -> None:
        try:
            await real(stream, *arguments)
        finally:
            ended.set()

    monkeypatch.setattr(EventStream, "__call__", noted)
    return ended


async def test_who_is_shown_out_of_a_stream_has_not_left_it(
    house: Any, over: asyncio.Event
) -> None:
    held, other = await a_key(house.settings), await a_key(house.settings)
    async with client_of(house, held.key) as client:
        stream = await client.responses.create(model="digest", input="Count.", stream=True)
        assert (await anext(stream)).type == "response.created"
        await key_desk.revoke(house.settings, held.id)
        async with asyncio.timeout(30):
            assert "response.completed" not in [event.type async for event in stream]
            await over.wait()
    (task,) = (await house.http.get("/tasks", headers=other.headers)).json()["tasks"]
    assert task["status"] == "pending"


async def test_a_stream_that_the_database_cut_off_cancels_nothing(
    house: Any, over: asyncio.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: Any) -> Any:
        raise DatabaseUnavailable(retry_after=1)

    monkeypatch.setattr(Histories, "after", away)
    async with client_of(house) as client:
        stream = await client.responses.create(model="digest", input="Count.", stream=True)
        async with asyncio.timeout(30):
            assert "response.completed" not in [event.type async for event in stream]
            await over.wait()
    (task,) = (await house.http.get("/tasks")).json()["tasks"]
    assert task["status"] == "pending"


async def accepted(house: Any, held: Any) -> None:
    """Return once a task of its tenant was stored."""
    async with asyncio.timeout(30):
        while not (await house.http.get("/tasks", headers=held.headers)).json()["tasks"]:
            await asyncio.sleep(0.05)  # asked of the list, since a queue tells of ends alone


async def test_private_data_are_refused_with_their_kind_alone(house: Any) -> None:
    async with client_of(house) as client:
        with pytest.raises(openai.UnprocessableEntityError) as refused:
            await client.responses.create(model="digest", input="Write to anna@example.org.")
    assert (refused.value.code, refused.value.param) == ("pii-detected", "input")
    assert "anna" not in json.dumps(refused.value.body)


PRIVATE: Final = "Write to anna@example.org."
SAID: Final = [
    {"role": "user", "content": PRIVATE},
    {"role": "assistant", "content": "Done."},
    {"role": "user", "content": "Count."},
]


@pytest.mark.parametrize(
    ("asked", "named"),
    [
        ({"input": PRIVATE}, "input"),
        ({"input": SAID}, "input"),
        ({"input": "Count.", "extra_body": {"octollm": {"context": PRIVATE}}}, "octollm.context"),
        ({"input": "Count.", "metadata": {"note": PRIVATE}}, "metadata.note"),
    ],
)
async def test_what_is_found_is_found_in_the_fields_of_the_client(
    house: Any, asked: dict[str, Any], named: str
) -> None:
    async with client_of(house) as client:
        with pytest.raises(openai.UnprocessableEntityError) as refused:
            await client.responses.create(model="digest", **asked)
    problem = refused.value.response.json()
    assert [one["field"] for one in problem["findings"]] == [named]
    assert problem["detail"] == f"Found Email in {named}."


async def test_a_key_opens_its_own_responses_alone(house: Any) -> None:
    owner, stranger = [await a_key(house.settings, name) for name in ("owner", "stranger")]
    async with client_of(house, owner.key) as client:
        response = await client.responses.create(model="digest", input="Count.", background=True)
        assert (await client.responses.retrieve(response.id)).id == response.id
    async with client_of(house, stranger.key) as client:
        for response_id in (response.id, "resp_" + "0" * 32, "resp_1", "1"):
            with pytest.raises(openai.NotFoundError) as absent:
                await client.responses.retrieve(response_id)
            assert absent.value.code == "task-not-found"
    async with client_of(house, "none") as client:
        with pytest.raises(openai.AuthenticationError):
            await client.models.list()


async def test_who_may_cancel_and_not_read_reads_nothing_by_cancelling(house: Any) -> None:
    owner, canceller = await a_key(house.settings), await a_key(house.settings, scopes="cancel")
    house.start_worker()
    async with client_of(house, owner.key) as client:
        response = await client.responses.create(model="digest", input="Count.")
        assert response.output_text
        waiting = await client.responses.create(
            model="drill",
            input="Wait.",
            background=True,
            extra_body={"octollm": {"constraints": {"seconds": 600}}},
        )
    async with client_of(house, canceller.key) as client:
        for one in (response, waiting):
            with pytest.raises(openai.PermissionDeniedError) as refused:
                await client.responses.cancel(one.id)
            assert "read" in str(refused.value)
    async with client_of(house, owner.key) as client:
        assert (await client.responses.retrieve(waiting.id)).status in ("queued", "in_progress")
        assert (await client.responses.cancel(waiting.id)).status in ("cancelled", "in_progress")
