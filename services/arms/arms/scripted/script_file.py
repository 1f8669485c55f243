"""A script as a JSON file, for the provider as a process of its own."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from arms.scripted.ledger import Entry
from arms.scripted.provider import ScriptedProvider
from arms.scripted.script import Reply

Usd = Annotated[Decimal, Field(ge=0, allow_inf_nan=False)]


class BadScript(ValueError):
    """A script file that cannot be read or makes no sense; the message says where and why."""


class ScriptFile(BaseModel):
    """What stands in the file: an object whose members are those of `ScriptedProvider`.

    A reply has the members of `Reply`. What a file cannot hold is written so: an event as the
    name of a gate, `when` as a text, dollars best as a string.
    """

    model_config = ConfigDict(extra="forbid")

    replies: list[Reply] = []
    default: Reply | None = None
    api_key: str | None = None
    models: list[str] = []
    context_tokens: Annotated[int, Field(ge=1)] | None = None
    usd_per_input_token: Usd = Decimal(0)
    usd_per_output_token: Usd = Decimal(0)

    def provider(self, port: int, changed: Callable[[Entry], None]) -> ScriptedProvider:
        """Return a provider that follows this script; it is not started yet."""
        return ScriptedProvider(
            self.replies,
            default=self.default,
            api_key=self.api_key,
            models=self.models,
            context_tokens=self.context_tokens,
            usd_per_input_token=self.usd_per_input_token,
            usd_per_output_token=self.usd_per_output_token,
            changed=changed,
            port=port,
        )


def read_script(path: Path) -> ScriptFile:
    """Return the script in a file. Raises BadScript, with a line for each thing that is wrong."""
    try:
        return ScriptFile.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadScript(f"{path}: {error.strerror}") from error
    except ValidationError as error:
        faults = [
            f"{path}: {'.'.join(map(str, fault['loc'])) or 'the file'}: {fault['msg']}"
            for fault in error.errors()
        ]
        raise BadScript("\n".join(faults)) from error
