"""The laptop's key: made once, by one of those who want it, and for no other eyes."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from app.key_file import NAME, KeyFileUnusable, key_in
from app.vault import Vault, new_key


def test_the_key_stays_the_same_and_is_its_owner_s_alone(tmp_path: Path) -> None:
    key = key_in(tmp_path)
    Vault([key])
    assert key_in(tmp_path) == key
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


def test_processes_that_start_at_once_agree_on_one(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4, mp_context=get_context("spawn")) as pool:
        assert len(set(pool.map(key_in, [tmp_path] * 12))) == 1
    assert [file.name for file in tmp_path.iterdir()] == [NAME]


def test_a_key_the_operator_put_there_is_used(tmp_path: Path) -> None:
    key = new_key()
    (tmp_path / NAME).write_text(f"{key}\n")
    assert key_in(tmp_path) == key


@pytest.mark.parametrize("content", [b"", b"CANARY", b"\xff\xfe", b"x" * 10_000])
def test_a_file_without_a_key_is_neither_used_nor_replaced_nor_quoted(
    tmp_path: Path, content: bytes
) -> None:
    (tmp_path / NAME).write_bytes(content)
    with pytest.raises(KeyFileUnusable, match=NAME) as caught:
        key_in(tmp_path)
    assert "CANARY" not in str(caught.value)
    assert (tmp_path / NAME).read_bytes() == content


def test_a_link_that_another_may_have_put_there_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").write_text(new_key())
    (tmp_path / NAME).symlink_to(tmp_path / "elsewhere")
    with pytest.raises(KeyFileUnusable):
        key_in(tmp_path)


def test_a_folder_that_cannot_be_written_to_is_named(tmp_path: Path) -> None:
    with pytest.raises(KeyFileUnusable, match="nowhere"):
        key_in(tmp_path / "nowhere")
