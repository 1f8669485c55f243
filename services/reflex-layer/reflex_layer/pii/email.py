"""E-mail addresses (RFC 5321 limits, the unquoted forms people use)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, spans
from reflex_layer.pii.recogniser import Found
from reflex_layer.text import Shadow

_LOCAL: Final = r"[a-z0-9\xff!#$%&'*+/=?^_{|}~.-]"
_ADDRESS: Final = compiled(
    rf"{_LOCAL}+@[a-z0-9\xff][a-z0-9\xff.-]*\.(?:[a-z]{{2,24}}|xn--[a-z0-9-]+)"
)
_MAX_LOCAL: Final = 64
_MAX_DOMAIN: Final = 255
_MAX_LABEL: Final = 63
_FILE_ENDINGS: Final = frozenset(
    (b"css gif htm html ico jpeg jpg js json pdf png svg webp").split()
)
_LINK_SCHEME_REACH: Final = 100


class Email:
    kind = PiiType.EMAIL
    anchor = r"@[a-z0-9\xff]"
    positive = (
        "Write to ⟦ada.lovelace+notes@example.org⟧, please.",
        "<⟦o'brien@mail.example.co.uk⟧>",
        "mailto:⟦a@b.io⟧?subject=hello",
        "ｍａｉｌ： ⟦ａｄａ＠ｅｘａｍｐｌｅ．ｏｒｇ⟧",
        "⟦jo\u200bhn@exam\u200bple.com⟧.",
        "'⟦sales@example.com⟧'",
        "user=⟦max@bücher.example⟧ status=3",
        "⟦ada@example.org⟧",
        "⟦ada@example.org⟧-⟦bob@example.org⟧",
    )
    negative = (
        "root@localhost",
        "icon@2x.png and logo@example.svg",
        "postgresql://app:secret@db.example.org/main",
        "see @someone or a @ b",
        "name@example..org",
        "a@b.c1 and x@host.com1",
        ".@.",
        "npm install left-pad@1.3.0",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        lower = shadow.lower
        for start, end in spans(_ADDRESS, lower):
            at = lower.index(b"@", start, end)
            start += _leading_punctuation(lower[start:at])
            if not 0 < at - start <= _MAX_LOCAL or end - at - 1 > _MAX_DOMAIN:
                continue
            if lower[end : end + 1].isalnum() or _in_link(lower, start):
                continue
            if _plausible(lower[start:at], lower[at + 1 : end]):
                yield Found(self.kind, start, end, 0.95)


def _leading_punctuation(local: bytes) -> int:
    """Return how much of a local part belongs to the text around it, as in `'a@b.org'`."""
    assigned = max(local.rfind(b"="), local.rfind(b"/"), local.rfind(b"|")) + 1
    rest = local[assigned:]
    return assigned + len(rest) - len(rest.lstrip(b"!#$%&'*?^{}~.-"))


def _plausible(local: bytes, domain: bytes) -> bool:
    labels = domain.split(b".")
    return (
        b".." not in local
        and not local.endswith(b".")
        and all(0 < len(label) <= _MAX_LABEL and label[-1:] != b"-" for label in labels)
        and labels[-1] not in _FILE_ENDINGS
    )


def _in_link(lower: bytes, start: int) -> bool:
    """Tell whether what looks like a local part is the password in `scheme://user:password@`."""
    before = lower[max(0, start - _LINK_SCHEME_REACH) : start]
    return before.rpartition(b"://")[1] != b"" and b" " not in before.rpartition(b"://")[2]
