"""Arms of other packages: installed for real, found by their entry point and run."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from arms.roster import Roster, load_arms

ARM = """
from octollm.arm import Outcome

class Shout:
    name = "shout"
    description = "Says it louder."

    def score(self, contract):
        return 0.95 if "shout" in contract.goal else 0.0

    async def run(self, contract, context):
        return Outcome(contract.goal.upper())
"""

Install = Callable[..., None]


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Install]:
    """Install a distribution with one module and its entry points, as pip lays it out."""
    modules: list[str] = []

    def put(source: str, module: str = "shouting", **entries: str) -> None:
        site = tmp_path / module
        package, info = site / module, site / f"{module}-1.0.dist-info"
        package.mkdir(parents=True)
        info.mkdir()
        (package / "__init__.py").write_text(source, encoding="utf-8")
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        lines = [f"{name} = {target}" for name, target in entries.items()]
        (info / "entry_points.txt").write_text("\n".join(["[octollm.arms]", *lines, ""]))
        monkeypatch.syspath_prepend(site)
        modules.append(module)

    yield put
    for module in modules:
        sys.modules.pop(module, None)


async def test_an_installed_arm_is_loaded_offers_itself_and_runs(
    install: Install, attempt: Any, contract: Any
) -> None:
    install(ARM, shout="shouting:Shout")
    roster = load_arms()
    assert roster.problems == ()
    wanted = contract("shout hello")
    assert max(roster.arms, key=lambda name: roster.arms[name].score(wanted)) == "shout"
    assert (await attempt.run(roster.arms["shout"], wanted.goal)).output == "SHOUT HELLO"


def test_an_arm_that_is_there_no_more_is_gone(install: Install) -> None:
    assert "shout" not in load_arms().arms


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('private')", "could not be loaded (RuntimeError)"),
        ("import sys; sys.exit(3)", "could not be loaded (SystemExit)"),
        ("import no_such_package_at_all", "could not be loaded (ModuleNotFoundError)"),
        ("", "could not be loaded (AttributeError)"),
        ("Shout = 'not callable'", "could not be loaded (TypeError)"),
        ("def Shout(): return object()", "is not an Arm"),
        (ARM + "\nLoud = Shout\ndef Shout(): return Loud", "is not an Arm"),
        (ARM + "\nShout.run = 'later'", "is not an Arm"),
        (ARM + "\nShout.description = None", "is not an Arm"),
        (ARM + "\nShout.name = 'Shout!'", "has a name that does not match"),
        (ARM + "\nShout.name = 'shout\\n'", "has a name that does not match"),
        (ARM + "\nShout.name = 7", "has a name that does not match"),
        (ARM + "\nShout.name = 'guardian'", "has a name that is already used: guardian"),
    ],
)
def test_an_arm_that_cannot_be_used_is_left_out_and_reported(
    install: Install, caplog: pytest.LogCaptureFixture, source: str, reason: str
) -> None:
    before = load_arms().arms
    install(source, shout="shouting:Shout")
    roster = load_arms()
    assert set(roster.arms) == set(before)
    assert roster.arms["guardian"].__class__ is before["guardian"].__class__
    assert [problem.entry_point for problem in roster.problems] == ["shout"]
    assert roster.problems[0].reason.startswith(reason)
    assert caplog.messages == ["arm_not_loaded entry_point=shout"]


def test_of_two_arms_of_one_name_the_first_entry_point_wins(install: Install) -> None:
    install(ARM, module="shouting_b", b="shouting_b:Shout")
    install(ARM, module="shouting_a", a="shouting_a:Shout")
    roster: Roster = load_arms()
    assert type(roster.arms["shout"]).__module__ == "shouting_a"
    assert [problem.entry_point for problem in roster.problems] == ["b"]


def test_one_bad_arm_does_not_keep_another_out(install: Install) -> None:
    install("raise RuntimeError", module="broken", a="broken:Arm")
    install(ARM, shout="shouting:Shout")
    assert "shout" in load_arms().arms
