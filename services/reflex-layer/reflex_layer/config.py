"""Settings of the Reflex Layer, from `REFLEX_*` environment variables.

Built once by the process's entry point and handed down; nothing else reads the environment.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from octollm.service.addresses import proxies_checked
from octollm.service.logs import LogFormat
from octollm.verdict import MAX_BATCH
from reflex_layer.guard.address import checked as guard_checked
from reflex_layer.guard.labels import checked as labels_checked
from reflex_layer.keys import checked as keys_checked
from reflex_layer.pii import Recognisers, allow, custom
from reflex_layer.refusals import plainly
from reflex_layer.ruleset import Ruleset, Thresholds

Share = Annotated[float, Field(ge=0, le=1)]
PerMinute = Annotated[int, Field(ge=0, le=10_000_000)]
LEAST_SECRET_CHARACTERS = 32


class Settings(BaseSettings):
    """Every setting, its default and its limits."""

    model_config = SettingsConfigDict(
        env_prefix="REFLEX_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    # Where it listens, and what blocks
    host: str = Field("127.0.0.1", description="The address the service listens on.")
    port: Annotated[int, Field(ge=0, le=65_535)] = Field(
        8080, description="The port the service listens on."
    )
    max_connections: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        1_000,
        description="Connections it has at a time; what comes past them is answered 503, but for "
        "health, readiness and metrics.",
    )
    injection_flag_score: Share = Field(
        0.5, description="Injection score from which a text counts as an attack."
    )
    injection_block_score: Share = Field(
        0.7, description="Injection score from which a text is blocked."
    )
    pii_block_confidence: Share = Field(
        0.5, description="Confidence from which private data blocks a text."
    )
    pii_kinds: Annotated[str, AfterValidator(plainly(custom.checked))] = Field(
        "", description="Kinds of your own: a JSON list, or the path of a file of it; empty: none."
    )
    pii_allow: Annotated[str, AfterValidator(plainly(allow.checked))] = Field(
        "",
        repr=False,
        description="What is nobody's secret: a JSON object, or the path of a file of it.",
    )
    time_budget: Annotated[float, Field(gt=0, le=60)] = Field(
        2.0, description="Seconds a text may take; past them it is blocked as incomplete."
    )
    long_text_threads: Annotated[int, Field(ge=1, le=64)] = Field(
        2, description="Texts or batches of 8,192 characters and more that are screened at a time."
    )
    long_text_queue: Annotated[int, Field(ge=0, le=10_000)] = Field(
        32, description="How many of those may wait; what comes then is answered 503."
    )

    # Verdicts that are kept
    cache_size: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        10_000, description="How many verdicts are kept in memory; 0 keeps none."
    )
    redis_url: str = Field(
        "",
        pattern=r"^$|^(redis|rediss|unix)://",
        repr=False,
        description="A Redis that all processes share, for verdicts and limits; empty: none.",
    )
    redis_prefix: str = Field(
        "octollm:reflex",
        pattern=r"^[!-9;-~]([!-~]*[!-9;-~])?$",
        description="What the names of all keys in it begin with.",
    )
    redis_timeout: Annotated[float, Field(gt=0, le=10)] = Field(
        0.1, description="Seconds a question to it may take; then this process goes on alone."
    )
    cache_ttl: Annotated[int, Field(ge=0, le=31_536_000)] = Field(
        3_600, description="Seconds a verdict is kept in Redis; 0 keeps none there."
    )
    cache_secret: str = Field(
        "", repr=False, description="Keys the hashes of texts; the same in all processes."
    )

    # Who may ask, and how much
    keys: Annotated[str, AfterValidator(keys_checked)] = Field(
        "", repr=False, description="A JSON object of names and keys; empty: nobody needs one."
    )
    trusted_keys: str = Field(
        "orchestrator", description="Names of keys without a limit, with commas."
    )
    require_key: bool = Field(False, description="Answer 401 to requests without a key.")
    limit_per_key: PerMinute = Field(
        0, description="Texts a minute for each key, and as many at once; 0: no limit."
    )
    limit_per_ip: PerMinute = Field(
        0, description="Texts a minute for each address that shows no key; 0: no limit."
    )
    trusted_proxies: Annotated[str, AfterValidator(proxies_checked)] = Field(
        "",
        description="Proxies whose `X-Forwarded-For` counts: addresses, networks; empty: none.",
    )

    trusted_hosts: str = Field(
        "",
        description="Names this server goes by beside `localhost`, with commas, for those who show "
        "no key: over loopback it answers to no other.",
    )

    # The guard
    guard: Annotated[str, AfterValidator(guard_checked)] = Field(
        "", description="A classifier asked too: `onnx:/path` or an http(s) URL; empty: none."
    )
    guard_time_budget: Annotated[float, Field(gt=0, le=60)] = Field(
        1.0, description="Seconds the guard may take for a text, waiting for its turn included."
    )
    guard_fail_open: bool = Field(
        False, description="Let a text pass by the rules alone if the guard did not judge it."
    )
    guard_labels: Annotated[str, AfterValidator(labels_checked)] = Field(
        "INJECTION,JAILBREAK,LABEL_1,MALICIOUS,UNSAFE",
        description="The guard's labels that mean an attack, with commas; case is no matter.",
    )
    guard_concurrency: Annotated[int, Field(ge=1, le=256)] = Field(
        2, description="Texts a local guard judges at a time, or requests to a remote one."
    )
    guard_intra_threads: Annotated[int, Field(ge=1, le=256)] = Field(
        1, description="Threads onnxruntime takes for each text."
    )
    guard_max_windows: Annotated[int, Field(ge=1, le=4_096)] = Field(
        256, description="Windows of one text the guard judges; a text with more is not judged."
    )
    guard_window_bytes: Annotated[int, Field(ge=64, le=1_000_000)] = Field(
        1_024, description="Length of such a window for a remote guard."
    )
    guard_token: str = Field(
        "", repr=False, description="Sent to a remote guard as a bearer token; empty: none."
    )

    # Logs
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Level.")
    log_format: LogFormat = Field("json", description="`json` lines, or `console` for reading.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.injection_flag_score > self.injection_block_score:
            raise ValueError(
                f"REFLEX_INJECTION_FLAG_SCORE={self.injection_flag_score} must not be above "
                f"REFLEX_INJECTION_BLOCK_SCORE={self.injection_block_score}: a text would be "
                "blocked and not flagged"
            )
        for name in ("limit_per_key", "limit_per_ip"):
            if 0 < getattr(self, name) < MAX_BATCH:
                raise ValueError(
                    f"REFLEX_{name.upper()} must be 0 or at least {MAX_BATCH}: a full batch costs "
                    "as much, and could never pass"
                )
        if self.require_key and not self.keys.strip():
            raise ValueError("REFLEX_REQUIRE_KEY=true needs REFLEX_KEYS, or nobody gets in")
        if self.keeps_verdicts_in_redis and len(self.cache_secret) < LEAST_SECRET_CHARACTERS:
            raise ValueError(
                f"REFLEX_CACHE_SECRET must have at least {LEAST_SECRET_CHARACTERS} characters when "
                "verdicts are kept in Redis (REFLEX_REDIS_URL): without a secret, whoever reads "
                "Redis could guess short texts by their hash. `openssl rand -hex 32` makes one; "
                "REFLEX_CACHE_TTL=0 keeps no verdicts there"
            )
        return self

    @property
    def keeps_verdicts_in_redis(self) -> bool:
        """Tell whether there is a cache that processes share."""
        return bool(self.redis_url) and self.cache_ttl > 0 and self.cache_size > 0

    def ruleset(self) -> Ruleset:
        """Build what decides the verdicts; raises Refused if a file it needs has changed."""
        thresholds = Thresholds(
            self.injection_flag_score, self.injection_block_score, self.pii_block_confidence
        )
        kinds = custom.load(self.pii_kinds)
        recognisers = Recognisers(kinds.recognisers, kinds.version, allow.load(self.pii_allow))
        return Ruleset(thresholds, recognisers, time_budget=self.time_budget)
