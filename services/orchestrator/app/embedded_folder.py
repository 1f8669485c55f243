"""The data folder of the embedded server: who holds it, what was left in it, what is made in it."""

from __future__ import annotations

import fcntl
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from app.embedded_programs import (
    Account,
    EmbeddedPostgresError,
    Programs,
    blocking_folder,
    spawn_options,
)

SUPERUSER, PORT = "postgres", 5432  # the port only names the socket file
_SOCKET_PATH_BYTES = 103  # sun_path less its NUL: 107 on Linux, 103 on macOS and BSD
_POLL_SECONDS = 0.01


def open_private(path: Path, flags: int = 0) -> int:
    """Open or create a file of ours; never through a link that another user may have put there."""
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC | flags, 0o600)


def make_folder(data_dir: Path, account: Account | None) -> None:
    """Create `data_dir` if there is none, and let `account` pass through it to what is its own.

    Raises `EmbeddedPostgresError` when a folder above keeps the account out: that one is not ours.
    """
    if account is None:
        data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
        return
    _require_way(data_dir, account)
    data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    _require_way(data_dir, account)  # a strict umask closes what was made on the way
    if not account.may_enter(data_dir):
        data_dir.chmod(data_dir.stat().st_mode & 0o7777 | 0o001)


def _require_way(data_dir: Path, account: Account) -> None:
    if blocked := blocking_folder(data_dir.parent, account):
        raise EmbeddedPostgresError(
            f"PostgreSQL does not run as root, and user {account.name} cannot pass through "
            f"{blocked} to {data_dir}: choose a data folder elsewhere, such as /var/lib/octollm, "
            f"or allow it with chmod o+x {blocked}"
        )


@contextmanager
def locked(data_dir: Path) -> Iterator[None]:
    """Hold the folder for this process. The file stays: who removes a lock file makes two locks."""
    lock = open_private(data_dir / "lock")
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(lock, 20).decode().strip() or "unknown"
            raise EmbeddedPostgresError(
                f"{data_dir} is in use by another octollm, process {holder}: stop that one, "
                "or choose another data folder"
            ) from None
        os.ftruncate(lock, 0)
        os.write(lock, f"{os.getpid()}\n".encode())
        yield
    finally:
        os.close(lock)


def end_servers_in(cluster: Path, patience: float) -> None:
    """End every server that works in `cluster`: fast, then at once, then by force.

    Waits `patience` seconds after each. Call it with the lock held: then no such server belongs to
    anybody. What is signalled is found by its program and its folder, never by the number in
    `postmaster.pid`, which may by now be the number of something else. That file goes too:
    PostgreSQL would not start while that other program runs.
    """
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGKILL):
        servers = _servers_in(cluster)
        ids = {server.pid for server in servers}
        for server in servers:
            with suppress(psutil.NoSuchProcess):
                if server.ppid() not in ids:
                    server.send_signal(number)
        limit = time.monotonic() + patience
        while servers and time.monotonic() < limit:
            time.sleep(_POLL_SECONDS)
            servers = _servers_in(cluster)
        if not servers:
            (cluster / "postmaster.pid").unlink(missing_ok=True)
            return
    raise EmbeddedPostgresError(f"PostgreSQL processes {sorted(ids)} in {cluster} do not end")


def _servers_in(cluster: Path) -> list[psutil.Process]:
    """Return the PostgreSQL processes on `cluster`. All of them have it as working directory."""
    return [
        process
        for process in psutil.process_iter(["exe", "cwd"])
        if Path(process.info["exe"] or "").name == "postgres"
        and process.info["cwd"] == str(cluster)
    ]


def make_cluster(cluster: Path, programs: Programs, account: Account | None, durable: bool) -> None:
    """Run initdb if there is no cluster yet, beside its place, so that half of one never counts.

    Raises `EmbeddedPostgresError` if initdb fails or the cluster is of another major version.
    """
    for unfinished in cluster.parent.glob("initdb-*"):
        shutil.rmtree(unfinished)
    if cluster.exists():
        made_by = (cluster / "PG_VERSION").read_text().strip()
        if made_by != programs.major:
            raise EmbeddedPostgresError(
                f"{cluster} was made by PostgreSQL {made_by}, and this is {programs.version}: "
                f"choose another data folder, or move the data with pg_dump of {made_by}"
            )
        return
    fresh = _new_folder(cluster.parent, "initdb-", account)
    command: list[str | Path] = [programs.bin_dir / "initdb", "-D", fresh, "-U", SUPERUSER]
    command += ["--auth=trust", "--encoding=UTF8", "--no-locale", "--no-instructions"]
    command += [] if durable else ["--no-sync"]
    answer = subprocess.run(  # noqa: S603  the programs the caller chose
        command, check=False, stdout=subprocess.PIPE, **spawn_options(account, fresh)
    )
    if answer.returncode != 0:
        shutil.rmtree(fresh)
        said = answer.stdout.decode(errors="replace")[-2000:].rstrip()
        raise EmbeddedPostgresError(f"initdb failed in {cluster.parent}:\n{said}")
    fresh.rename(cluster)
    if durable:
        _sync(cluster.parent)


def _sync(folder: Path) -> None:
    """Have a rename in `folder` survive a power cut, as what was renamed does."""
    opened = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _new_folder(parent: Path | None, prefix: str, account: Account | None) -> Path:
    """Make a folder of mode 0700 that belongs to the server's user."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=parent))
    if account is not None:
        os.chown(folder, account.uid, account.gid)
    return folder


@contextmanager
def socket_folder(data_dir: Path, account: Account | None) -> Iterator[Path]:
    """Give a folder for the server's socket that no other user can enter, within `data_dir`.

    Where that path is too long for a socket, or has the comma that parts two hosts in libpq, it is
    one below the system's temporary folder, removed afterwards, by the next start if need be.
    """
    inside, link = data_dir / "socket", data_dir / "socket-elsewhere"
    if link.is_symlink():
        _remove_socket_folder(link)
    if _can_hold_socket(inside):
        inside.mkdir(mode=0o700, exist_ok=True)
        if account is not None:
            os.chown(inside, account.uid, account.gid)
        yield inside
        return
    outside = _new_folder(None, "octollm-", account)
    link.symlink_to(outside)
    try:
        blocked = blocking_folder(outside, account) if account else None
        if blocked or not _can_hold_socket(outside):
            raise EmbeddedPostgresError(
                f"no folder for the server's socket: neither {inside} nor {outside} can be used; "
                "choose a data folder with a shorter path, or set TMPDIR"
            )
        yield outside
    finally:
        _remove_socket_folder(link)


def socket_in(data_dir: Path) -> Path:
    """Return the folder that `socket_folder` gave to the server that runs on a folder."""
    link = data_dir / "socket-elsewhere"
    return link.readlink() if link.is_symlink() else data_dir / "socket"


def _can_hold_socket(folder: Path) -> bool:
    longest = os.fsencode(folder / f".s.PGSQL.{PORT}")
    return len(longest) <= _SOCKET_PATH_BYTES and b"," not in longest


def _remove_socket_folder(link: Path) -> None:
    """Remove the folder behind `link` if nothing but a server's socket is in it, and the link."""
    folder = link.readlink()
    with suppress(OSError):
        (folder / f".s.PGSQL.{PORT}").unlink(missing_ok=True)
        (folder / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)
        folder.rmdir()
    link.unlink()
