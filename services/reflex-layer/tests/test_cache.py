"""Verdicts are kept by question, and nothing of the text with them."""

from typing import Any

from octollm.verdict import ReflexRequest
from reflex_layer.cache import MAX_CACHED_MATCHES, VerdictCache
from reflex_layer.ruleset import Ruleset, Thresholds
from reflex_layer.screen import screen

SAFE = screen("hello")
RULES = Ruleset()


def _key(
    cache: VerdictCache,
    text: str = "hello",
    rules: Ruleset = RULES,
    tenant: str = "",
    **checks: Any,
) -> bytes:
    return cache.key(ReflexRequest(text=text, **checks), rules, tenant)


async def test_keeps_a_verdict_for_the_same_question() -> None:
    cache = VerdictCache(2)
    await cache.put({_key(cache): SAFE})
    assert await cache.get([_key(cache)]) == {_key(cache): SAFE}


def test_every_part_of_the_question_counts() -> None:
    cache = VerdictCache(10)
    keys = {
        _key(cache),
        _key(cache, "Hello"),
        _key(cache, rules=Ruleset(Thresholds(injection_block_score=0.6))),
        _key(cache, rules=Ruleset(guard="guard-1")),
        _key(cache, check_pii=False),
        _key(cache, check_injection=False),
        _key(cache, tenant="team-a"),
    }
    assert len(keys) == 7
    assert _key(cache, user_id="ada", context="submit") in keys


async def test_the_one_not_asked_for_longest_gives_way() -> None:
    cache = VerdictCache(2)
    first, second, third = (_key(cache, text) for text in "abc")
    await cache.put({first: SAFE, second: SAFE})
    await cache.get([first])
    await cache.put({third: SAFE})
    assert set(await cache.get([first, second, third])) == {first, third}


async def test_a_cache_of_no_size_keeps_nothing() -> None:
    cache = VerdictCache(0)
    await cache.put({_key(cache): SAFE})
    assert await cache.get([_key(cache)]) == {}


async def test_a_very_long_verdict_is_not_kept() -> None:
    cache = VerdictCache(2)
    await cache.put({_key(cache): screen("8.8.8.8 " * (MAX_CACHED_MATCHES + 1))})
    assert await cache.get([_key(cache)]) == {}


async def test_a_verdict_that_ran_out_of_time_is_not_kept() -> None:
    cache = VerdictCache(2)
    late = screen("ada@example.org", Ruleset(time_budget=0))
    assert late.incomplete
    await cache.put({_key(cache): late})
    assert await cache.get([_key(cache)]) == {}


def test_another_process_cannot_tell_the_text_by_its_key() -> None:
    assert _key(VerdictCache(1)) != _key(VerdictCache(1))


def test_those_who_share_a_secret_share_their_keys() -> None:
    assert _key(VerdictCache(1, "s" * 32)) == _key(VerdictCache(1, "s" * 32))
    assert _key(VerdictCache(1, "s" * 32)) != _key(VerdictCache(1, "t" * 32))


async def test_holds_no_text() -> None:
    cache = VerdictCache(2)
    text = "ada.lovelace@example.org"
    await cache.put({_key(cache, text): screen(text)})
    assert "lovelace" not in repr(vars(cache))
