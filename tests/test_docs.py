"""Documents that cannot lie: links lead somewhere, and nothing there is goes unnamed."""

from __future__ import annotations

import asyncio
import importlib.util
import re
from collections.abc import Iterable
from pathlib import Path
from typing import get_args

import click
import pytest
from pages import BLOCK, ROOT, TEXTS, blocks
from prometheus_client import CollectorRegistry
from pydantic import AliasChoices
from pydantic_settings import BaseSettings

from app.checking import by_checks
from app.checks import validate
from app.config import Settings
from app.database import Database
from app.lifecycle import TRANSITIONS
from app.main import create_app
from app.metrics import Metrics
from app.models import Base
from app.queue_depth import QueueDepth
from app.reflex_metrics import ReflexMetrics
from arms.config import ModelSettings
from arms.roster import load_arms
from octollm.cli import cli
from octollm.contracts import TaskRequest
from octollm.criteria import Check
from octollm.errors import OctoError, ServerUnreachable, TaskFailure, WaitTimeout
from octollm.verdict import InjectionType, PiiType
from reflex_layer.config import Settings as ReflexSettings

DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))


def test_every_verb_is_explained_and_every_verb_explained_is_there() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    verbs = set(re.findall(r"^([a-z-]+):.*## ", makefile, re.MULTILINE))
    assert {verb for verb in verbs if f"`make {verb}" not in TEXTS["CONTRIBUTING.md"]} == set()
    targets = set(re.findall(r"^([a-z-]+):", makefile, re.MULTILINE))
    for page, text in TEXTS.items():
        assert set(re.findall(r"(?:`|^\$ )make ([a-z-]+)", text, re.MULTILINE)) <= targets, page


def missing(names: Iterable[str], *pages: str) -> list[str]:
    """Return the names that none of the pages has in code marks."""
    text = "".join(TEXTS[page] for page in pages)
    return [name for name in names if not re.search(rf"`{re.escape(name)}[`{{ ]", text)]


def test_every_command_is_named() -> None:
    names = [f"octollm {name}" for name in cli.list_commands(click.Context(cli))]
    code = "".join(code for page in TEXTS for _, code in blocks(page))
    assert [name for name in missing(names, *TEXTS) if f"{name} " not in code] == []


def test_every_arm_kind_route_and_table_is_named() -> None:
    orchestrator = "docs/components/orchestrator.md"
    routes = [
        f"{method.upper()} {path}"
        for path, methods in create_app(Settings()).openapi()["paths"].items()
        for method in methods
    ]
    assert missing(routes, orchestrator, "docs/components/openai-door.md") == []
    assert missing(list(load_arms(ModelSettings()).arms), "services/arms/README.md") == []
    assert missing([*PiiType, *InjectionType], "docs/components/reflex-layer.md") == []
    assert missing(list(Base.metadata.tables), "docs/architecture.md") == []
    assert missing(list(TRANSITIONS), orchestrator, "docs/glossary.md") == []


EVENT = re.compile(r'(?:emit|event|event_of|Line)\(\s*(?:[\w.]+,\s*)*"([a-z]+\.[a-z_]+)"')
NAMED_EVENT = re.compile(r'^[A-Z]+ = "(task\.[a-z_]+)"$', re.MULTILINE)


def test_every_event_has_its_row() -> None:
    folders = (ROOT / "services/orchestrator/app", ROOT / "services/arms/arms")
    code = "".join(p.read_text("utf-8") for folder in folders for p in folder.rglob("*.py"))
    store = (ROOT / "services/orchestrator/app/lifecycle_store.py").read_text("utf-8")
    endings = re.findall(r'TaskStatus\.\w+: "(\w+)"', store)
    assert len(endings) == 4
    named = NAMED_EVENT.findall(code)
    events = {*EVENT.findall(code), *named, *(f"task.{name}" for name in endings)}
    assert {"model.called", "criterion.judged", "drill.progress"} <= events
    rows = re.findall(
        r"^\| `(\w+\.\w+)` \|", TEXTS["docs/components/orchestrator.md"], re.MULTILINE
    )
    assert sorted(rows) == sorted(events)


def test_the_criteria_of_the_page_are_taken_and_there_is_one_of_each_kind() -> None:
    (example,) = [
        code
        for language, code in blocks("docs/components/orchestrator.md")
        if language == "json" and "acceptance_criteria" in code
    ]
    criteria = TaskRequest.model_validate_json(example).acceptance_criteria
    validate(criteria)
    kinds = [type(criterion) for criterion in criteria]
    assert sorted(map(str, kinds)) == sorted(map(str, [str, *get_args(Check)]))
    judgements = asyncio.run(by_checks(criteria, '{"volume": "data", "percent": 91}', {}))
    assert {judgement.verdict for judgement in judgements} == {"passed"}


def test_every_metric_is_named() -> None:
    registry = CollectorRegistry()
    Metrics(registry)
    ReflexMetrics(registry, lambda: 0)
    QueueDepth(Database(Settings()), registry)
    metrics = [
        f"{family.name}_total" if family.type == "counter" else family.name
        for family in registry.collect()
    ]
    assert len(metrics) > 5
    assert missing(metrics, "docs/components/orchestrator.md") == []


ERRORS = [error for error in OctoError.tree() if error.__module__ == "octollm.errors"]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: error.__name__)
def test_every_problem_has_its_row(error: type[OctoError]) -> None:
    rows = TEXTS["docs/api/problems.md"].splitlines()
    (row,) = [row for row in rows if row.startswith(f"| `{error().type}`")]
    assert f"`{error.__name__}`" in row
    answered = not issubclass(error, TaskFailure | ServerUnreachable | WaitTimeout)
    assert f"| {error.status} |" in row or not answered


def test_the_settings_page_is_what_the_code_says() -> None:
    script = ROOT / "scripts/settings_page.py"
    spec = importlib.util.spec_from_file_location("settings_page", script)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    assert TEXTS["docs/settings.md"] == module.page(), "run: python scripts/settings_page.py"


@pytest.mark.parametrize("settings", [Settings, ModelSettings, ReflexSettings])
def test_every_setting_is_on_the_settings_page(settings: type[BaseSettings]) -> None:
    rows = TEXTS["docs/settings.md"].splitlines()
    prefix = settings.model_config.get("env_prefix", "")
    for name, field in settings.model_fields.items():
        alias = field.validation_alias
        own = alias.choices[0] if isinstance(alias, AliasChoices) else f"{prefix}{name}".upper()
        row = next((row for row in rows if row.startswith("| `") and f"`{own}`" in row), "")
        assert str(field.description) in row, name


@pytest.mark.parametrize("page", TEXTS)
def test_every_link_leads_somewhere(page: str) -> None:
    text = BLOCK.sub("", TEXTS[page])
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        path, _, heading = target.partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        found = (ROOT / page).parent / path if path else ROOT / page
        assert found.exists(), target
        assert not heading or heading in headings(found), target


def test_every_line_of_the_security_page_names_tests_that_are_there() -> None:
    page = TEXTS["docs/security.md"]
    rows = [row for row in page.splitlines() if row.startswith("| ") and row.count("|") == 4][1:]
    assert len(rows) > 10
    for row in rows:
        shown = re.findall(r"\[(test_\w+)\]\(([^)]+)\)", row.rpartition(" | ")[2])
        assert shown, row
        for name, path in shown:
            code = (ROOT / "docs" / path).read_text("utf-8")
            assert re.search(rf"^(?:async )?def {name}\(", code, re.MULTILINE), name


def headings(page: Path) -> list[str]:
    """Return what links to a page's headings are called."""
    titles = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles]


def test_every_path_of_the_contributors_page_is_there() -> None:
    text = BLOCK.sub("", TEXTS["CONTRIBUTING.md"])
    paths = re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w.-]+\.(?:md|toml|lock))`", text)
    assert len(paths) > 20
    assert [path for path in paths if not (ROOT / path).exists()] == []
    tests = re.findall(r"`(test_\w+)(?:\.py)?`", text)
    code = "".join(f"{p.name} {p.read_text('utf-8')}" for p in ROOT.glob("services/*/tests/*.py"))
    assert [name for name in tests if name not in code] == []


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_is_short_and_listed(page: Path) -> None:
    text = page.read_text("utf-8")
    assert len(text.splitlines()) <= 40
    for part in ("## Context", "## Decision", "## Consequences"):
        assert part in text, part
    assert f"({page.name})" in TEXTS["docs/decisions/README.md"]
