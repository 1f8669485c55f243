"""Documents through both clients and the command line, against a scripted server."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from octollm.cli import cli
from octollm.documents import MAX_DOCUMENT_CHARACTERS
from octollm.errors import DocumentNotFound, InvalidRequest, OctoError

from .scripted_server import Answer, ScriptedServer, problem

Run = Callable[..., Result]
DOCUMENT_ID = "0c9a1f57-7d0e-4b4f-8a53-2b5a7f1f6d20"
FINDINGS = [{"field": "text", "kind": "Email", "start": 12, "end": 29}]
REFUSED = problem("pii-detected", 422, findings=FINDINGS)


def document(name: str = "a.md", **changes: Any) -> dict[str, Any]:
    return {
        "document_id": DOCUMENT_ID,
        "name": name,
        "characters": 66,
        "sha256": "ab" * 32,
        "passages": 1,
        "created_at": "2026-11-01T10:00:00Z",
    } | changes


def page(*names: str, cursor: str | None = None) -> Answer:
    return Answer(200, {"documents": [document(name) for name in names], "next_cursor": cursor})


def added(name: str = "a.md") -> Answer:
    return Answer(201, document(name))


@pytest.fixture
def run(server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    monkeypatch.chdir(tmp_path)

    def invoke(*arguments: str, stdin: str | bytes | None = None) -> Result:
        command = ["--url", server.url, "docs", *arguments]
        result = CliRunner().invoke(cli, command, input=stdin)
        assert result.exception is None or isinstance(result.exception, SystemExit)
        return result

    return invoke


def test_a_client_adds_a_document(client: Any, server: ScriptedServer) -> None:
    server.answer(added(), added())
    assert client.add_document("a.md", "Leave is 26 weeks.").name == "a.md"
    client.add_document("a.md", "b", pii_policy="allow")
    first, second = server.received
    assert (first.method, first.path) == ("POST", "/documents")
    assert first.json == {"name": "a.md", "text": "Leave is 26 weeks."}
    assert second.json == {"name": "a.md", "text": "b", "pii_policy": "allow"}


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (("", "b"), "name"),
        (("a\nb", "c"), "name"),
        (("a", " "), "text"),
        (("a", "x" * (MAX_DOCUMENT_CHARACTERS + 1)), "text"),
    ],
)
def test_a_document_of_the_wrong_form_is_never_sent(
    client: Any, server: ScriptedServer, arguments: tuple[str, str], field: str
) -> None:
    with pytest.raises(InvalidRequest) as caught:
        client.add_document(*arguments)
    assert caught.value.errors[0]["field"] == field
    assert server.received == []


def test_documents_walks_over_all_pages(client: Any, server: ScriptedServer) -> None:
    server.answer(page("b", "a", cursor="c1"), page("z"))
    assert [found.name for found in client.documents(page_size=2)] == ["b", "a", "z"]
    assert server.received[1].query == {"limit": "2", "cursor": "c1"}


def test_a_list_may_be_narrowed_to_a_name(client: Any, server: ScriptedServer) -> None:
    server.answer(page("a b"))
    assert client.list_documents(name="a b").documents[0].name == "a b"
    assert server.received[0].query == {"name": "a b"}


def test_a_document_is_deleted_or_not_found(client: Any, server: ScriptedServer) -> None:
    server.answer(Answer(204, b""), problem("document-not-found", 404))
    assert client.delete_document(DOCUMENT_ID) is None
    assert (server.received[0].method, server.received[0].path) == (
        "DELETE",
        f"/documents/{DOCUMENT_ID}",
    )
    with pytest.raises(DocumentNotFound):
        client.delete_document(DOCUMENT_ID)
    with pytest.raises(InvalidRequest, match="document_id"):
        client.delete_document("nonsense")


def test_an_empty_answer_where_a_document_belongs_is_unreadable(
    client: Any, server: ScriptedServer
) -> None:
    server.answer(Answer(200, b""))
    with pytest.raises(OctoError, match="not as an OctoLLM server"):
        client.list_documents()


def test_files_and_folders_are_added_a_line_each(
    run: Run, server: ScriptedServer, tmp_path: Path
) -> None:
    for name in ("one.log", "book/b.md", "book/sub/a.txt", "book/c.png", "book/.git/d.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"\xef\xbb\xbfcaf\xc3\xa9")
    server.answer(added("one.log"), added("book/b.md"), added("book/sub/a.txt"))
    result = run("add", "./one.log", "book/", "book/b.md")
    assert result.exit_code == 0, result.stderr
    assert [sent.json for sent in server.received] == [
        {"name": name, "text": "café"} for name in ("one.log", "book/b.md", "book/sub/a.txt")
    ]
    assert [line.split()[:2] for line in result.stdout.splitlines()] == [
        ["added", "one.log"],
        ["added", "book/b.md"],
        ["added", "book/sub/a.txt"],
    ]


def test_patterns_choose_the_files_of_a_folder(
    run: Run, server: ScriptedServer, tmp_path: Path
) -> None:
    for name in ("a.rst", "b.py", "c.md"):
        (tmp_path / name).write_text("text")
    server.answer(added(), added())
    run("add", str(tmp_path), "--glob", "*.rst", "--glob", "*.py", "--pii-policy", "allow")
    assert [sent.json["name"].rpartition("/")[2] for sent in server.received] == ["a.rst", "b.py"]
    assert {sent.json["pii_policy"] for sent in server.received} == {"allow"}


def test_stdin_is_added_under_the_name_it_is_given(run: Run, server: ScriptedServer) -> None:
    server.answer(added("notes"))
    assert run("add", "-", "--name", "notes", stdin="some text\n").exit_code == 0
    assert server.received[0].json == {"name": "notes", "text": "some text\n"}


def test_a_refused_document_does_not_keep_the_next_out(
    run: Run, server: ScriptedServer, tmp_path: Path
) -> None:
    contents = {"1.md": b"a", "2.md": b"\xff", "3.md": b"x" * 1_200_000, "4.md": b" ", "5.md": b"b"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    server.answer(REFUSED, added("5.md"))
    result = run("add", *contents)
    assert result.exit_code == 1
    assert result.stdout.split()[:2] == ["added", "5.md"]
    lines = result.stderr.splitlines()
    assert [line.split()[:2] for line in lines] == [["refused", f"{n}.md"] for n in range(1, 5)]
    for line, said in zip(lines, ("A detail", "UTF-8", "250,000", "blank"), strict=True):
        assert said in line


def test_a_server_that_is_away_ends_it(run: Run, server: ScriptedServer, tmp_path: Path) -> None:
    for name in ("1.md", "2.md"):
        (tmp_path / name).write_text("text")
    server.answer(added("1.md"), problem("reflex-unavailable", 503, {"Retry-After": "900"}))
    result = run("add", "1.md", "2.md")
    assert result.exit_code == 3
    assert "in 900 s" in result.stderr


@pytest.mark.parametrize(
    "arguments",
    [
        ["add"],
        ["add", "-"],
        ["add", "/no/such/file"],
        ["add", "empty"],
        ["add", "full", "--glob", "/absolute"],
        ["add", "full", "--glob", ""],
        ["add", "full", "--name", "one name for two"],
        ["add", "full", "--pii-policy", "redact"],
        ["rm"],
    ],
)
def test_what_must_be_written_otherwise_is_2_and_sends_nothing(
    run: Run, server: ScriptedServer, tmp_path: Path, arguments: list[str]
) -> None:
    for name in ("empty", "full"):
        (tmp_path / name).mkdir()
    for name in ("a.md", "b.md"):
        (tmp_path / "full" / name).write_text("text")
    assert run(*arguments).exit_code == 2
    assert server.received == []


def test_list_is_a_table_of_all_pages(run: Run, server: ScriptedServer) -> None:
    server.answer(page("b.md", "\x1b[2Jhostile", cursor="c"), page("a.md"))
    result = run("list")
    assert [name in result.stdout for name in ("b.md", "a.md", DOCUMENT_ID)] == [True] * 3
    assert "\x1b" not in result.stdout


def test_list_stops_at_its_limit_and_says_when_there_is_nothing(
    run: Run, server: ScriptedServer
) -> None:
    server.answer(page("b.md", "a.md", cursor="c"), page())
    assert len(json.loads(run("list", "--limit", "2", "--json").stdout)["documents"]) == 2
    assert "octollm docs add" in run("list").stderr


def test_rm_takes_a_name_or_an_id(run: Run, server: ScriptedServer) -> None:
    gone = Answer(204, b"")
    server.answer(page("a.md"), gone, page(), gone)
    assert DOCUMENT_ID in run("rm", "a.md").stdout
    assert run("rm", DOCUMENT_ID).exit_code == 0
    assert [sent.method for sent in server.received] == ["GET", "DELETE", "GET", "DELETE"]
    assert server.received[0].query["name"] == "a.md"


def test_rm_of_what_is_not_there_is_1_and_says_where_to_look(
    run: Run, server: ScriptedServer
) -> None:
    server.answer(page())
    result = run("rm", "b.md")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "octollm docs list" in result.stderr


@pytest.mark.parametrize(
    ("arguments", "answers", "code", "keys"),
    [
        (["add", "a.md"], [added()], 0, {"added", "refused"}),
        (["add", "a.md"], [REFUSED], 1, {"added", "refused"}),
        (["add", "a.md"], [Answer(500, b"<html>")], 3, {"type"}),
        (["list"], [page("a.md")], 0, {"documents"}),
        (["rm", "a.md"], [page("a.md"), Answer(204, b"")], 0, {"deleted"}),
        (["rm", "a.md"], [page()], 1, {"type"}),
    ],
)
def test_json_is_all_there_is_on_both_streams(
    run: Run,
    server: ScriptedServer,
    tmp_path: Path,
    arguments: list[str],
    answers: list[Answer],
    code: int,
    keys: set[str],
) -> None:
    (tmp_path / "a.md").write_text("text")
    server.answer(*answers)
    result = run(*arguments, "--json")
    assert (result.exit_code, result.stderr) == (code, "")
    assert keys <= json.loads(result.stdout).keys()
