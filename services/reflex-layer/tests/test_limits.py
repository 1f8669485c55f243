"""How much a caller may send in a minute, and how a refusal is told."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import httpx2
import pytest

from octollm.errors import RateLimited
from octollm.service.buckets import Charge

Connect = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]

KEYS = {"orchestrator": "k" * 16, "team-a": "a" * 16, "team-b": "b" * 16}
LIMIT = 64


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {KEYS[name]}"}


async def _send(client: httpx2.AsyncClient, texts: int = 1, name: str = "") -> httpx2.Response:
    body = {"items": [{"text": "hello"}] * texts}
    return await client.post("/process/batch", json=body, headers=bearer(name) if name else {})


async def _metric(client: httpx2.AsyncClient, sample: str) -> float:
    lines = (await client.get("/metrics")).text.splitlines()
    return float(next(line for line in lines if line.startswith(sample + " ")).split()[-1])


def test_a_charge_is_told_as_the_draft_has_it() -> None:
    charge = Charge("key", limit=600, remaining=599, full_in=0.1, retry_after=None)
    assert charge.headers() == {
        "RateLimit-Policy": '"key";q=600;w=60',
        "RateLimit": '"key";r=599;t=1',
    }
    charge.check()


@pytest.mark.parametrize(("wait", "told"), [(0.0, 1), (0.2, 1), (3.1, 4)])
def test_a_refused_charge_says_when_to_come_again(wait: float, told: int) -> None:
    charge = Charge("ip", limit=64, remaining=0, full_in=60, retry_after=wait)
    with pytest.raises(RateLimited, match="64 texts a minute") as caught:
        charge.check()
    assert caught.value.retry_after == told


async def test_without_limits_no_answer_speaks_of_any(client: httpx2.AsyncClient) -> None:
    assert "RateLimit" not in (await _send(client)).headers


async def test_an_address_past_its_limit_is_answered_429(serve: Connect) -> None:
    async with serve(limit_per_ip=LIMIT) as client:
        answer = await _send(client, LIMIT)
        assert answer.status_code == 200
        assert answer.headers["RateLimit-Policy"] == f'"ip";q={LIMIT};w=60'
        assert answer.headers["RateLimit"] == '"ip";r=0;t=60'
        refused = await client.post("/process", json={"text": "hello"})
        assert refused.status_code == 429
        assert refused.headers["Content-Type"] == "application/problem+json"
        assert refused.headers["Retry-After"] == "1"
        assert refused.headers["RateLimit"].startswith('"ip";r=0;t=')
        assert refused.json()["type"] == "urn:octollm:problem:rate-limited"
        assert refused.json()["retry_after"] == 1
        assert await _metric(client, 'reflex_rate_limit_rejected_total{dimension="ip"}') == 1
        assert await _metric(client, "reflex_rate_limit_allowed_total") == 1


async def test_a_batch_costs_as_much_as_its_texts(serve: Connect) -> None:
    async with serve(limit_per_ip=LIMIT) as client:
        assert (await _send(client, 40)).headers["RateLimit"].startswith('"ip";r=24;')
        assert (await _send(client, 30)).status_code == 429
        assert (await _send(client, 20)).status_code == 200


async def test_each_key_has_a_bucket_of_its_own(serve: Connect) -> None:
    async with serve(keys=json.dumps(KEYS), limit_per_key=LIMIT) as client:
        assert (await _send(client, LIMIT, "team-a")).status_code == 200
        assert (await _send(client, 1, "team-a")).status_code == 429
        assert (await _send(client, 1, "team-b")).status_code == 200
        assert (await _send(client, LIMIT)).status_code == 200, "no limit for addresses was set"


async def test_who_shows_a_key_does_not_use_up_the_address(serve: Connect) -> None:
    async with serve(keys=json.dumps(KEYS), limit_per_key=100, limit_per_ip=LIMIT) as client:
        assert (await _send(client, LIMIT, "team-a")).status_code == 200
        assert (await _send(client, LIMIT)).status_code == 200
        assert (await _send(client, 1)).status_code == 429
        assert (await _send(client, 1, "team-a")).status_code == 200


async def test_a_trusted_key_has_no_limit(serve: Connect) -> None:
    async with serve(keys=json.dumps(KEYS), limit_per_key=LIMIT, limit_per_ip=LIMIT) as client:
        for _ in range(3):
            answer = await _send(client, LIMIT, "orchestrator")
            assert answer.status_code == 200
            assert "RateLimit" not in answer.headers


async def test_guessing_keys_has_the_limit_of_the_address(serve: Connect) -> None:
    async with serve(keys=json.dumps(KEYS), limit_per_ip=LIMIT) as client:
        wrong = {"Authorization": "Bearer wrong"}
        assert (await client.post("/process", headers=wrong)).status_code == 401
        assert (await _send(client, LIMIT)).status_code == 429
        assert (await _send(client, LIMIT - 1)).status_code == 200
        assert (await client.post("/process", headers=wrong)).status_code == 429
