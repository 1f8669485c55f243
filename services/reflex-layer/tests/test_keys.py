"""Who asks, by key or address; and what is refused at the door."""

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

import httpx2
import pytest
from pydantic import ValidationError

from octollm.errors import Unauthenticated
from octollm.service.addresses import address_of
from reflex_layer.config import Settings
from reflex_layer.keys import Caller, Keys

Connect = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]

KEY, OTHER = "k" * 16, "o" * 16
KEYS = json.dumps({"orchestrator": KEY, "team-a": OTHER})


def keys(required: bool = False, setting: str = KEYS) -> Keys:
    return Keys(setting, trusted="orchestrator, admin", required=required)


def test_a_caller_is_known_by_the_key() -> None:
    assert keys().caller(f"Bearer {OTHER}", "10.0.0.1") == Caller("team-a", "10.0.0.1")


def test_a_trusted_key_is_marked() -> None:
    assert keys().caller(f"bearer  {KEY}", None) == Caller("orchestrator", "", trusted=True)


def test_without_a_key_the_address_is_all_there_is() -> None:
    assert keys().caller(None, "10.0.0.1") == Caller("", "10.0.0.1")


def test_where_there_are_no_keys_none_is_looked_at() -> None:
    assert keys(setting="").caller("Bearer whatever", "10.0.0.1") == Caller("", "10.0.0.1")


@pytest.mark.parametrize(
    "sent", ["", "Bearer", "Bearer ", f"Basic {KEY}", f"Bearer {KEY}x", "Bearer é\udcff"]
)
def test_a_wrong_key_is_refused_even_where_none_is_needed(sent: str) -> None:
    with pytest.raises(Unauthenticated):
        keys().caller(sent, "10.0.0.1")


def test_none_is_refused_where_one_is_needed() -> None:
    with pytest.raises(Unauthenticated):
        keys(required=True).caller(None, "10.0.0.1")


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("::ffff:10.0.0.1", "10.0.0.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("somewhere", ""),
        (None, ""),
    ],
)
def test_an_address_counts_by_its_network(host: str | None, address: str) -> None:
    assert address_of(host) == address


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"keys": "hush-hush"}, "JSON object"),
    ({"keys": '["hush"]'}, "JSON object"),
    ({"keys": '{"hush": 1}'}, "JSON object"),
    ({"keys": '{"a": "hush"}'}, "16 printable"),
    ({"keys": '{"a": "hush hush hush hush"}'}, "16 printable"),
    ({"keys": '{"a b": "hushhushhushhush"}'}, "name"),
    ({"keys": '{"a": "hushhushhushhush", "b": "hushhushhushhush"}'}, "two names"),
    ({"require_key": True}, "REFLEX_KEYS"),
    ({"limit_per_key": 63}, "REFLEX_LIMIT_PER_KEY"),
    ({"limit_per_ip": 1}, "REFLEX_LIMIT_PER_IP"),
    ({"redis_url": "redis://:hush@127.0.0.1/0"}, "REFLEX_CACHE_SECRET"),
    ({"redis_url": "redis://127.0.0.1/0", "cache_secret": "hush"}, "REFLEX_CACHE_SECRET"),
    ({"redis_url": "http://:hush@127.0.0.1"}, "pattern"),
    ({"redis_prefix": "a:"}, "pattern"),
]


@pytest.mark.parametrize(("settings", "reason"), WRONG, ids=lambda value: str(value)[:40])
def test_settings_that_cannot_be_meant_are_refused_and_no_secret_is_told(
    settings: dict[str, Any], reason: str
) -> None:
    with pytest.raises(ValidationError, match=reason) as caught:
        Settings.model_validate(settings)
    assert "hush" not in str(caught.value).replace("hush.", "")


def test_no_secret_is_shown_with_the_settings() -> None:
    url = f"redis://:{OTHER}@127.0.0.1/0"
    settings = Settings(keys=KEYS, redis_url=url, cache_secret=KEY * 2, guard_token=KEY)
    assert KEY not in repr(settings)
    assert OTHER not in repr(settings)


def test_redis_for_limits_alone_needs_no_secret() -> None:
    assert not Settings(redis_url="redis://127.0.0.1/0", cache_ttl=0).keeps_verdicts_in_redis


async def test_a_wrong_key_is_answered_401_before_the_body_is_looked_at(serve: Connect) -> None:
    async with serve(keys=KEYS) as client:
        for path in ("/process", "/process/batch"):
            answer = await client.post(
                path, content=b"no JSON", headers={"Authorization": "Bearer wrong"}
            )
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == "Bearer"
            assert answer.json()["type"] == "urn:octollm:problem:unauthenticated"


async def test_a_key_may_be_required(serve: Connect) -> None:
    async with serve(keys=KEYS, require_key=True) as client:
        assert (await client.post("/process", json={"text": "x"})).status_code == 401
        known = {"Authorization": f"Bearer {OTHER}"}
        answer = await client.post("/process", json={"text": "x"}, headers=known)
        assert answer.status_code == 200
        for path in ("/health", "/ready", "/metrics", "/openapi.json"):
            assert (await client.get(path)).status_code == 200
