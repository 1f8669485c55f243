"""What is deployed names commands, settings and metrics there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import httpx2
import pytest
import yaml

from app.config import Settings
from arms.config import ModelSettings
from octollm.cli import cli
from reflex_layer.config import Settings as ReflexSettings
from reflex_layer.main import create_app as create_reflex

DEPLOY = Path(__file__).parent.parent / "deploy"
SETTINGS = {
    *(f"OCTOLLM_{name.upper()}" for name in (*Settings.model_fields, *ModelSettings.model_fields)),
    *(f"REFLEX_{name.upper()}" for name in ReflexSettings.model_fields),
}
METRIC = re.compile(r"\b(?:octollm|reflex|http)_[a-z_]+")


def manifests() -> Iterator[dict[str, Any]]:
    for path in sorted((DEPLOY / "kubernetes").glob("*.yaml")):
        yield from yaml.safe_load_all(path.read_text("utf-8"))


def pods() -> dict[str, dict[str, Any]]:
    return {
        one["metadata"]["name"]: one["spec"]["template"]["spec"]
        for one in manifests()
        if one["kind"] in ("Deployment", "Job")
    }


@pytest.mark.parametrize("name", pods())
def test_a_pod_runs_a_command_there_is_as_nobody(name: str) -> None:
    pod = pods()[name]
    (container,) = pod["containers"]
    command, *arguments = container["args"]
    found = cli.get_command(click.Context(cli), command)
    assert found is not None
    found.make_context(command, arguments)
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["resources"]["limits"]["memory"]


def test_pods_are_set_up_with_settings_there_are() -> None:
    (config,) = [one["data"] for one in manifests() if one["kind"] == "ConfigMap"]
    assert set(config) <= SETTINGS
    text = (DEPLOY.parent / "docs/deployment.md").read_text("utf-8")
    named = set(re.findall(r"\b(?:OCTOLLM|REFLEX)_[A-Z_]+", text))
    assert named <= SETTINGS, named - SETTINGS


def test_a_stopping_worker_pod_gets_longer_than_its_tasks_do() -> None:
    grace = pods()["worker"]["terminationGracePeriodSeconds"]
    assert grace > Settings.model_fields["worker_grace"].default


def test_one_file_of_kubernetes_is_applied_by_hand_alone() -> None:
    listed = set(
        yaml.safe_load((DEPLOY / "kubernetes/kustomization.yaml").read_text())["resources"]
    )
    there = {path.name for path in (DEPLOY / "kubernetes").glob("*.yaml")}
    assert there - listed == {"kustomization.yaml", "scaling.yaml"}
    assert listed <= there


async def metrics(house: Any) -> set[str]:
    """Return the names of all series that API, worker and Reflex Layer serve."""
    pages = [(await house.http.get("/metrics")).text]
    app = create_reflex(ReflexSettings())
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app), base_url="http://reflex"
    ) as client:
        pages.append((await client.get("/metrics")).text)
    families = re.findall(r"^# TYPE (\w+) ", "\n".join(pages), re.MULTILINE)
    return {name for family in families for name in (family, f"{family}_bucket")}


def expressions() -> Iterator[str]:
    rules = yaml.safe_load((DEPLOY / "prometheus/alerts.yaml").read_text("utf-8"))
    for group in rules["groups"]:
        for rule in group["rules"]:
            assert rule["annotations"]["summary"]
            assert rule["annotations"]["do"]
            yield rule["expr"]
    board = json.loads((DEPLOY / "grafana/octollm.json").read_text("utf-8"))
    for panel in board["panels"]:
        for target in panel["targets"]:
            yield target["expr"]


async def test_alerts_and_the_dashboard_ask_for_metrics_there_are(house: Any) -> None:
    asked = {name for expression in expressions() for name in METRIC.findall(expression)}
    there = await metrics(house)
    assert len(asked) > 10
    assert asked <= there, asked - there
