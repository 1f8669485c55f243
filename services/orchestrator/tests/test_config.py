"""Settings: read from the environment, refused when they contradict each other, never leaky."""

from __future__ import annotations

import os
from typing import Any

import pytest
from pydantic import AliasChoices, ValidationError

from app.config import Settings
from app.vault import new_key
from octollm.service.addresses import is_loopback

KEY = new_key()
PASSWORD = "correct-horse-battery"
URL = f"postgresql://octollm:{PASSWORD}@db.example:5432/octollm"


@pytest.fixture(autouse=True)
def _empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.upper().startswith("OCTOLLM_") or name.upper() == "REFLEX_FAIL_OPEN":
            monkeypatch.delenv(name)


def refused(**values: Any) -> str:
    """Return what is said of settings that are wrong."""
    with pytest.raises(ValidationError) as caught:
        Settings(**values)
    return str(caught.value)


def variable(name: str) -> str:
    """Return the environment variable of a setting, as an operator would write it."""
    alias = Settings.model_fields[name].validation_alias
    if isinstance(alias, AliasChoices):
        return str(alias.choices[0])
    return f"OCTOLLM_{name.upper()}"


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_says_what_it_is_for(name: str) -> None:
    assert Settings.model_fields[name].description


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_has_a_default_that_starts_on_a_laptop(name: str) -> None:
    assert not Settings.model_fields[name].is_required()
    assert getattr(Settings(), name) == Settings.model_fields[name].default


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_is_read_from_its_environment_variable(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, tuple[str, Any]] = {
        "database_url": (URL, URL),
        "reflex_url": ("https://reflex.example", "https://reflex.example"),
        "reflex_key": ("a-key-of-ours", "a-key-of-ours"),
        "secret_key": (KEY, KEY),
        "redis_url": ("rediss://cache.example/0", "rediss://cache.example/0"),
        "redis_prefix": ("ours", "ours"),
        "host": ("::1", "::1"),
        "allow_unauthenticated": ("true", True),
        "pii_policy": ("redact", "redact"),
        "trusted_proxies": ("10.0.0.0/8", "10.0.0.0/8"),
        "trusted_hosts": ('["octollm.example"]', ["octollm.example"]),
        "cors_origins": ('["https://a.example"]', ["https://a.example"]),
        "reflex_fail_open": ("true", True),
        "injection_block_score": ("0.25", 0.25),
        "pii_block_confidence": ("0.25", 0.25),
        "worker_stale": ("44", 44),
        "log_level": ("ERROR", "ERROR"),
        "log_format": ("console", "console"),
    }
    written, value = given.get(name, ("4", 4))
    assert value != Settings.model_fields[name].default
    monkeypatch.setenv(variable(name), written)
    assert getattr(Settings(), name) == value


def test_variables_of_others_are_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OCTOLLM_CLIENT_ONLY", "1")
    monkeypatch.setenv("PORT", "1")
    assert Settings() == Settings.model_construct()


def test_settings_do_not_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Settings().port = 1  # type: ignore[misc] # that it is refused is the point


def test_failing_open_has_a_short_name_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REFLEX_FAIL_OPEN", "true")
    assert Settings().reflex_fail_open
    monkeypatch.setenv("OCTOLLM_REFLEX_FAIL_OPEN", "false")
    assert not Settings().reflex_fail_open


def test_failing_open_can_be_asked_for_in_code() -> None:
    assert Settings(reflex_fail_open=True).reflex_fail_open


@pytest.mark.parametrize("grace", [30, 31])
def test_a_worker_must_have_drained_before_it_counts_as_dead(grace: float) -> None:
    message = refused(worker_grace=grace, worker_stale=30)
    assert "OCTOLLM_WORKER_GRACE must be below OCTOLLM_WORKER_STALE" in message
    assert Settings(worker_grace=29.9, worker_stale=30)


def test_a_task_is_kept_as_long_as_its_idempotency_key() -> None:
    message = refused(task_days=1, idempotency_hours=25)
    assert "OCTOLLM_TASK_DAYS must be no shorter than OCTOLLM_IDEMPOTENCY_HOURS" in message
    assert Settings(task_days=0, idempotency_hours=25)
    assert Settings(task_days=1, idempotency_hours=24)


def test_a_worker_may_miss_one_heartbeat() -> None:
    message = refused(worker_heartbeat=15.1, worker_stale=30)
    assert "OCTOLLM_WORKER_STALE must be twice OCTOLLM_WORKER_HEARTBEAT" in message
    assert Settings(worker_heartbeat=15, worker_stale=30)


EVERYWHERE = "0.0.0.0"


@pytest.mark.parametrize("host", [EVERYWHERE, "::", "10.0.0.7", "octollm.example", ""])
def test_listening_to_strangers_without_keys_must_be_asked_for(host: str) -> None:
    assert Settings(host=host).always_needs_keys
    assert not Settings(host=host, allow_unauthenticated=True).always_needs_keys


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.8.8", "::1", "localhost"])
def test_loopback_needs_no_keys(host: str) -> None:
    assert is_loopback(host)
    assert not Settings(host=host).always_needs_keys


@pytest.mark.parametrize("wrong", ["*", "proxy.example.org", "10.0.0.1/8"])
def test_a_proxy_that_would_never_be_met_is_refused(wrong: str) -> None:
    assert f"{wrong} is no address or network" in refused(trusted_proxies=f"127.0.0.1,{wrong}")


@pytest.mark.parametrize(
    "wrong",
    [
        {"database_url": f"mysql://octollm:{PASSWORD}@db/octollm"},
        {"database_url": URL, "port": 70_000},
        {"database_url": URL, "worker_grace": 99},
        {"database_url": URL, "limit_per_key": -1},
    ],
)
def test_no_message_repeats_the_database_s_password(wrong: dict[str, Any]) -> None:
    assert PASSWORD not in refused(**wrong)


def test_settings_can_be_printed_without_the_password() -> None:
    settings = Settings(database_url=URL)
    assert PASSWORD not in repr(settings)
    assert PASSWORD not in str(settings)


@pytest.mark.parametrize(
    "wrong",
    [
        {"database_url": "sqlite:///x"},
        {"reflex_url": "ftp://x"},
        {"port": -1},
        {"port": 65_536},
        {"db_pool_size": 0},
        {"db_statement_timeout": 0},
        {"db_connect_timeout": 0.5},
        {"injection_block_score": 1.1},
        {"pii_block_confidence": -0.1},
        {"worker_instances": 0},
        {"worker_concurrency": 501},
        {"worker_poll": "nan"},
        {"max_attempts": 0},
        {"retry_backoff": -1},
        {"log_level": "LOUD"},
        {"log_format": "xml"},
    ],
    ids=lambda wrong: "-".join(f"{name}={value}" for name, value in wrong.items()),
)
def test_a_value_past_its_limit_is_refused_by_name(wrong: dict[str, Any]) -> None:
    (name,) = wrong
    assert name in refused(**wrong)


@pytest.mark.parametrize("url", ["postgresql://u:SECRET%zzPW@h/db", "postgresql://h/db?foo=SECRET"])
def test_a_url_that_cannot_be_read_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(ValueError, match="database_url") as caught:
        Settings(database_url=url)
    assert "SECRET" not in str(caught.value)


@pytest.mark.parametrize(
    "keys", [KEY, f"{KEY},{new_key()}", f" {KEY} , {new_key()} "], ids=["one", "two", "spaced"]
)
def test_one_key_or_several_encrypt_private_values(keys: str) -> None:
    settings = Settings(secret_key=keys)
    assert [len(key) for key in settings.secret_keys] == [44] * (keys.count(",") + 1)
    assert KEY not in repr(settings)


@pytest.mark.parametrize(
    "wrong",
    [KEY[:-2], f"{KEY},", f"{KEY}, ä", "SECRET", f"{KEY};{KEY}"],
    ids=["short", "comma", "letters", "word", "semicolon"],
)
def test_what_is_no_key_is_refused_without_quoting_it(wrong: str) -> None:
    message = refused(secret_key=wrong)
    assert "octollm secret-key" in message
    assert wrong not in message
    assert KEY not in message


def test_no_key_is_needed() -> None:
    assert Settings().secret_keys == []
