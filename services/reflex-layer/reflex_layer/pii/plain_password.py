"""Passwords that look like words, where the label and the signs around leave no doubt.

`pwd=abc` and `password: "my secret pass"` are somebody's; `f(password=password)`, a form's
`password: "Enter your password"` and the working directory in `PWD=` are not.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from reflex_layer.engine import compiled, spans
from reflex_layer.pii.secret_value import is_placeholder
from reflex_layer.text import Shadow

_LABEL: Final = r"(?:[a-z0-9]{1,16}[_-])?(?:password|passwd|passphrase|pwd|passwort|kennwort)"
_PHRASE: Final = compiled(rf"\b{_LABEL}[\"']?[ ]?[:=][ ]?(?:\"[^\"\n]{{7,64}}\"|'[^'\n]{{7,64}}')")
_SHORT: Final = compiled(
    rf"(?:^|[\n&?;]|[^\s,({{\[] ){_LABEL}=[a-z0-9!@#*?^~+.-]{{3,16}}(?:$|[\s&;])"
)
_WORD: Final = compiled(r"^[a-z0-9][a-z0-9!?'-]*[.!?]?$")
_FEWEST, _MOST = 2, 8
_OF_FORMS: Final = frozenset(
    b"""a again an and any are at be blank can cannot change characters confirm confirmation current
    default do empty encrypted enter field for forgot from generate hash hide if in incorrect
    invalid is it leave least login match minimum missing must new no not of old on or password
    passwords please prompt provide random repeat required reset set should show sign strong
    text the this to too type update use used user username value weak with wrong you your""".split()
)
_OF_PROGRAMS: Final = frozenset(
    b"""arg args auth base bar bytes cfg client conf config content creds crypt cwd data dir env
    false foo form get hash home host input int key line log name new nil none null object old opt
    option options opts param params pass passphrase passwd password path plain prompt pwd pwds raw
    req required result root secret self settings some str string stdin test text tmp token true
    txt undefined user username val value var word xxx yes""".split()
)
_WORKING_DIRECTORY: Final = b"PWD"
_LONGEST_WORD: Final = 8
_SIGNS: Final = frozenset(b"!@#*?^~+")
"""A value with others alone, such as `args.pw`, is a name in a program."""


def phrases(shadow: Shadow) -> Iterator[tuple[int, int]]:
    """Yield the quoted words that are given to a name for passwords."""
    for start, end in spans(_PHRASE, shadow.lower):
        quote = shadow.lower[end - 1 : end]
        begin = shadow.lower.rfind(quote, start, end - 1) + 1
        value = shadow.cased[begin : end - 1]
        if _is_phrase(value):
            yield begin, end - 1


def _is_phrase(value: bytes) -> bool:
    """Tell words that somebody chose from what a form or a manual says about passwords."""
    words = value.split()
    return (
        _FEWEST <= len(words) <= _MOST
        and value.islower()
        and not is_placeholder(value)
        and _OF_FORMS.isdisjoint(word.rstrip(b".!?") for word in words)
        and all(_WORD.search(word) for word in words)
    )


def short(shadow: Shadow) -> Iterator[tuple[int, int]]:
    """Yield what stands right after `password=` in a setting, a query or a connection string."""
    for start, end in spans(_SHORT, shadow.lower):
        begin = shadow.lower.index(b"=", start) + 1
        value = shadow.lower[begin:end].rstrip(b" \t\r\n&;")
        name = shadow.cased[start : begin - 1]
        after = shadow.lower[begin + len(value) : begin + len(value) + 1]
        if name.endswith(_WORKING_DIRECTORY) or not _is_short(value):
            continue
        if value.isalpha() and (after == b" " or len(value) > _LONGEST_WORD):
            continue
        yield begin, begin + len(value)


def _is_short(value: bytes) -> bool:
    if is_placeholder(value) or value in _OF_PROGRAMS:
        return False
    return value.isalnum() or not _SIGNS.isdisjoint(value)
