"""Truths about the works: the locks, the verbs, the hooks, the containers, what is committed."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import click
import pytest
import yaml
from click.testing import CliRunner
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic_settings import BaseSettings

from app.config import Settings
from arms.config import ModelSettings
from octollm.cli import cli
from reflex_layer.config import Settings as ReflexSettings

ROOT = Path(__file__).parent.parent
PROJECTS = [ROOT / "pyproject.toml", *sorted(ROOT.glob("*/*/pyproject.toml"))]
VERBS = [
    *(
        "audit",
        "bench",
        "bench-pages",
        "bench-quick",
        "check",
        "clean",
        "coverage",
        "demo",
        "faults",
        "format",
        "fuzz",
        "help",
        "hooks",
        "lock",
    ),
    *("migration", "openapi", "screenshots", "test", "up", "weights"),
]
GROUP_LOCKS = {
    "bench": "benchmarks/requirements.lock",
    "audit": "scripts/audit.lock",
    "training": "services/reflex-layer/training/requirements.lock",
}
LOCKS = ["requirements.lock", "deploy/requirements.lock", *GROUP_LOCKS.values()]
SETTINGS: dict[str, type[BaseSettings]] = {"OCTOLLM_": Settings, "REFLEX_": ReflexSettings}

# In two parts each, or this file would be the first to be found.
REGISTRIES = [f"{name}.{end}" for name, end in (
    ("pypi", "org"), ("pythonhosted", "org"), ("docker", "io"), ("ghcr", "io"), ("quay", "io"),
    ("gcr", "io"), ("npmjs", "org"), ("anaconda", "org"),
)]  # fmt: skip
MACHINE_PATHS = [f"/{name}/" for name in ("work", "tmp/uvenv", "root/.pyenv", "opt/pypi")]


def locked(name: str) -> dict[str, set[str]]:
    """Return what a lock pins, as `name==version`, each with its hashes."""
    pins: dict[str, set[str]] = {}
    for line in (ROOT / name).read_text().replace("\\\n", " ").splitlines():
        if line and not line.startswith("#"):
            requirement, *hashes = re.split(r"\s+--hash=sha256:", line.strip())
            pins[requirement.partition(";")[0].strip()] = set(hashes)
    return pins


def versions(name: str) -> dict[str, str]:
    """Return the version a lock pins of each package, extras left off the names."""
    pairs = (pin.split("==") for pin in locked(name))
    return {package.partition("[")[0]: version for package, version in pairs}


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_pins_every_package_with_hashes_and_says_no_place_to_get_it(name: str) -> None:
    pins = locked(name)
    assert pins
    for pin, hashes in pins.items():
        assert re.fullmatch(r"[a-z0-9-]+(\[[a-z0-9, -]+\])?==[\w.]+", pin), pin
        assert hashes, pin
        assert all(re.fullmatch("[0-9a-f]{64}", value) for value in hashes), pin
    assert not [line for line in (ROOT / name).read_text().splitlines() if "/" in line]


def test_the_image_gets_what_everybody_else_gets() -> None:
    everything = locked("requirements.lock")
    for pin, hashes in locked("deploy/requirements.lock").items():
        assert everything.get(pin) == hashes, pin


def declared() -> Iterator[tuple[Requirement, str]]:
    """Yield what the pyproject files ask for, each with the lock that has to hold it."""
    for path in PROJECTS:
        content = tomllib.loads(path.read_text())
        project = content.get("project", {})
        extras = project.get("optional-dependencies", {}).values()
        for name in chain(project.get("dependencies", ()), *extras):
            yield Requirement(name), "requirements.lock"
        for group, names in content.get("dependency-groups", {}).items():
            for name in names:
                yield Requirement(name), GROUP_LOCKS.get(group, "requirements.lock")


def test_the_locks_have_what_the_projects_ask_for() -> None:
    ours = {tomllib.loads(path.read_text()).get("project", {}).get("name") for path in PROJECTS}
    pins = {name: versions(name) for name in LOCKS}
    assert not ours & set(pins["requirements.lock"])
    for wanted, lock in declared():
        if wanted.name not in ours:
            name = canonicalize_name(wanted.name)
            assert name in pins[lock], f"{wanted}: run make lock"
            assert wanted.specifier.contains(pins[lock][name]), f"{wanted}: run make lock"


def make(*arguments: str) -> str:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    command = ["make", "--no-print-directory", *arguments]
    made = subprocess.run(command, cwd=ROOT, env=clean, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stderr
    return made.stdout


def test_make_alone_lists_every_verb_with_its_sentence() -> None:
    listed = dict(line.split(maxsplit=2)[1:] for line in make().splitlines())
    assert sorted(listed) == sorted(VERBS)
    assert all(sentence[0].isupper() for sentence in listed.values())


def test_hooks_call_verbs_that_are_there() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    entries = [hook["entry"].split() for repo in config["repos"] for hook in repo["hooks"]]
    verbs = [words[-1] for words in entries if words[0] == "make"]
    assert verbs
    make("--dry-run", *verbs)
    for words in entries:
        assert words[0] == "make" or words[0].startswith(".venv/bin/")


@pytest.mark.parametrize("command", ["serve", "worker"])
@pytest.mark.parametrize("variable", ["OCTOLLM_MODEL", "OCTOLLM_JUDGE_MODEL"])
def test_a_model_needs_a_key_to_keep_its_answers_under(command: str, variable: str) -> None:
    environment = {variable: "ollama:qwen3", "OCTOLLM_SECRET_KEY": ""}
    ended = CliRunner().invoke(cli, [command], env=environment)
    assert ended.exit_code == 2
    assert "OCTOLLM_SECRET_KEY" in ended.output


@pytest.mark.parametrize("command", ["up", "serve", "worker", "arms"])
@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("OCTOLLM_MODEL", "gpt", "OCTOLLM_MODEL"),
        ("OCTOLLM_MODEL_PRICES", "1,", "OCTOLLM_MODEL_PRICES"),
    ],
)
def test_a_wrong_setting_of_a_model_is_named(
    command: str, variable: str, value: str, said: str
) -> None:
    ended = CliRunner().invoke(cli, [command], env={variable: value})
    assert ended.exit_code == 2
    assert said in ended.output


@pytest.mark.parametrize("command", ["up", "serve", "worker"])
def test_a_wrong_setting_of_who_screens_is_named(command: str) -> None:
    environment = {"OCTOLLM_REFLEX_URL": "in-process", "REFLEX_GUARD": "onnx:/nowhere"}
    ended = CliRunner().invoke(cli, [command], env=environment)
    assert ended.exit_code == 2
    assert ended.output.startswith("REFLEX_GUARD: /nowhere: ")


def compose() -> dict[str, Any]:
    """Return the services of compose.yaml, variables replaced by their defaults."""
    text = re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", (ROOT / "compose.yaml").read_text())
    services: dict[str, Any] = yaml.safe_load(text)["services"]
    return services


OURS = [name for name, service in compose().items() if service["image"] == "octollm"]


@pytest.mark.parametrize("name", OURS)
def test_a_container_runs_a_command_there_is(name: str) -> None:
    command, *arguments = compose()[name]["command"]
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    assert not (found.help or "").startswith("Not available")
    found.make_context(command, arguments)


@pytest.mark.parametrize("name", OURS)
def test_a_container_is_set_up_with_settings_there_are(name: str) -> None:
    given: dict[str, dict[str, Any]] = {prefix: {} for prefix in SETTINGS}
    for variable, value in compose()[name]["environment"].items():
        prefix, _, field = variable.partition("_")
        if prefix == "OPENAI":  # a client's own variable
            continue
        models = field.lower() in ModelSettings.model_fields
        known = ModelSettings if models else SETTINGS[f"{prefix}_"]
        assert field.lower() in known.model_fields
        if not models and value is not None:  # without one, it is taken from the shell
            given[f"{prefix}_"][field.lower()] = value
    for prefix, settings in SETTINGS.items():
        settings(**given[prefix])


def test_containers_are_reached_from_this_machine_alone() -> None:
    published = [port for service in compose().values() for port in service.get("ports", ())]
    assert published
    assert all(port.startswith("127.0.0.1:") for port in published)


def test_a_stopping_worker_container_gets_longer_than_its_tasks_do() -> None:
    grace = int(compose()["worker"]["stop_grace_period"].removesuffix("s"))
    assert grace > Settings.model_fields["worker_grace"].default


def committed() -> list[Path]:
    """Return the files of the repository, those too that are not committed yet."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("no git checkout: cannot tell what is committed")
    return [ROOT / name for name in listed.stdout.split("\0") if (ROOT / name).is_file()]


@pytest.mark.parametrize("words", [REGISTRIES, MACHINE_PATHS], ids=["registries", "paths"])
def test_no_file_names_a_registry_or_the_place_it_was_written(words: list[str]) -> None:
    pattern = re.compile("|".join(map(re.escape, words)).encode())
    found = [
        str(path.relative_to(ROOT)) for path in committed() if pattern.search(path.read_bytes())
    ]
    assert not found


def test_no_file_holds_both_sides_of_a_merge() -> None:
    pattern = re.compile(rb"^(<{7}|>{7}) ", re.MULTILINE)
    found = [
        str(path.relative_to(ROOT)) for path in committed() if pattern.search(path.read_bytes())
    ]
    assert not found
