"""E-mail addresses (RFC 5321 limits, the unquoted forms people use), also those written so that
machines shall not read them: `ada (at) host (dot) org`, `ada at host dot org`, `ada&#64;host.org`.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from octollm.verdict import PiiType
from reflex_layer.engine import compiled, first, spans
from reflex_layer.pii.recogniser import Found, Once, script_before
from reflex_layer.pii.top_level import EXISTING, PRIVATE, RESERVED
from reflex_layer.text import Shadow

_LOCAL: Final = b"abcdefghijklmnopqrstuvwxyz0123456789\xff!#$%&'*+/=?^_{|}~.-"
_DOMAIN: Final = compiled(r"@[a-z0-9\xff][a-z0-9\xff.-]*\.(?:[a-z]{2,24}|xn--[a-z0-9-]+)")
_MAX_LOCAL: Final = 64
_MAX_DOMAIN: Final = 255
_MAX_LABEL: Final = 63
_TOP_LEVEL: Final = EXISTING | RESERVED | PRIVATE
_LINK_SCHEME_REACH: Final = 100

_NAME: Final = r"[a-z0-9\xff][a-z0-9\xff_+.-]*"
_LABEL: Final = r"[a-z0-9\xff-]+"
_MARKED_AT: Final = r" ?[\[({<] ?(?:at|@|ett|arroba|chez) ?[\])}>] ?|&#0*64;|&#x40;|&commat;|%40"
_MARKED_DOT: Final = (
    r" ?[\[({<] ?(?:dot|\.|punkt|punto|point) ?[\])}>] ?| (?:dot|punkt|punto|point) |_dot_|&#46;"
)
_BRACKETED_DOT: Final = r" ?[\[({<] ?(?:dot|\.) ?[\])}>] ?"
# A plain `at` is a word of every second sentence: only a spelt dot makes it the sign.
_WRITTEN_OUT: Final = compiled(
    rf"\b{_NAME}(?:(?: dot |{_BRACKETED_DOT}){_NAME})*(?:"
    rf"(?:{_MARKED_AT}){_LABEL}(?:(?:\.|{_MARKED_DOT}){_LABEL})+"
    rf"|(?: (?:at|arroba) |_at_){_LABEL}(?:(?:{_MARKED_DOT}){_LABEL})+"
    rf"| ?@ ?{_LABEL}(?:{_MARKED_DOT}){_LABEL}(?:(?:\.|{_MARKED_DOT}){_LABEL})*"
    rf"| ?@ {_LABEL}(?:\.{_LABEL})+| @{_LABEL}(?:\.{_LABEL})+"
    rf"|_at_{_LABEL}\.(?:com|org|net|edu)\b)"
)
_SIGN: Final = compiled(_MARKED_AT + r"| (?:at|arroba) |_at_|@")
_LAST_LABEL: Final = compiled(r"[a-z0-9\xff-]+$")
_NO_NAMES: Final = frozenset(
    b"available found look it us me them is are here live hosted visit read see page site "
    b"website online posted located dot".split()
)


class Email:
    kind = PiiType.EMAIL
    anchor = (
        r"@ ?[a-z0-9\xff\[({]|[\[({<] ?(?:at|@|arroba|chez) ?[\])}>]|&#0*64;|&#x40;|&commat;|%40"
        r"|[ _\[({<](?:dot|punkt|punto|point)[ _\])}>]|_at_[a-z0-9-]+\."
    )
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
        "write to ⟦ada (at) lovelace (dot) org⟧, please",
        "me at ⟦ada.b at mail dot lovelace dot org⟧ or ⟦bob AT host DOT com⟧.",
        "⟦ada[at]lovelace.co.uk⟧ and ⟦bob{at}host[.]com⟧",
        "<a>⟦ada&#64;lovelace.org⟧</a>, ⟦ada @ lovelace.org⟧ or ⟦ada@lovelace[dot]org⟧",
        "⟦ada_at_lovelace_dot_org⟧",
        "https://octollm.org/?user=⟦ada@lovelace.org⟧&page=2",
    )
    negative = (
        "root@localhost",
        "icon@2x.png and logo@example.svg, rabbit@localhost.log",
        "postgresql://app:secret@db.example.org/main",
        "see @someone or a @ b",
        "name@example..org",
        "a@b.c1 and x@host.com1",
        ".@.",
        "npm install left-pad@1.3.0",
        "git@github.com:ada/engine.git",
        "look at github.com or at point A, arrive at noon",
        "available at host dot com",
        "f(at) x.y and [at] the.end and created_at_utc.in",
        "a @ b.T and x @ y.tmp",
        "the dot at the end",
    )

    def find(self, shadow: Shadow) -> Iterator[Found]:
        lower = shadow.lower
        exists = Once(_exists)
        for start, at, end in _addresses(lower):
            start = script_before(shadow, start, at)
            start += _leading_punctuation(lower[start:at])
            if not 0 < at - start <= _MAX_LOCAL or end - at - 1 > _MAX_DOMAIN:
                continue
            if lower[end : end + 1].isalnum() or _in_link(lower, start):
                continue
            if lower.startswith(b"git@", start) and lower[end : end + 1] == b":":
                continue  # a repository
            local = lower[start:at]
            if b".." not in local and local[-1:] != b"." and exists[lower[at + 1 : end]]:
                yield Found(self.kind, start, end, 0.95)
        for start, end in spans(_WRITTEN_OUT, lower):
            if _means_address(lower, start, end):
                sign, _ = first(_SIGN, lower, start, end) or (end, end)
                yield Found(self.kind, script_before(shadow, start, sign), end, 0.85)


def _addresses(lower: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield where local parts begin, their `@`, and where domains end, from left to right.

    RE2 leaps from one `@` to the next; what stands before each is read backwards from it.
    """
    reached = 0
    for at, end in spans(_DOMAIN, lower):
        start = reached + len(lower[reached:at].rstrip(_LOCAL))
        reached = end if start < at else at + 1
        if start < at:
            yield start, at, end


def _means_address(lower: bytes, start: int, end: int) -> bool:
    """Tell whether what is written out ends in a domain that exists and begins with a name."""
    if not end - start <= _MAX_LOCAL + _MAX_DOMAIN or lower[start - 1 : start] in _ATTACHED:
        return False
    sign, last = first(_SIGN, lower, start, end), _LAST_LABEL.search(lower[start:end])
    if sign is None or last is None or lower[start : sign[0]] in _NO_NAMES:
        return False
    top = lower[start + last.span()[0] : end]
    return top in EXISTING or top in RESERVED


def _leading_punctuation(local: bytes) -> int:
    """Return how much of a local part belongs to the text around it, as in `'a@b.org'`."""
    if local[0] not in _LEADING and local.translate(None, _ASSIGNING) == local:
        return 0
    assigned = max(local.rfind(b"="), local.rfind(b"/"), local.rfind(b"|")) + 1
    rest = local[assigned:]
    return assigned + len(rest) - len(rest.lstrip(_LEADING))


def _exists(domain: bytes) -> bool:
    """Tell whether a domain may exist by its form and its last part."""
    if domain.rpartition(b".")[2] not in _TOP_LEVEL or b".." in domain or b"-." in domain:
        return False
    return len(domain) <= _MAX_LABEL or max(map(len, domain.split(b"."))) <= _MAX_LABEL


def _in_link(lower: bytes, start: int) -> bool:
    """Tell whether what looks like a local part is the password in `scheme://user:password@`."""
    before = lower[max(0, start - _LINK_SCHEME_REACH) : start]
    _, scheme, authority = before.rpartition(b"://")
    return scheme != b"" and authority.translate(None, b" /?#") == authority


_ASSIGNING: Final = b"=/|"
_LEADING: Final = b"!#$%&'*?^{}~.-"
_ATTACHED: Final = frozenset((b"@", b"/", b"$", b"."))
