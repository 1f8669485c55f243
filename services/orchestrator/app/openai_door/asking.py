"""Pure: what a client of the Responses API sends, and the task it asks for.

The format is OpenAI's (platform.openai.com/docs/api-reference/responses/create). A model is an arm;
what cannot be honoured is refused by name, what only says how a model is to be asked is left to
the arm.
"""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    JsonValue,
    Tag,
    ValidationError,
    model_validator,
)

from app.openai_door.naming import LIST, TEXT, TEXT_OR_LIST, as_written
from app.screening import described
from octollm.contracts import MAX_CONTEXT_CHARACTERS, MAX_GOAL_CHARACTERS, TaskRequest
from octollm.errors import Found, InvalidRequest, OctoError, RefusedByPolicy
from octollm.validation import invalid, invalid_fields, invalid_request

ANY_ARM = "octollm"
"""The model that stands for whichever arm suits a task best."""

PREFIX = "octollm."
"""Keys of `metadata` that begin so are ours: their values are JSON, or plain text."""

LEFT_TO_THE_ARM = frozenset(
    {
        "temperature",
        "top_p",
        "top_logprobs",
        "seed",
        "reasoning",
        "service_tier",
        "include",
        "truncation",
        "stream_options",
        "user",
        "safety_identifier",
        "prompt_cache_key",
        "prompt_cache_retention",
        "prompt_cache_options",
        "parallel_tool_calls",
    }
)
_HARMLESS = ("null", "[]", "{}", "false", '"auto"', '"none"')
"""What a parameter may be set to although it is not supported, as JSON: as if it were left out."""

_TEXTS = frozenset({"context", "pii_policy"})
"""Fields that are never read as JSON where they stand in `metadata`."""

_OURS = frozenset(TaskRequest.model_fields) - {"goal", "assigned_arm", "metadata"}


class TextPart(BaseModel):
    """A piece of a message. Only text is taken."""

    type: Literal["input_text", "output_text", "text"]
    text: str


class InputMessage(BaseModel):
    """A turn of the conversation."""

    type: Literal["message"] = "message"
    role: Literal["user", "assistant", "system", "developer"]
    content: Annotated[
        Annotated[str, Tag(TEXT)] | Annotated[list[TextPart], Tag(LIST)], TEXT_OR_LIST
    ]

    @property
    def text(self) -> str:
        content = self.content
        return content if isinstance(content, str) else "".join(part.text for part in content)


class JsonSchemaFormat(BaseModel):
    """The output is to be JSON of a schema: it becomes an acceptance criterion."""

    model_config = ConfigDict(protected_namespaces=())

    type: Literal["json_schema"]
    schema_: Annotated[dict[str, JsonValue], Field(alias="schema")]


class PlainFormat(BaseModel):
    """The output is to be text, or any JSON object."""

    type: Literal["text", "json_object"]


class TextOptions(BaseModel):
    format: Annotated[JsonSchemaFormat | PlainFormat, Field(discriminator="type")] = PlainFormat(
        type="text"
    )


class ResponseRequest(BaseModel):
    """The body of `POST /v1/responses`."""

    model_config = ConfigDict(extra="allow", frozen=True)

    model: Annotated[
        str, Field(description=f"An arm by name, or `{ANY_ARM}` for the one that suits best.")
    ] = ANY_ARM
    input: Annotated[
        Annotated[str, Tag(TEXT)] | Annotated[list[InputMessage], Tag(LIST)],
        TEXT_OR_LIST,
        Field(description="What is to be done; of a conversation the last turn, by the user."),
    ]
    instructions: Annotated[
        str | None, Field(description="Stands before the goal; system messages do, too.")
    ] = None
    background: bool = False
    stream: bool = False
    store: Literal[True] | None = Field(
        None, description="A task is stored, whatever is asked; `false` is refused."
    )
    text: TextOptions = TextOptions()
    metadata: dict[str, str] = Field(
        {},
        description="Your own notes; `octollm.max_cost_usd`, `octollm.acceptance_criteria` and the "
        "like set the task's own fields.",
    )
    octollm: Annotated[
        dict[str, JsonValue],
        Field(description="More fields of the task, as `POST /submit` takes them."),
    ] = {}

    @model_validator(mode="before")
    @classmethod
    def _given(cls, body: Any) -> Any:
        """Take `null` for left out, as OpenAI's types do."""
        if not isinstance(body, dict):
            return body
        return {name: value for name, value in body.items() if value is not None}


def task_request(request: ResponseRequest) -> TaskRequest:
    """Return the task that is asked for. Raises InvalidRequest, naming the client's own fields."""
    _check_supported(request.model_extra or {})
    fields = _fields(request)
    goal, context = _goal_and_context(request, fields.pop("context", None))
    given: dict[str, Any] = {
        **fields,
        "goal": goal,
        "context": context,
        "acceptance_criteria": [*_criteria(fields), *_of_format(request.text)],
        "assigned_arm": None if request.model == ANY_ARM else request.model,
        "metadata": own_notes(request.metadata),
    }
    try:
        return TaskRequest.model_validate(given)
    except ValidationError as error:
        raise renamed(invalid_request(error), request) from None


def renamed(error: InvalidRequest | RefusedByPolicy, request: ResponseRequest) -> OctoError:
    """Return an error of the pipeline with the client's names for the task's fields.

    Places count in the text that was made of the client's: its instructions stand before its input.
    """
    made_of = _made_of(request)
    extra: dict[str, Any] = dict(error.extra)
    if isinstance(error, RefusedByPolicy):
        found = [Found(**one | {"field": _named(one["field"], made_of)}) for one in error.findings]
        return type(error)(described(found), **extra | {"findings": found})
    named = invalid_fields(
        {"field": _named(one["field"], made_of), "message": one["message"]} for one in error.errors
    )
    return type(error)(named.detail, **extra | {"errors": named.errors})


def _made_of(request: ResponseRequest) -> dict[str, str]:
    """Return which fields of the task are made of which of the client's."""
    own = _fields(request)
    made_of = {"goal": "input", "assigned_arm": "model"}
    if "context" not in own:
        made_of["context"] = "input"
    if request.text.format.type != "text":
        made_of[f"acceptance_criteria.{len(_criteria(own))}"] = "text.format"
    return made_of


def _named(field: str, made_of: dict[str, str]) -> str:
    """Return a field of the task as the client names it; what has no name of its own is of
    `octollm`."""
    for ours, name in made_of.items():
        if field == ours or field.startswith(f"{ours}."):
            return as_written(name + field.removeprefix(ours))
    return as_written(f"octollm.{field}" if field.split(".")[0] in _OURS else field)


def _criteria(fields: dict[str, Any]) -> list[Any]:
    criteria = fields.get("acceptance_criteria", [])
    return criteria if isinstance(criteria, list) else [criteria]


def own_notes(metadata: dict[str, Any]) -> dict[str, Any]:
    """Return the metadata that are the client's own."""
    return {name: value for name, value in metadata.items() if not name.startswith(PREFIX)}


def _check_supported(extra: dict[str, Any]) -> None:
    refused = sorted(
        name
        for name, value in extra.items()
        if name not in LEFT_TO_THE_ARM and json.dumps(value) not in _HARMLESS
    )
    if refused:
        raise invalid_fields(
            {"field": name, "message": "is not supported here"} for name in refused
        )


def _fields(request: ResponseRequest) -> dict[str, Any]:
    """Return the task's own fields: those of `octollm`, and over them those of `metadata`."""
    given: dict[str, Any] = dict(request.octollm)
    budget = given.get("budget", {})
    for key, written in request.metadata.items():
        name = key.removeprefix(PREFIX)
        if name == key:
            continue
        value = written if name in _TEXTS else _read(key, written)
        if name.startswith("max_") and name != "max_repairs":
            budget = {**budget, name: value} if isinstance(budget, dict) else budget
        else:
            given[name] = value
    if budget != {}:
        given["budget"] = budget
    for name in sorted(given):
        if name not in _OURS:
            raise invalid(f"octollm.{name}", "there is no field of this name")
    return given


def _read(key: str, written: str) -> Any:
    """Return JSON as what it says, and anything else as the text it is."""
    try:
        return json.loads(written)
    except (ValueError, RecursionError):
        if written.lstrip().startswith(("{", "[")):
            raise invalid(f"metadata.{key}", "is not valid JSON") from None
        return written


def _goal_and_context(request: ResponseRequest, context: Any) -> tuple[str, Any]:
    """Return what is to be done, and the material.

    Earlier turns are material. So is an input that is too long for a goal, if there are
    instructions that can be one.
    """
    if isinstance(request.input, str):
        turns = [InputMessage(role="user", content=request.input)]
    else:
        turns = request.input
    told = [turn.text for turn in turns if turn.role in ("system", "developer")]
    orders = [text for text in (request.instructions or "", *told) if text]
    turns = [turn for turn in turns if turn.role in ("user", "assistant")]
    if not turns or turns[-1].role != "user":
        raise invalid("input", "must end with a message of the user")
    *earlier, last = turns
    goal = "\n\n".join([*orders, last.text])
    if not earlier and (len(goal) <= MAX_GOAL_CHARACTERS or not orders):
        return goal, context
    if context is not None and not isinstance(context, str):
        raise invalid("octollm.context", "must be a text")
    material = [context] if context else []
    material += [f"{turn.role}:\n{turn.text}" for turn in earlier]
    if len(goal) > MAX_GOAL_CHARACTERS and orders:
        goal = "\n\n".join(orders)
        material.append(last.text)
    text = "\n\n".join(material)
    if len(text) > MAX_CONTEXT_CHARACTERS:
        raise invalid(
            "input",
            f"must be at most {MAX_GOAL_CHARACTERS:,} characters of goal and "
            f"{MAX_CONTEXT_CHARACTERS:,} of material",
        )
    return goal, text


def _of_format(text: TextOptions) -> list[dict[str, JsonValue]]:
    wanted = text.format
    if isinstance(wanted, JsonSchemaFormat):
        return [{"type": "json_schema", "schema": wanted.schema_}]
    if wanted.type == "json_object":
        return [{"type": "json_schema", "schema": {"type": "object"}}]
    return []
