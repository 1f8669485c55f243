"""The one door to any model: which are set, whether they can be used, and how an arm gets one.

OCTOLLM_MODEL=openai:gpt-5-mini             OPENAI_API_KEY
OCTOLLM_MODEL=anthropic:claude-sonnet-5     ANTHROPIC_API_KEY
OCTOLLM_MODEL=google:gemini-2.5-flash       GEMINI_API_KEY
OCTOLLM_MODEL=ollama:qwen3                  OLLAMA_BASE_URL
OCTOLLM_MODEL=openai-compatible:NAME        OCTOLLM_MODEL_BASE_URL, OCTOLLM_MODEL_API_KEY
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property

import httpx2
from pydantic_ai.exceptions import UserError
from pydantic_ai.models import Model, infer_model
from pydantic_ai.models.openai import OpenAIChatModel
from pydantic_ai.providers.ollama import OllamaProvider
from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

from arms.config import ModelSettings
from arms.ladder import Ladder
from arms.metered import MeteredModel
from arms.prices import price_of
from arms.reserving import Terms
from arms.traced import traced
from octollm.arm import ArmContext
from octollm.errors import ArmFailed
from octollm.outbound import Reach, client

PATIENCE_SECONDS = 5.0
"""A model that asks for a longer wait is not waited for while there is another."""

COMPATIBLE = "openai-compatible"
OLLAMA = "ollama"

_TIMEOUT = httpx2.Timeout(600, connect=5)
"""As the clients of the other providers have it; the deadline of a task ends it sooner."""

_VARIABLE = re.compile(r"Set the `([A-Z0-9_]+)` environment variable")


class _Unusable(Exception):
    """Why a model cannot be used, in a sentence for the operator."""


@dataclass(frozen=True)
class Models:
    """The models of one process, the first one and those to turn to when it does not answer."""

    settings: ModelSettings
    first: str = ""
    """The model to use instead of `settings.model`, if any."""

    @property
    def names(self) -> list[str]:
        """The models in the order in which they are asked."""
        return [name for name in (self.first or self.settings.model, *self.fallbacks) if name]

    @property
    def fallbacks(self) -> list[str]:
        return self.settings.model_fallbacks

    @cached_property
    def unavailable(self) -> str | None:
        """What keeps the models from being used, in a sentence that names the setting; or None."""
        if not (self.first or self.settings.model):
            return "No model is set: set OCTOLLM_MODEL to provider:name."
        try:
            _ = self._built
        except _Unusable as why:
            return str(why)
        return None

    def opened(self, context: ArmContext) -> Model:
        """Return the models as one, drawing on the account of an attempt.

        Raises ArmFailed when they cannot be used.
        """
        metered = [
            MeteredModel(model, terms, context.ledger, context.seconds_left)
            for model, terms in self.each()
        ]
        return metered[0] if len(metered) == 1 else Ladder(metered, context.ledger)

    def each(self) -> list[tuple[Model, Terms]]:
        """Return every model with its terms, on no account. Raises ArmFailed if it cannot."""
        if self.unavailable:
            raise ArmFailed(self.unavailable)
        return self._built

    async def aclose(self) -> None:
        """Close the connections to the providers. Again is harmless."""
        if self.unavailable:
            return
        for model, _ in self._built:
            async with model:  # leaving it for the last time closes what it opened
                pass
            if isinstance(model, OpenAIChatModel):
                await model.client.close()  # a client of ours is ours to close

    @cached_property
    def _built(self) -> list[tuple[Model, Terms]]:
        last = self.names[-1]
        return [
            (
                traced(_model(name, self.settings), self.settings.capture_message_content),
                self._terms(name, math.inf if name == last else PATIENCE_SECONDS),
            )
            for name in self.names
        ]

    def _terms(self, name: str, patience: float) -> Terms:
        provider, _, model = name.partition(":")
        return Terms(
            name=name,
            price=price_of(provider, model, self.settings.model_prices),
            max_output_tokens=self.settings.model_max_output_tokens,
            retries=self.settings.model_retries,
            patience=patience,
        )


def _client(settings: ModelSettings) -> httpx2.AsyncClient:
    """Return a client for a server whose URL is a setting: it goes there and nowhere else."""
    return client(Reach(private=settings.allow_private_models), timeout=_TIMEOUT)


def _model(name: str, settings: ModelSettings) -> Model:
    provider, _, model = name.partition(":")
    if provider == COMPATIBLE:
        if not settings.model_base_url:
            raise _Unusable(f"{name} needs OCTOLLM_MODEL_BASE_URL.")
        server = OpenAICompatibleProvider(
            COMPATIBLE,
            base_url=settings.model_base_url,
            api_key=settings.model_api_key.get_secret_value() or "none",
            http_client=_client(settings),
        )
        return OpenAIChatModel(model, provider=server)
    try:
        if provider == OLLAMA:
            ours = OllamaProvider(http_client=_client(settings))
            return infer_model(name, provider_factory=lambda _name: ours)
        return infer_model(name)
    except ImportError:
        raise _Unusable(
            f"The client of {provider} is not installed: "
            f"pip install 'pydantic-ai-slim[{provider}]'."
        ) from None
    except UserError as error:
        missing = _VARIABLE.search(str(error))
        why = f"set {missing[1]}" if missing else str(error).split(". ")[0].rstrip(".")
        raise _Unusable(f"{name} cannot be used: {why}.") from None
