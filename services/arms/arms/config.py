"""Settings of the models that arms use, from `OCTOLLM_MODEL*` environment variables.

Providers' own variables, such as `OPENAI_API_KEY` or `OLLAMA_BASE_URL`, are read by their clients.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
)
from pydantic_settings import BaseSettings, SettingsConfigDict


def _is_named(name: str) -> str:
    """Return the name of a model; raise ValueError unless it is `provider:name`."""
    if not re.fullmatch(r"[a-z][a-z0-9-]*:\S+", name):
        raise ValueError("must be provider:name, such as openai:gpt-5-mini or ollama:qwen3")
    return name


def _captures(value: object) -> object:
    """Read the words of OpenTelemetry's conventions as well; there are no events to capture in."""
    words = {"span_only": True, "span_and_event": True, "event_only": False, "no_content": False}
    return words.get(value.lower(), value) if isinstance(value, str) else value


CAPTURE = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
ModelName = Annotated[str, AfterValidator(_is_named)]
NoName = Literal[""]


class TokenPrice(BaseModel):
    """What a million tokens cost, in US dollars."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    input_per_million: Annotated[Decimal, Field(ge=0, le=1_000_000)]
    output_per_million: Annotated[Decimal, Field(ge=0, le=1_000_000)]


class ModelSettings(BaseSettings):
    """Every setting of the models, its default and its limits. Times are seconds."""

    model_config = SettingsConfigDict(
        env_prefix="OCTOLLM_",
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
    )

    model: ModelName | NoName = Field(
        "",
        description="The model arms use, as `provider:name`; empty: none.",
    )
    model_fallbacks: list[ModelName] = Field(
        [], description="Models to turn to, in this order, when those before do not answer."
    )
    model_base_url: str = Field(
        "",
        pattern=r"^$|^https?://\S+$",
        description="Where `openai-compatible:` models are, as far as `/v1`; empty: none.",
        repr=False,  # a name and a password may stand in it
    )
    model_api_key: SecretStr = Field(
        SecretStr(""), description="The key for that server; empty: none.", repr=False
    )
    allow_private_models: bool = Field(
        False,
        description="Ask models whose name resolves to a private address. Addresses written out, "
        "and `localhost`, need no leave; link-local ones are never asked.",
    )
    model_prices: dict[ModelName, TokenPrice] = Field(
        {}, description="Prices of models, by `provider:name`, before those that are published."
    )
    model_max_output_tokens: Annotated[int, Field(ge=16, le=100_000)] = Field(
        4_096, description="The most tokens one answer of a model may have."
    )
    model_retries: Annotated[int, Field(ge=0, le=10)] = Field(
        2, description="How often a request that a provider turned away for now is made again."
    )
    capture_message_content: Annotated[bool, BeforeValidator(_captures)] = Field(
        False,
        validation_alias=AliasChoices("OCTOLLM_CAPTURE_MESSAGE_CONTENT", CAPTURE),
        description="Have traces hold what models are asked and answer, private values included.",
    )
    judge_model: ModelName | NoName = Field(
        "",
        description="The model that judges criteria; empty: that of `OCTOLLM_MODEL`.",
    )
