"""Settings of the Reflex Layer, from `REFLEX_*` environment variables.

Built once by the process's entry point and handed down; nothing else reads the environment.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from octollm.service.logs import LogFormat
from reflex_layer.screen import Thresholds

Share = Annotated[float, Field(ge=0, le=1)]


class Settings(BaseSettings):
    """Every setting, its default and its limits."""

    model_config = SettingsConfigDict(env_prefix="REFLEX_", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="The address the service listens on.")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        8080, description="The port the service listens on."
    )
    injection_block_score: Share = Field(
        0.7, description="Injection score from which a text is blocked."
    )
    pii_block_confidence: Share = Field(
        0.5, description="Confidence from which private data blocks a text."
    )
    cache_size: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        10_000, description="How many verdicts are kept in memory; 0 keeps none."
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Level.")
    log_format: LogFormat = Field("json", description="`json` lines, or `console` for reading.")

    @property
    def thresholds(self) -> Thresholds:
        """What a screening needs to know of the settings."""
        return Thresholds(self.injection_block_score, self.pii_block_confidence)
