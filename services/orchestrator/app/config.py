"""Settings of the Orchestrator and its workers, from `OCTOLLM_*` environment variables.

Built once by each process's entry point and handed down; nothing else reads the environment.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict
from pydantic import AfterValidator, AliasChoices, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from octollm.contracts import PiiPolicy
from octollm.service.addresses import is_loopback, proxies_checked
from octollm.service.logs import LogFormat

Seconds = Annotated[float, Field(ge=0.01, le=86_400, allow_inf_nan=False)]
Port = Annotated[int, Field(ge=0, le=65_535)]
MAX_CONNECTIONS = 2_000
IN_PROCESS = "in-process"
"""In place of the Reflex Layer's URL: whoever gets a text screens it."""
PerMinute = Annotated[int, Field(ge=0, le=10_000_000)]


class Settings(BaseSettings):
    """Every setting, its default and its limits. Times are seconds."""

    model_config = SettingsConfigDict(
        env_prefix="OCTOLLM_", extra="ignore", frozen=True, hide_input_in_errors=True
    )

    # Where things are
    database_url: str = Field(
        "postgresql://127.0.0.1:5432/octollm",
        pattern=r"^postgresql://",
        description="A libpq URL of PostgreSQL 15 or newer; several hosts may be given.",
        repr=False,
    )
    reflex_url: str = Field(
        "http://127.0.0.1:8080",
        pattern=rf"^(https?://|{IN_PROCESS}$)",
        description="The Reflex Layer's base URL; or `in-process`, and each process screens by "
        "itself, by the `REFLEX_…` settings it was given, without such a service.",
    )
    reflex_key: str = Field(
        "", pattern=r"^[!-~]*$", repr=False, description="The key sent to the Reflex Layer; none."
    )
    host: str = Field("127.0.0.1", description="The address the API listens on.")
    port: Port = Field(8000, description="The port the API listens on.")

    max_connections: Annotated[int, Field(ge=1, le=1_000_000)] = Field(
        MAX_CONNECTIONS,
        description="Connections an API process has at a time, streams of events included; what "
        "comes past them is answered 503, but for health, readiness and metrics. One tenant has at "
        "most half of them.",
    )

    # Who may come in
    allow_unauthenticated: bool = Field(
        False, description="Listen beyond loopback without API keys, as long as none was made."
    )
    limit_per_key: PerMinute = Field(
        600, description="Requests a minute for each API key, and as many at once; 0: no limit."
    )
    limit_per_ip: PerMinute = Field(
        600,
        description="Requests a minute for each address that shows no good key; 0: no limit. On "
        "loopback, where no key is needed, there is none.",
    )
    redis_url: str = Field(
        "",
        pattern=r"^$|^(redis|rediss|unix)://",
        repr=False,
        description="A Redis by which all API processes share these limits; empty: each its own.",
    )
    redis_prefix: str = Field(
        "octollm:api",
        pattern=r"^[!-9;-~]([!-~]*[!-9;-~])?$",
        description="What the names of all keys in it begin with.",
    )
    redis_timeout: Annotated[float, Field(gt=0, le=10)] = Field(
        0.1, description="Longest time a question to it may take; then the process goes on alone."
    )
    idempotency_hours: Annotated[int, Field(ge=1, le=8_760)] = Field(
        24, description="Hours from its acceptance for which a task holds its `Idempotency-Key`."
    )
    max_pending_per_tenant: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        10_000, description="Tasks of one tenant that may wait for a worker; 0: no limit."
    )
    max_pending: Annotated[int, Field(ge=0, le=1_000_000)] = Field(
        100_000, description="Tasks that may wait for a worker, of all tenants; 0: no limit."
    )
    trusted_proxies: Annotated[str, AfterValidator(proxies_checked)] = Field(
        "",
        description="Proxies whose `X-Forwarded-For` counts: addresses, networks; empty: none.",
    )
    trusted_hosts: list[str] = Field(
        [],
        description="Names this server goes by beside `localhost`, while it wants no key: over "
        "loopback it answers to no other.",
    )
    secret_key: str = Field(
        "",
        repr=False,
        description="Key that encrypts private values and what models answer, made by `octollm "
        "secret-key`; none. Of several, separated by commas, the first encrypts.",
    )
    cors_origins: list[str] = Field([], description="Origins browsers may call from; none.")

    # Database
    db_pool_size: Annotated[int, Field(ge=1, le=200)] = Field(
        10, description="Connections kept open by each process."
    )
    db_max_overflow: Annotated[int, Field(ge=0, le=200)] = Field(
        10, description="Connections opened beyond the pool under load."
    )
    db_pool_timeout: Seconds = Field(30, description="Longest wait for a free connection.")
    db_connect_timeout: Annotated[int, Field(ge=1, le=600)] = Field(
        3, description="Longest wait for a new connection."
    )
    db_statement_timeout: Seconds = Field(10, description="Longest time one statement may take.")

    # Screening
    reflex_timeout: Seconds = Field(
        10, description="Longest time one screening may take, retries included."
    )
    reflex_attempt_timeout: Seconds = Field(3, description="Longest time of one attempt of it.")
    screening_concurrency: Annotated[int, Field(ge=1, le=1_000)] = Field(
        16,
        description="Requests to the Reflex Layer a process has under way at a time.",
    )
    screening_wait: Seconds = Field(30, description="Longest wait for that turn.")
    reflex_retries: Annotated[int, Field(ge=0, le=10)] = Field(
        3, description="How often a screening that found no answer is tried again."
    )
    reflex_breaker_failures: Annotated[int, Field(ge=1)] = Field(
        5, description="Failures in a row after which the Reflex Layer is left in peace."
    )
    reflex_breaker_reset: Seconds = Field(
        60, description="How long it is left in peace before one probe is let through."
    )
    reflex_fail_open: bool = Field(
        False,
        validation_alias=AliasChoices("OCTOLLM_REFLEX_FAIL_OPEN", "REFLEX_FAIL_OPEN"),
        description="Accept texts unscreened while the Reflex Layer is away; logged on every use.",
    )
    injection_block_score: Annotated[float, Field(ge=0, le=1)] = Field(
        0.7, description="Injection score from which a text is refused."
    )
    private_days: Annotated[int, Field(ge=0, le=3_650)] = Field(
        0, description="Days after its end when a task's private values are erased; 0: with it."
    )
    pii_policy: PiiPolicy = Field(
        "block", description="What counts for tasks that do not name a `pii_policy`."
    )
    pii_block_confidence: Annotated[float, Field(ge=0, le=1)] = Field(
        0.5, description="Confidence from which private data counts under the policy `block`."
    )

    # Workers
    worker_instances: Annotated[int, Field(ge=1, le=16)] = Field(
        2, description="Queue consumers in one worker process."
    )
    worker_concurrency: Annotated[int, Field(ge=1, le=500)] = Field(
        25, description="Tasks each consumer runs at a time."
    )
    worker_poll: Seconds = Field(1, description="How often the queue is asked without a NOTIFY.")
    worker_grace: Seconds = Field(20, description="Time running tasks get when a worker stops.")
    worker_heartbeat: Seconds = Field(5, description="How often a worker says it is alive.")
    worker_stale: Seconds = Field(30, description="Silence after which a worker counts as dead.")
    worker_metrics_port: Port = Field(
        0, description="Port on which a worker process serves its metrics; 0: none."
    )
    sweep_interval: Seconds = Field(5, description="How often dead workers' jobs are looked for.")
    reconcile_interval: Seconds = Field(60, description="How often tasks without a job are.")
    max_attempts: Annotated[int, Field(ge=1, le=100)] = Field(
        3, description="How often a task is started before it fails."
    )
    retention_interval: Seconds = Field(
        60, description="How often what was kept long enough is looked for."
    )
    task_days: Annotated[int, Field(ge=0, le=3_650)] = Field(
        0, description="Days after its end when a task is deleted, all of it; 0: never."
    )
    retry_backoff: Annotated[float, Field(ge=0, le=3_600, allow_inf_nan=False)] = Field(
        2, description="Wait before a second attempt; doubles with each further one."
    )

    # Live events
    event_heartbeat: Seconds = Field(
        15, description="Silence after which a stream of events says that it is alive."
    )

    # Logs
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field("INFO", description="Level.")
    log_format: LogFormat = Field("json", description="`json` lines, or `console` for reading.")

    @field_validator("database_url")
    @classmethod
    def _readable(cls, url: str) -> str:
        try:
            conninfo_to_dict(url)
        except ProgrammingError:  # its message quotes the URL, password included
            raise ValueError("is not a URL that libpq can read") from None
        return url

    @field_validator("secret_key")
    @classmethod
    def _fernet_keys(cls, keys: str) -> str:
        for key in _separated(keys):
            # 32 bytes in URL-safe Base64; Fernet itself passes over what stands between or behind.
            if not re.fullmatch(r"[A-Za-z0-9_-]{43}=", key):
                raise ValueError(
                    "must be a key made by `octollm secret-key`, or several separated by commas"
                )
        return keys

    @property
    def secret_keys(self) -> list[str]:
        """The keys that decrypt private values; the first encrypts. None: no vault."""
        return _separated(self.secret_key)

    @property
    def always_needs_keys(self) -> bool:
        """Whether nobody comes in without a key even though none was ever made."""
        return not self.allow_unauthenticated and not is_loopback(self.host)

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.worker_grace >= self.worker_stale:
            raise ValueError(
                "OCTOLLM_WORKER_GRACE must be below OCTOLLM_WORKER_STALE: a draining worker sends "
                "no heartbeats, and its tasks would be started a second time"
            )
        if self.worker_heartbeat * 2 > self.worker_stale:
            raise ValueError("OCTOLLM_WORKER_STALE must be twice OCTOLLM_WORKER_HEARTBEAT or more")
        if 0 < self.task_days * 24 < self.idempotency_hours:
            raise ValueError(
                "OCTOLLM_TASK_DAYS must be no shorter than OCTOLLM_IDEMPOTENCY_HOURS: with a task "
                "goes its Idempotency-Key"
            )
        return self


def _separated(keys: str) -> list[str]:
    return [key.strip() for key in keys.split(",")] if keys.strip() else []
