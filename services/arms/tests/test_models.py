"""Which models there are, why they cannot be used, and that they leave nothing open."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_ai import Agent

from arms.config import ModelSettings
from arms.model import Models
from arms.scripted import Reply
from octollm.errors import ArmFailed

VARIABLES = ["OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GEMINI_API_KEY", "GOOGLE_API_KEY"]


@pytest.fixture(autouse=True)
def _no_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*VARIABLES, "OLLAMA_BASE_URL", "OPENAI_BASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ("", "OCTOLLM_MODEL"),
        ("openai:gpt-5-mini", "OPENAI_API_KEY"),
        ("ollama:qwen3", "OLLAMA_BASE_URL"),
        ("openai-compatible:x", "OCTOLLM_MODEL_BASE_URL"),
        ("nonsuch:x", "nonsuch:x"),
    ],
)
def test_what_is_missing_is_named(model: str, said: str, make_context: Any, account: Any) -> None:
    models = Models(ModelSettings(model=model))
    assert said in str(models.unavailable)
    with pytest.raises(ArmFailed, match=said):
        models.opened(make_context(account))


@pytest.mark.parametrize("provider", ["anthropic", "google"])
def test_a_client_that_is_not_installed_is_named_or_its_key_is(provider: str) -> None:
    why = str(Models(ModelSettings(model=f"{provider}:some-model")).unavailable)
    assert f"pydantic-ai-slim[{provider}]" in why or "_API_KEY" in why


def test_one_that_cannot_be_used_is_named_though_others_could(make_models: Any) -> None:
    settings = ModelSettings(
        model="openai-compatible:x",
        model_base_url="http://127.0.0.1:9/v1",
        model_fallbacks=["openai:gpt-5-mini"],
    )
    assert "OPENAI_API_KEY" in str(Models(settings).unavailable)


async def test_the_first_may_be_another_than_the_one_that_is_set(scripted: Any) -> None:
    provider, _ = await scripted()
    settings = ModelSettings(model="openai-compatible:one", model_base_url=provider.base_url)
    models = Models(settings, first="openai-compatible:judge")
    assert models.names == ["openai-compatible:judge"]
    assert Models(settings).names == ["openai-compatible:one"]
    await models.aclose()


async def test_closing_leaves_no_connection_and_may_be_done_again(
    scripted: Any, make_models: Any, reopen: Any, account: Any
) -> None:
    """A connection that is left open is a warning, which is an error here."""
    provider, _ = await scripted([Reply("yes")])
    models = make_models(provider, model_fallbacks=["openai-compatible:two"])
    await Agent().run("Hi", model=reopen(models, account))
    (first, _), _ = models.each()
    await models.aclose()
    assert first.client.is_closed()
    await models.aclose()


async def test_models_of_a_provider_are_used_by_two_attempts_at_once(
    scripted: Any, make_models: Any, reopen: Any, make_account: Any
) -> None:
    provider, _ = await scripted([Reply("yes", times=None)])
    models = make_models(provider)
    for account in (make_account(), make_account()):
        await Agent().run("Hi", model=reopen(models, account))
        assert account.ended == ["settled"]
    assert len(provider.ledger.entries) == 2


async def test_ollama_is_asked_where_it_is_and_costs_nothing(
    scripted: Any, open_model: Any, account: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider, _ = await scripted([Reply("yes")])
    monkeypatch.setenv("OLLAMA_BASE_URL", provider.base_url)
    await Agent().run("Hi", model=open_model(provider, account, model="ollama:qwen3"))
    assert account.settled[0].usage.cost_usd == 0
    assert account.settled[0].usage.input_tokens > 0


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"model": "gpt-5"}, "model"),
        ({"model": "OpenAI:gpt-5"}, "model"),
        ({"model_fallbacks": ["openai:gpt-5", "gpt"]}, "model_fallbacks"),
        ({"model_prices": {"gpt-5": {"input_per_million": 1, "output_per_million": 1}}}, "prices"),
        ({"model_prices": {"a:b": {"input_per_million": -1, "output_per_million": 1}}}, "prices"),
        ({"model_prices": {"a:b": {"input_per_million": 1}}}, "prices"),
        ({"model_prices": {"a:b": {"input_per_million": "NaN", "output_per_million": 1}}}, "price"),
        ({"model_base_url": "localhost:8000"}, "model_base_url"),
        ({"model_max_output_tokens": 15}, "model_max_output_tokens"),
        ({"model_retries": -1}, "model_retries"),
        ({"judge_model": "x"}, "judge_model"),
    ],
)
def test_a_wrong_setting_is_named_and_not_quoted(wrong: dict[str, Any], name: str) -> None:
    with pytest.raises(ValidationError, match=name) as raised:
        ModelSettings(**wrong)
    assert "input_value" not in str(raised.value)


def test_no_key_is_shown_by_what_holds_one() -> None:
    settings = ModelSettings(
        model="openai-compatible:x",
        model_base_url="http://user:sk-canary@127.0.0.1:9/v1",
        model_api_key=SecretStr("sk-canary"),
    )
    models = Models(settings)
    assert models.unavailable is None
    assert "canary" not in f"{settings} {settings!r} {models!r} {models.each()!r}"
