"""Whose word counts on where a request comes from."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import httpx2
import pytest
from click.testing import CliRunner

from octollm.cli import cli
from octollm.service.addresses import proxies

Start = Callable[..., AbstractContextManager[httpx2.Client]]

FULL = {"items": [{"text": "hello"}] * 64}


def _status(client: httpx2.Client, forwarded: str, *, full: bool = False) -> int:
    body = FULL if full else {"items": [{"text": "hello"}]}
    headers = {"X-Forwarded-For": forwarded}
    return client.post("/process/batch", json=body, headers=headers).status_code


def test_what_a_caller_says_of_its_address_is_not_believed(start: Start) -> None:
    with start(REFLEX_LIMIT_PER_IP="64", FORWARDED_ALLOW_IPS="*") as client:
        assert _status(client, "203.0.113.1", full=True) == 200
        assert _status(client, "203.0.113.2") == 429


def test_what_a_trusted_proxy_says_is_believed(start: Start) -> None:
    with start(REFLEX_LIMIT_PER_IP="64", REFLEX_TRUSTED_PROXIES="127.0.0.1, 10.0.0.0/8") as client:
        assert _status(client, "203.0.113.1", full=True) == 200
        assert _status(client, "203.0.113.1") == 429
        assert _status(client, "203.0.113.2, 10.0.0.7", full=True) == 200
        claimed = "198.51.100.9, 203.0.113.2, 10.0.0.7"
        assert _status(client, claimed) == 429, "what stands before the last stranger is his word"


@pytest.mark.parametrize(
    ("setting", "named"),
    [
        ("", []),
        (" , ", []),
        ("127.0.0.1", ["127.0.0.1"]),
        ("::1, 10.0.0.0/8", ["::1", "10.0.0.0/8"]),
    ],
)
def test_proxies_are_addresses_and_networks(setting: str, named: list[str]) -> None:
    assert proxies(setting) == named


@pytest.mark.parametrize("wrong", ["*", "proxy.example.org", "10.0.0.1/8", "10.0.0.1 10.0.0.2"])
def test_a_proxy_that_would_never_be_met_is_refused(
    monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setenv("REFLEX_TRUSTED_PROXIES", f"127.0.0.1,{wrong}")
    result = CliRunner().invoke(cli, ["reflex"])
    assert result.exit_code == 2
    assert f"REFLEX_TRUSTED_PROXIES: {wrong} is no address or network" in result.stderr
