"""The command `octollm arms`: which arms there are here, and whether their models answer."""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from pydantic_ai.models import Model

    from arms.config import ModelSettings
    from arms.model import Models
    from arms.reserving import Terms

USAGE = 2
QUESTION = "Answer with the single word: ready"
ANSWER_TOKENS = 64
"""Enough for a model that thinks before it says one word."""
CHECK_SECONDS = 60


@click.group(invoke_without_command=True, short_help="Show the arms, and check their models.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def arms(context: click.Context, as_json: bool) -> None:
    """Show which arms there are here, and which setting the others lack."""
    if context.invoked_subcommand is not None:
        return
    from arms.roster import load_arms

    roster = load_arms(model_settings())
    rows = [
        {
            "arm": name,
            "available": not (why := getattr(arm, "unavailable", None)),
            "reason": why or "",
            "description": arm.description,
        }
        for name, arm in sorted(roster.arms.items())
    ]
    rows += [
        {"arm": p.entry_point, "available": False, "reason": p.reason, "description": ""}
        for p in roster.problems
    ]
    if as_json:
        click.echo(json.dumps(rows, indent=2))
        return
    width = max(len(str(row["arm"])) for row in rows)
    for row in rows:
        mark = (
            click.style("ready ", fg="green")
            if row["available"]
            else click.style("absent", fg="yellow")
        )
        click.echo(f"{row['arm']:<{width}}  {mark}  {row['reason'] or row['description']}")


@arms.command(short_help="Make one tiny call to each model.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def check(as_json: bool) -> None:
    """Make one tiny call to each model that is set; say how long it took and what it cost.

    Exit code 1 if one of them did not answer.
    """
    from arms.model import Models

    settings = model_settings()
    all_models = [Models(settings), Models(settings, first=settings.judge_model)]
    for models in all_models:
        if models.unavailable:
            click.echo(models.unavailable, err=True)
            sys.exit(1)
    rows = asyncio.run(_check_each(all_models))
    if as_json:
        click.echo(json.dumps(rows, indent=2))
    else:
        for row in rows:
            click.echo(_line(row))
    sys.exit(0 if all(row["answered"] for row in rows) else 1)


def _line(row: dict[str, Any]) -> str:
    if not row["answered"]:
        return f"{row['model']}: {click.style('no answer', fg='red')}: {row['reason']}"
    cost = "price unknown" if row["cost_usd"] is None else f"${row['cost_usd']:.6f}"
    return (
        f"{row['model']}: {click.style('answers', fg='green')} in {row['seconds']:.2f} s, "
        f"{row['input_tokens']} + {row['output_tokens']} tokens, {cost} ({row['prices']})"
    )


async def _check_each(all_models: list[Models]) -> list[dict[str, Any]]:
    """Ask every model once, whoever it is set for, and leave no connection open."""
    each = {terms.name: (model, terms) for models in all_models for model, terms in models.each()}
    try:
        return [await _check(model, terms) for model, terms in each.values()]
    finally:
        for models in all_models:
            await models.aclose()


async def _check(model: Model, terms: Terms) -> dict[str, Any]:
    """Ask one model one short question."""
    from pydantic_ai.direct import model_request
    from pydantic_ai.messages import ModelRequest
    from pydantic_ai.settings import ModelSettings as CallSettings

    from arms.asking import translated
    from octollm.errors import OctoError

    row: dict[str, Any] = {"model": terms.name, "answered": False}
    started = time.perf_counter()
    try:
        with translated():
            async with asyncio.timeout(CHECK_SECONDS):
                answer = await model_request(
                    model,
                    [ModelRequest.user_text_prompt(QUESTION)],
                    model_settings=CallSettings(max_tokens=ANSWER_TOKENS, max_retries=0),
                )
    except OctoError as error:
        return row | {"reason": error.detail}
    except TimeoutError:
        return row | {"reason": f"nothing within {CHECK_SECONDS} s"}
    except Exception as error:
        return row | {"reason": str(error) if _is_ours(error) else type(error).__name__}
    usage, price = answer.usage, terms.price
    return row | {
        "answered": True,
        "seconds": round(time.perf_counter() - started, 3),
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cost_usd": None if price is None else float(price.of(usage)),
        "prices": "set OCTOLLM_MODEL_PRICES" if price is None else price.version,
    }


def _is_ours(error: Exception) -> bool:
    from arms.asking import ModelAway

    return isinstance(error, ModelAway)


def model_settings() -> ModelSettings:
    """Read the models' settings; a wrong one ends the command with a message that names it."""
    from pydantic import ValidationError
    from pydantic_settings import SettingsError

    from arms.config import ModelSettings

    try:
        return ModelSettings()
    except SettingsError as error:
        field = re.search(r'field "(\w+)"', str(error))
        name = f"OCTOLLM_{field[1].upper()}" if field else str(error)
        click.echo(f"{name}: lists and prices are written as JSON", err=True)
        sys.exit(USAGE)
    except ValidationError as error:
        said = {str(problem["loc"][0]): problem["msg"] for problem in reversed(error.errors())}
        for name, message in said.items():
            text = message.removeprefix("Value error, ")
            click.echo(f"OCTOLLM_{name.upper()}: {text}", err=True)
        sys.exit(USAGE)
