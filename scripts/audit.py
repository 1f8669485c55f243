"""Looks for known vulnerabilities in what a lock pins: python scripts/audit.py PIP_AUDIT LOCK…

Exit codes: 0 nothing is known, or nobody could be asked, which is said; 1 something is known; 2 the
audit itself failed.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

UNCHECKED = "{}: could not reach the advisory database; nothing was checked\n"
UNREACHABLE = (
    *("connectionerror", "could not connect", "connection refused", "connection reset"),
    *("failed to resolve", "max retries exceeded", "name or service not known", "network is"),
    *("temporary failure", "timed out", "proxyerror", "connection aborted", "serviceunavailable"),
    *("404 client error", "403 client error", "502 server error", "503 server error"),
)
"""What pip-audit says when there is no network, or one that leads to no advisory database."""


def audited(pip_audit: str, lock: Path) -> int:
    """Audit one lock, print what was found, and return the exit code."""
    command = [pip_audit, "--requirement", str(lock), "--require-hashes", "--disable-pip"]
    command += ["--format", "json", "--progress-spinner", "off", "--timeout", "30"]
    try:
        done = subprocess.run(  # noqa: S603  (the program that the verb has installed)
            command, capture_output=True, text=True, check=False
        )
    except FileNotFoundError:  # it could not be installed, which was said
        sys.stdout.write(UNCHECKED.format(lock))
        return 0
    try:
        packages: list[dict[str, Any]] = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        said = done.stderr.strip()
        if any(sign in said.lower() for sign in UNREACHABLE):
            sys.stdout.write(UNCHECKED.format(lock))
            return 0
        sys.stderr.write(f"{lock}: pip-audit failed:\n{said}\n")
        return 2
    found = [(package, flaw) for package in packages for flaw in package.get("vulns", ())]
    for package, flaw in found:
        fixed = ", ".join(flaw.get("fix_versions", ())) or "no version yet"
        names = ", ".join([flaw["id"], *flaw.get("aliases", ())])
        sys.stdout.write(
            f"{lock}: {package['name']} {package['version']}: {names}; mended in {fixed}\n"
        )
    if not found:
        sys.stdout.write(f"{lock}: {len(packages)} packages, no known vulnerability\n")
    return 1 if found else 0


def main(pip_audit: str, *locks: str) -> int:
    """Audit every lock and return the worst exit code."""
    return max(audited(pip_audit, Path(lock)) for lock in locks)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
