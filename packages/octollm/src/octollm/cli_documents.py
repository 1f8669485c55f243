"""The commands `docs add`, `docs list` and `docs rm`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast, get_args
from uuid import UUID

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from octollm.cli_errors import FAILED, reported
from octollm.cli_output import Safe, one_line, print_json, span, stderr, stdout
from octollm.cli_server import Server, json_option
from octollm.cli_values import read_text
from octollm.client import Client
from octollm.documents import MAX_DOCUMENT_CHARACTERS, DocumentPolicy, DocumentSummary
from octollm.errors import (
    BodyTooLarge,
    DocumentNotFound,
    InvalidRequest,
    OctoError,
    RefusedByPolicy,
)
from octollm.validation import invalid

DEFAULT_GLOBS = ("**/*.md", "**/*.txt")
STDIN = "-"
_REFUSALS = (RefusedByPolicy, InvalidRequest, BodyTooLarge)
"""What is wrong with one document and not with the next."""


@dataclass(frozen=True)
class Source:
    """A file to read, or `-` for stdin, and the name its document gets."""

    path: str
    name: str

    def read(self) -> str:
        """Return its text. Raises InvalidRequest if it cannot be read, is no text or too long."""
        try:
            with click.open_file(self.path, "rb") as stream:
                return read_text(cast(BinaryIO, stream), "text", MAX_DOCUMENT_CHARACTERS)
        except OSError as error:
            raise invalid("text", f"cannot be read: {error.strerror}") from None


@click.group()
def docs() -> None:
    """Documents of your own, to answer tasks from."""


@docs.command()
@click.argument(
    "paths",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, allow_dash=True),
    metavar="PATH...",
)
@click.option(
    "--glob",
    "globs",
    multiple=True,
    default=DEFAULT_GLOBS,
    show_default=True,
    metavar="PATTERN",
    help="Which files of a folder. May be repeated.",
)
@click.option("--name", help="Where a single text is from; left out, its path.")
@click.option("--pii-policy", type=click.Choice(get_args(DocumentPolicy)), help="For private data.")
@json_option
@click.pass_obj
def add(
    server: Server,
    paths: tuple[str, ...],
    globs: tuple[str, ...],
    name: str | None,
    pii_policy: DocumentPolicy | None,
    as_json: bool,
) -> None:
    """Add text files, the files of folders, or stdin (-).

    Texts are UTF-8; one of the same name is replaced. A document that is refused does not keep
    the others out; the exit code is then 1.
    """
    sources = list(_sources(paths, globs, name))
    added: list[dict[str, Any]] = []
    refused: list[dict[str, Any]] = []
    with reported(as_json), server.client() as client:
        for source in sources:
            try:
                document = client.add_document(source.name, source.read(), pii_policy=pii_policy)
            except _REFUSALS as error:
                refused.append({"name": source.name, **error.problem(error.request_id)})
                _say(stderr(), as_json, _refusal_line(source.name, error))
            else:
                added.append(document.model_dump(mode="json"))
                _say(stdout(), as_json, _added_line(document))
    if as_json:
        print_json({"added": added, "refused": refused})
    if refused:
        raise click.exceptions.Exit(FAILED)


@docs.command("list")
@click.option("--limit", type=click.IntRange(min=1), help="How many at most.")
@json_option
@click.pass_obj
def list_(server: Server, limit: int | None, as_json: bool) -> None:
    """List documents, newest first."""
    with reported(as_json), server.client() as client:
        found = list(islice(client.documents(), limit))
    if as_json:
        print_json({"documents": [document.model_dump(mode="json") for document in found]})
    elif found:
        stdout().print(Safe(_table(found, datetime.now(UTC))))
    else:
        stderr().print("No documents. Add some with: octollm docs add PATH")


@docs.command()
@click.argument("document", metavar="ID|NAME")
@json_option
@click.pass_obj
def rm(server: Server, document: str, as_json: bool) -> None:
    """Delete a document, by its id or its name. What was quoted from it before stays."""
    with reported(as_json), server.client() as client:
        found = _find(client, document)
        client.delete_document(found)
    if as_json:
        print_json({"deleted": str(found)})
    else:
        stdout().print(Safe(Text(f"Deleted: {found}")))


def _sources(paths: Iterable[str], globs: tuple[str, ...], name: str | None) -> Iterator[Source]:
    """Yield what is to be read, each once. Raises UsageError before anything is sent."""
    files = [file for path in paths for file in _files(path, globs)]
    if STDIN in files and name is None:
        raise click.UsageError("A text from stdin needs a --name.")
    if name is not None and len(files) != 1:
        raise click.UsageError(f"--name fits one text, and there are {len(files)}.")
    for file in dict.fromkeys(files):
        yield Source(file, name or Path(file).as_posix())


def _files(path: str, globs: tuple[str, ...]) -> list[str]:
    folder = Path(path)
    if path == STDIN or not folder.is_dir():
        return [path]
    try:
        found = {file for pattern in globs for file in folder.glob(pattern) if file.is_file()}
    except (ValueError, NotImplementedError) as error:
        raise click.BadParameter(f"is no pattern: {error}", param_hint="--glob") from None
    shown = [f for f in found if not any(p.startswith(".") for p in f.relative_to(folder).parts)]
    if not shown:
        raise click.UsageError(f"No file in {one_line(path)} matches {', '.join(globs)}.")
    return sorted(map(str, shown))


def _find(client: Client, document: str) -> UUID:
    """Return the id of the document of that name, else the id that was given."""
    for found in client.list_documents(name=document, limit=1).documents:
        return found.document_id
    try:
        return UUID(document)
    except ValueError:
        raise DocumentNotFound from None


def _say(console: Console, as_json: bool, line: Text) -> None:
    if not as_json:
        console.print(Safe(line), soft_wrap=True)


def _added_line(document: DocumentSummary) -> Text:
    counts = f"{document.characters:,} characters, {_passages(document.passages)}"
    return Text.assemble(("added    ", "green"), f"{one_line(document.name)}  ", (counts, "dim"))


def _refusal_line(name: str, error: OctoError) -> Text:
    return Text.assemble(("refused  ", "red"), f"{one_line(name)}  {one_line(error.detail)}")


def _passages(number: int) -> str:
    return "1 passage" if number == 1 else f"{number:,} passages"


def _table(documents: Iterable[DocumentSummary], now: datetime) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    table.add_column("document", no_wrap=True)
    table.add_column("name", overflow="fold")
    table.add_column("characters", justify="right")
    table.add_column("passages", justify="right")
    table.add_column("added", no_wrap=True)
    for document in documents:
        table.add_row(
            str(document.document_id),
            Text(one_line(document.name)),
            f"{document.characters:,}",
            f"{document.passages:,}",
            f"{span((now - document.created_at).total_seconds())} ago",
        )
    return table
