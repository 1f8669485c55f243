"""The base of all errors: what it knows, and how it is written as a problem document."""

from __future__ import annotations

import builtins
from collections.abc import Iterator
from typing import ClassVar, Self, TypedDict, cast

from pydantic import JsonValue

PROBLEM_TYPE_PREFIX = "urn:octollm:problem:"


class Found(TypedDict):
    """What was found where: code points of the text in `field`, the end exclusive."""

    field: str
    kind: str
    start: int
    end: int


class Fault(TypedDict):
    """What is wrong with one field of a request."""

    field: str
    message: str


class OctoError(Exception):
    """Base of all errors. `detail` is safe to show: it never holds a user's private text.

    `extra` are further members of the problem document (RFC 9457 §3.2), JSON values only.
    """

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal-error"
    title: ClassVar[str] = "Something went wrong on our side"

    def __init__(
        self, /, detail: str | None = None, *, retry_after: float | None = None, **extra: object
    ) -> None:
        self.detail = detail or self.title
        self.retry_after = retry_after
        self.extra = cast("dict[str, JsonValue]", extra)
        self.request_id: str | None = None
        super().__init__(self.detail)

    @property
    def type(self) -> str:
        """The problem type, a URN that never changes once published."""
        foreign = ":" in self.slug  # another house's type, or RFC 9457's `about:blank`
        return self.slug if foreign else PROBLEM_TYPE_PREFIX + self.slug

    def problem(self, request_id: str | None = None) -> dict[str, JsonValue]:
        """Return the RFC 9457 problem document, ready for JSON."""
        document: dict[str, JsonValue] = {
            "type": self.type,
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if request_id is not None:
            document["request_id"] = request_id
        if self.retry_after is not None:
            document["retry_after"] = self.retry_after
        return document | self.extra

    @classmethod
    def tree(cls) -> Iterator[builtins.type[Self]]:
        """Yield this class and every class below it, parents first."""
        yield cls
        for child in cls.__subclasses__():
            yield from child.tree()
