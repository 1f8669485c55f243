"""What `octollm screen` is given: `-`, the name of a file, or a text itself."""

from __future__ import annotations

import re
import sys
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Final

from pydantic import ValidationError

from octollm.cli_output import one_line
from octollm.cli_values import read_text
from octollm.validation import invalid, invalid_request
from octollm.verdict import MAX_SCREENED_CHARACTERS, ReflexRequest

_FIELD: Final = "text"
_ENDINGS: Final = (
    "cfg conf csv doc docx eml env htm html ini json jsonl log md pdf rst rtf sql toml tsv txt xml "
    "yaml yml"
)
_LIKE_A_FILE: Final = re.compile(
    rf"(?:/|\./|\.\./|~/)\S*|[^\s@:]+\.(?:{_ENDINGS.replace(' ', '|')})", re.IGNORECASE
)
"""A misspelt name must not be screened in place of its file, and found to be harmless."""

_LONGEST_NAME: Final = 60


def request_for(source: str) -> ReflexRequest:
    """Return the request for what the user named; raises InvalidRequest."""
    try:
        return ReflexRequest(text=_text(source))
    except ValidationError as error:
        raise invalid_request(error) from None


def called(source: str) -> str:
    """Return what a message calls the source."""
    if source == "-":
        return "stdin"
    is_name = _exists(source) or _LIKE_A_FILE.fullmatch(source)
    return one_line(source) if is_name and len(source) <= _LONGEST_NAME else "the text"


def _text(source: str) -> str:
    if source == "-":
        text = read_text(sys.stdin.buffer, _FIELD, MAX_SCREENED_CHARACTERS)
    else:
        with _opened(source) as stream:
            text = read_text(stream, _FIELD, MAX_SCREENED_CHARACTERS)
    if not text:
        raise invalid(_FIELD, "is empty")
    return text


def _opened(source: str) -> BinaryIO:
    """Return the file of that name, or the words themselves as a stream."""
    if not _exists(source):
        if _LIKE_A_FILE.fullmatch(source):
            raise invalid(_FIELD, "there is no such file; to screen these words, use -")
        return BytesIO(source.encode("utf-8", "surrogateescape"))
    if Path(source).is_dir():
        raise invalid(_FIELD, "is a directory; name a file, or screen the word with -")
    try:
        return Path(source).open("rb")
    except OSError as error:
        raise invalid(_FIELD, f"cannot be read: {error.strerror}") from None


def _exists(source: str) -> bool:
    try:
        return bool(source) and Path(source).exists()
    except (OSError, ValueError):  # too long for a name, or with a NUL in it
        return False
