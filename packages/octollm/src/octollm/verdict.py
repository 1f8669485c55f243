"""What crosses the wire between the Orchestrator and the Reflex Layer.

The names of the kinds are those of the public v1.1.0 specification. Spans count Unicode code
points, the end exclusive. A matched value is never part of an answer: its owner has the text.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from octollm.fields import Text, storable

MAX_SCREENED_CHARACTERS = 100_000


class PiiType(StrEnum):
    """A kind of private data."""

    SSN = "SSN"
    CREDIT_CARD = "CreditCard"
    EMAIL = "Email"
    PHONE = "Phone"
    IPV4 = "IPv4"
    AWS_KEY = "AWSKey"
    GITHUB_TOKEN = "GitHubToken"  # noqa: S105 -- the name of a kind


class InjectionType(StrEnum):
    """A kind of attempt to override instructions."""

    IGNORE_PREVIOUS = "IgnorePrevious"
    PROMPT_EXTRACTION = "PromptExtraction"
    SYSTEM_ROLE = "SystemRole"
    DELIMITER_INJECTION = "DelimiterInjection"


Severity = Literal["low", "medium", "high", "critical"]
Confidence = Annotated[float, Field(ge=0, le=1)]
Offset = Annotated[int, Field(ge=0)]


class ReflexRequest(BaseModel):
    """The body of `POST /process`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[
        str, Field(min_length=1, max_length=MAX_SCREENED_CHARACTERS), AfterValidator(storable)
    ]
    user_id: Annotated[Text | None, Field(max_length=256)] = None
    context: Annotated[
        Text | None,
        Field(max_length=256, description="Where the text comes from, such as `submit`."),
    ] = None
    check_pii: bool = True
    check_injection: bool = True
    use_cache: bool = True


class PiiMatch(BaseModel):
    """Where private data stands, and how sure the recogniser is. `pii_type` is a `PiiType`,
    or another name if a newer service or a custom recogniser found it."""

    model_config = ConfigDict(frozen=True)

    pii_type: str
    start: Offset
    end: Offset
    confidence: Confidence


class ContextAnalysis(BaseModel):
    """What stands around an injection match; it lowers the severity, never the detection."""

    model_config = ConfigDict(frozen=True)

    is_quoted: bool = False
    is_academic: bool = False
    is_testing: bool = False
    is_negation: bool = False


class InjectionMatch(BaseModel):
    """Where an attempt to override instructions stands. `injection_type`: as in `PiiMatch`."""

    model_config = ConfigDict(frozen=True)

    injection_type: str
    severity: Severity
    start: Offset
    end: Offset
    confidence: Confidence
    context_analysis: ContextAnalysis = ContextAnalysis()


class ReflexResponse(BaseModel):
    """The Reflex Layer's verdict on one text.

    `status` is `blocked` when the score reaches the layer's blocking level or private data was
    found with enough confidence; what to do about it is the caller's policy.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    request_id: str
    status: Literal["success", "blocked"]
    pii_detected: bool
    pii_matches: list[PiiMatch]
    injection_detected: bool
    injection_matches: list[InjectionMatch]
    injection_score: Confidence
    details: str
    cache_hit: bool
    processing_time_ms: Annotated[float, Field(ge=0)]
    ruleset: str
