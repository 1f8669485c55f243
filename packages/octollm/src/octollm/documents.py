"""What crosses the wire about documents: texts of a tenant's own that tasks are answered from."""

from __future__ import annotations

import unicodedata
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, Field, JsonValue

from octollm.contracts import Request, Response
from octollm.fields import WRITTEN, not_blank, storable

MAX_NAME_CHARACTERS = 500
MAX_DOCUMENT_CHARACTERS = 250_000
"""With its name it fits into `MAX_BODY_BYTES` (1 MiB) though each character take 4 bytes, the most
that UTF-8 needs (RFC 3629 §3). What is longer is to be added as several documents."""

DocumentPolicy = Literal["block", "allow"]
"""What to do with private data found in a document: refuse it, or let it in as it is. There is no
`redact`: a quotation must say what its source says, and a document has no task to restore it in."""


_CONTROLS = r"\u0000-\u001f\u007f-\u009f\u2028\u2029"
ONE_LINE: dict[str, JsonValue] = {"pattern": rf"^[^{_CONTROLS}]*[^\s{_CONTROLS}][^{_CONTROLS}]*$"}
"""What `_one_line` and `not_blank` refuse, as JSON Schema."""


def _one_line(text: str) -> str:
    if any(unicodedata.category(character) in ("Cc", "Zl", "Zp") for character in text):
        raise ValueError("must not contain line breaks or other control characters")
    return text


class DocumentRequest(Request):
    """The body of `POST /documents`."""

    name: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_NAME_CHARACTERS,
            description="Where the text is from, as quotations will say. Unique: the same name "
            "replaces the document that had it.",
            json_schema_extra=ONE_LINE,
        ),
        AfterValidator(storable),
        AfterValidator(not_blank),
        AfterValidator(_one_line),
    ]
    text: Annotated[
        str,
        Field(
            min_length=1,
            max_length=MAX_DOCUMENT_CHARACTERS,
            description="All of it.",
            json_schema_extra=WRITTEN,
        ),
        AfterValidator(storable),
        AfterValidator(not_blank),
    ]
    pii_policy: Annotated[
        DocumentPolicy | None,
        Field(
            description="`block` refuses private data, `allow` lets it in. Left out, the server's "
            "setting counts, where `redact` means `block`."
        ),
    ] = None


class DocumentSummary(Response):
    """A document as it is listed; its text is kept as passages, which the retriever quotes."""

    document_id: UUID
    name: str
    characters: int
    sha256: Annotated[str, Field(description="Of the text in UTF-8, in hexadecimal digits.")]
    passages: Annotated[int, Field(description="How many stretches it was cut into.")]
    created_at: Annotated[datetime, Field(description="When this text was added.")]


class DocumentPage(Response):
    """One page of documents, newest first. `next_cursor` is None on the last page."""

    documents: list[DocumentSummary]
    next_cursor: str | None = None
