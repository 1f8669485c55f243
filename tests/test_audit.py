"""`make audit`: what is known fails it, and a machine without a network does not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SCRIPT = Path(__file__).parent.parent / "scripts/audit.py"
SOUND = {"dependencies": [{"name": "sound", "version": "1.0", "vulns": []}]}
FLAW = {"id": "PYSEC-2026-1", "aliases": ["CVE-2026-1"], "fix_versions": ["1.1"]}
FLAWED = {"dependencies": [{"name": "flawed", "version": "1.0", "vulns": [FLAW]}]}
OFFLINE = "ERROR: HTTPSConnectionPool: Max retries exceeded (NameResolutionError)"


def audited(folder: Path, stdout: str, stderr: str = "") -> subprocess.CompletedProcess[str]:
    """Run the script with a pip-audit that says this."""
    program = folder / "pip-audit"
    said = f"import sys; sys.stdout.write({stdout!r}); sys.stderr.write({stderr!r}); sys.exit(1)"
    program.write_text(f"#!{sys.executable}\n{said}\n")
    program.chmod(0o700)
    command = [sys.executable, str(SCRIPT), str(program), "some.lock"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("report", "code", "said"),
    [(SOUND, 0, "1 packages, no known"), (FLAWED, 1, "flawed 1.0: PYSEC-2026-1, CVE-2026-1")],
)
def test_what_is_known_is_told_and_fails(
    tmp_path: Path, report: dict[str, Any], code: int, said: str
) -> None:
    done = audited(tmp_path, json.dumps(report))
    assert (done.returncode, said in done.stdout) == (code, True)


def test_without_a_network_it_says_so_and_does_not_fail(tmp_path: Path) -> None:
    done = audited(tmp_path, "", OFFLINE)
    assert done.returncode == 0
    assert "could not reach the advisory database; nothing was checked" in done.stdout


def test_an_audit_that_breaks_is_no_good_news(tmp_path: Path) -> None:
    done = audited(tmp_path, "", "Traceback: a bug")
    assert (done.returncode, "a bug" in done.stderr) == (2, True)
