"""What a task has used of its budget."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Spend(BaseModel):
    """What a task has used so far: model tokens, wall-clock seconds of its arm, US dollars."""

    model_config = ConfigDict(frozen=True)

    tokens: Annotated[int, Field(ge=0)] = 0
    seconds: Annotated[float, Field(ge=0)] = 0.0
    cost_usd: Annotated[float, Field(ge=0)] = 0.0
