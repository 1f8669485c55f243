"""Pure: a contract as the text a model is given. Untrusted text stands in marked sections only."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from importlib import resources

from octollm.arm import Feedback
from octollm.contracts import TaskContract
from octollm.criteria import Criterion

_UNSEEN = "\u200b"
_MARK = re.compile(
    r"<(?=[\s~]*(?:/[\s~]*)?d~*a~*t~*a\b)".replace("~", _UNSEEN), re.IGNORECASE
)  # no two runs of white space side by side: they would take quadratic time


def instructions(arm: str) -> str:
    """Return what an arm's model is told in every request: the text beside the code."""
    return resources.files("arms").joinpath("prompts", f"{arm}.md").read_text("utf-8")


def section(name: str, text: str) -> str:
    """Return a text as a section of data. Marks inside it are defused, so that it cannot end it."""
    marks = [mark.start() for mark in _MARK.finditer(_as_seen(text))]
    starts = [0, *(at + 1 for at in marks)]
    pieces = [text[start:end] for start, end in zip(starts, [*marks, None], strict=True)]
    return f'<data name="{name}">\n{"&lt;".join(pieces)}\n</data>'


def _as_seen(text: str) -> str:
    """Return a text of the same length with look-alikes such as ＜ as what they look like (NFKC),
    and what is not seen at all as one character: a model may read them so."""
    return text if text.isascii() and text.isprintable() else "".join(map(_one_seen, text))


def _one_seen(character: str) -> str:
    if character.isspace():
        return character
    if unicodedata.category(character) in ("Cc", "Cf"):
        return _UNSEEN
    seen = unicodedata.normalize("NFKC", character)
    if len(seen) != 1:
        return character
    return "/" if seen in "\u2044\u2215" else seen


def of_contract(
    contract: TaskContract, feedback: Feedback | None = None, **data: str | None
) -> str:
    """Return a goal with its constraints, criteria and material, and what was judged before.

    `data` are further sections by name.
    """
    parts = [f"Goal:\n{contract.goal}"]
    if contract.constraints:
        parts.append(f"Constraints:\n{json.dumps(contract.constraints, ensure_ascii=False)}")
    if contract.acceptance_criteria:
        parts.append(f"Acceptance criteria:\n{criteria(contract.acceptance_criteria)}")
    sections: Mapping[str, str | None] = {"context": contract.context, **data}
    parts += [section(name, text) for name, text in sections.items() if text and text.strip()]
    if feedback is not None:
        parts += _again(feedback)
    return "\n\n".join(parts)


def criteria(wanted: list[Criterion]) -> str:
    """Return criteria as a numbered list, counted from 0; a check as its JSON."""
    return "\n".join(f"{number}. {_criterion(one)}" for number, one in enumerate(wanted))


def _criterion(one: Criterion) -> str:
    return one if isinstance(one, str) else one.model_dump_json()


def _again(feedback: Feedback) -> list[str]:
    judged = [
        f"{j.criterion}. {j.verdict}: {j.evidence}"
        for j in feedback.judgements
        if j.verdict != "passed"
    ]
    return [
        "Your last result did not meet all criteria. Write it anew, mended where it failed.",
        section("last result", feedback.output),
        section("judgements", "\n".join(judged)),
    ]
