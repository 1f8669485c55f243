"""What must hold for a result: a sentence for a judge, or a check that needs none.

A check is a JSON object with a `type`. Checks look at the output as text; `json_schema`,
`equals` and `number_between` read it as JSON first where they need a value.
"""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    model_validator,
)

from octollm.fields import WRITTEN, JsonObject, Text, json_value, not_blank, storable

MAX_CRITERION_CHARACTERS = 2_000
MAX_EVIDENCE_CHARACTERS = 500


class _Check(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, serialize_by_alias=True)


class JsonSchemaCheck(_Check):
    """The output is JSON, bare or in one fenced block, and valid under a JSON Schema.

    Draft 2020-12 unless `$schema` says otherwise; references to other documents are refused.
    """

    type: Literal["json_schema"]
    json_schema: Annotated[JsonObject, Field(alias="schema")]


class RegexCheck(_Check):
    """An RE2 pattern (https://github.com/google/re2/wiki/Syntax) stands in the output."""

    type: Literal["regex"]
    pattern: Annotated[Text, Field(min_length=1, max_length=MAX_CRITERION_CHARACTERS)]


class ContainsCheck(_Check):
    """A text stands in the output; upper and lower case are the same if `ignore_case`."""

    type: Literal["contains"]
    text: Annotated[Text, Field(min_length=1, max_length=MAX_CRITERION_CHARACTERS)]
    ignore_case: bool = False


class EqualsCheck(_Check):
    """The output, without white space around it, is this text; or, read as JSON, this value."""

    type: Literal["equals"]
    value: Annotated[
        JsonValue,
        BeforeValidator(json_value),
        Field(description="A text, a number, a list or an object."),
    ]


class MaxWordsCheck(_Check):
    """The output has no more than `words` words: runs of characters that are not white space."""

    type: Literal["max_words"]
    words: Annotated[int, Field(ge=1, le=100_000)]


class NumberBetweenCheck(_Check):
    """A number lies within limits, both included.

    The output itself is that number, or holds it as JSON at `path`, a JSON Pointer (RFC 6901).
    """

    type: Literal["number_between"]
    minimum: Annotated[float | None, Field(allow_inf_nan=False)] = None
    maximum: Annotated[float | None, Field(allow_inf_nan=False)] = None
    path: Annotated[Text, Field(max_length=500, pattern=r"^(/.*)?$")] = ""

    @model_validator(mode="after")
    def _holds_for_some(self) -> Self:
        low, high = self.minimum, self.maximum
        if low is None and high is None:
            raise ValueError("needs a minimum, a maximum or both")
        if low is not None and high is not None and low > high:
            raise ValueError("the minimum must not be above the maximum")
        return self


Check = (
    JsonSchemaCheck | RegexCheck | ContainsCheck | EqualsCheck | MaxWordsCheck | NumberBetweenCheck
)
Sentence = Annotated[
    str,
    Field(min_length=1, max_length=MAX_CRITERION_CHARACTERS, json_schema_extra=WRITTEN),
    AfterValidator(storable),
    AfterValidator(not_blank),
]


def _kind(value: object) -> str | None:
    """Return which of the kinds below a criterion is meant to be."""
    if isinstance(value, str):
        return "sentence"
    kind = value.get("type") if isinstance(value, dict) else getattr(value, "type", None)
    return kind if isinstance(kind, str) else None


Criterion = Annotated[
    Annotated[Sentence, Tag("sentence")]
    | Annotated[JsonSchemaCheck, Tag("json_schema")]
    | Annotated[RegexCheck, Tag("regex")]
    | Annotated[ContainsCheck, Tag("contains")]
    | Annotated[EqualsCheck, Tag("equals")]
    | Annotated[MaxWordsCheck, Tag("max_words")]
    | Annotated[NumberBetweenCheck, Tag("number_between")],
    Discriminator(
        _kind,
        custom_error_type="criterion",
        custom_error_message="must be a sentence or an object whose `type` is json_schema, regex, "
        "contains, equals, max_words or number_between",
    ),
]

JudgementVerdict = Literal["passed", "failed", "undecided"]


class Judgement(BaseModel):
    """An opinion on one acceptance criterion."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    criterion: Annotated[int, Field(ge=0, description="Its place in `acceptance_criteria`.")]
    verdict: JudgementVerdict
    evidence: Annotated[
        str, Field(max_length=MAX_EVIDENCE_CHARACTERS, description="What it rests on.")
    ] = ""
    judged_by: Annotated[str, Field(description="`check`, or the arm and model that judged.")]
