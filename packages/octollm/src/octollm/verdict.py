"""What crosses the wire between the Orchestrator and the Reflex Layer.

The names of the kinds are those of the public v1.1.0 specification. Spans count Unicode code
points, the end exclusive. A matched value is never part of an answer: its owner has the text.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StrictBool

from octollm.fields import STORABLE, storable

MAX_SCREENED_CHARACTERS = 100_000
MAX_BATCH = 64
"""How many texts one `POST /process/batch` may carry."""


class PiiType(StrEnum):
    """A kind of private data."""

    SSN = "SSN"
    CREDIT_CARD = "CreditCard"
    EMAIL = "Email"
    PHONE = "Phone"
    IPV4 = "IPv4"
    IPV6 = "IPv6"
    MAC_ADDRESS = "MACAddress"
    AWS_KEY = "AWSKey"
    GITHUB_TOKEN = "GitHubToken"  # noqa: S105 -- the name of a kind
    GENERIC_API_KEY = "GenericAPIKey"
    PASSWORD = "Password"  # noqa: S105 -- the name of a kind
    PRIVATE_KEY = "PrivateKey"
    JWT = "JWT"
    PASSPORT = "Passport"
    DRIVER_LICENSE = "DriverLicense"
    BANK_ACCOUNT = "BankAccount"
    IBAN = "IBAN"
    CRYPTO_ADDRESS = "CryptoAddress"
    URL = "URL"
    COORDINATES = "Coordinates"
    VIN = "VIN"
    DATE_OF_BIRTH = "DateOfBirth"
    MEDICAL_RECORD_NUMBER = "MedicalRecordNumber"
    NPI = "NPI"
    ITIN = "ITIN"
    ROUTING_NUMBER = "RoutingNumber"


class InjectionType(StrEnum):
    """A kind of attempt to override instructions."""

    IGNORE_PREVIOUS = "IgnorePrevious"
    PROMPT_EXTRACTION = "PromptExtraction"
    SYSTEM_ROLE = "SystemRole"
    JAILBREAK_KEYWORD = "JailbreakKeyword"
    ENCODED_INSTRUCTION = "EncodedInstruction"
    DELIMITER_INJECTION = "DelimiterInjection"
    CONTEXT_SWITCHING = "ContextSwitching"
    CONFUSION_PATTERN = "ConfusionPattern"
    MULTILINGUAL_BYPASS = "MultilingualBypass"
    CHAIN_OF_THOUGHT = "ChainOfThought"
    ROLE_REVERSAL = "RoleReversal"
    AUTHORITY_APPEAL = "AuthorityAppeal"
    OUTPUT_MANIPULATION = "OutputManipulation"
    MEMORY_EXFILTRATION = "MemoryExfiltration"


Label = Annotated[str, Field(max_length=256, json_schema_extra=STORABLE), AfterValidator(storable)]
Severity = Literal["low", "medium", "high", "critical"]
Confidence = Annotated[float, Field(ge=0, le=1)]
Offset = Annotated[int, Field(ge=0)]


class ReflexRequest(BaseModel):
    """The body of `POST /process`."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    text: Annotated[
        str,
        Field(min_length=1, max_length=MAX_SCREENED_CHARACTERS, json_schema_extra=STORABLE),
        AfterValidator(storable),
    ]
    user_id: Label | None = None
    context: Annotated[
        Label | None, Field(description="Where the text comes from, such as `submit`.")
    ] = None
    check_pii: StrictBool = True
    check_injection: StrictBool = True
    use_cache: StrictBool = True


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
    found with enough confidence; what to do about it is the caller's policy. `incomplete` is true
    when the text took longer to screen than it may: it is then `blocked`, whatever was found.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    request_id: str
    status: Literal["success", "blocked"]
    pii_detected: bool
    pii_matches: list[PiiMatch]
    injection_detected: bool
    injection_matches: list[InjectionMatch]
    injection_score: Confidence
    incomplete: bool = False
    details: str
    cache_hit: bool
    processing_time_ms: Annotated[float, Field(ge=0)]
    ruleset: str


class ReflexBatchRequest(BaseModel):
    """The body of `POST /process/batch`: what `POST /process` takes, several times."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    items: Annotated[list[ReflexRequest], Field(min_length=1, max_length=MAX_BATCH)]


class ReflexBatchResponse(BaseModel):
    """The verdicts on the texts of a batch, in their order.

    `processing_time_ms` is that of all; a result's own is its share, by the texts' number.
    """

    model_config = ConfigDict(extra="ignore", frozen=True)

    request_id: str
    results: list[ReflexResponse]
    processing_time_ms: Annotated[float, Field(ge=0)]
