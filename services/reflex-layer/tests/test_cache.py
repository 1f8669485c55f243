"""Verdicts are kept by question, and nothing of the text with them."""

from reflex_layer.cache import MAX_CACHED_MATCHES, VerdictCache
from reflex_layer.screen import Thresholds, screen

SAFE = screen("hello")


def _key(cache: VerdictCache, text: str = "hello", score: float = 0.7, **checks: bool) -> bytes:
    flags = {"check_pii": True, "check_injection": True} | checks
    return cache.key(text, Thresholds(injection_block_score=score), **flags)


def test_keeps_a_verdict_for_the_same_question() -> None:
    cache = VerdictCache(2)
    cache.put(_key(cache), SAFE)
    assert cache.get(_key(cache)) is SAFE


def test_every_part_of_the_question_counts() -> None:
    cache = VerdictCache(10)
    keys = {
        _key(cache),
        _key(cache, "Hello"),
        _key(cache, score=0.6),
        _key(cache, check_pii=False),
        _key(cache, check_injection=False),
    }
    assert len(keys) == 5


def test_the_one_not_asked_for_longest_gives_way() -> None:
    cache = VerdictCache(2)
    first, second, third = (_key(cache, text) for text in "abc")
    cache.put(first, SAFE)
    cache.put(second, SAFE)
    cache.get(first)
    cache.put(third, SAFE)
    assert [cache.get(key) is not None for key in (first, second, third)] == [True, False, True]


def test_a_cache_of_no_size_keeps_nothing() -> None:
    cache = VerdictCache(0)
    cache.put(_key(cache), SAFE)
    assert cache.get(_key(cache)) is None


def test_a_very_long_verdict_is_not_kept() -> None:
    cache = VerdictCache(2)
    cache.put(_key(cache), screen("8.8.8.8 " * (MAX_CACHED_MATCHES + 1)))
    assert cache.get(_key(cache)) is None


def test_another_process_cannot_tell_the_text_by_its_key() -> None:
    assert _key(VerdictCache(1)) != _key(VerdictCache(1))


def test_holds_no_text() -> None:
    cache = VerdictCache(2)
    cache.put(_key(cache, "ada@example.org"), screen("ada@example.org"))
    assert "ada" not in repr(vars(cache))
