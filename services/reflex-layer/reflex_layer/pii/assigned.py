"""Pure: values that are given to a name, in code, settings, headers, command lines and prose."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

from reflex_layer.engine import Pattern, compiled, first, spans
from reflex_layer.pii.recogniser import script_after
from reflex_layer.text import Shadow

_TARGET: Final = (
    r"(?:\s(?:for|of|to|fur|para|pour|de|del|zum|vom|voor|per)(?:\s[a-z0-9_.@-]{1,24}){1,3})"
)
_IS: Final = r"(?:is|was|ist|lautet|war|est|es|e|jest|now)(?:\s(?:now|set\sto))?:?"
_OPERATOR: Final = (
    r"[\"'`\])*\\]{0,4}(?:"
    r"\s{0,2}:\s?[a-z<>?.]{3,16}\s?=\s{0,2}"
    r"|\s{0,8}(?::=|=>|->|={1,3}|:)[*\\]{0,2}\s{0,8}"
    r"|>[ ]{0,2}"
    r"|[,\s]{1,12}[\"']?value[\"']?\s{0,2}[:=]\s{0,2}"
    rf"|{_TARGET}?\s{{1,2}}{_IS}\s{{1,2}}"
    rf"|{_TARGET}:\s{{1,2}}"
    r"|\(\s?|,\s?|\s{1,2})"
)
_REST: Final = (
    r"(?:s|[0-9]{1,3}|[ _-]?(?:key|token|value|id|text|field|string|header|param|env|base|hash)"
    r"|[_-][a-z0-9_-]{0,24})?"
)
_SCHEME: Final = r"(?:[\"']?(?:bearer|basic|token|bot|apikey|digest)\s{1,2})?"
_VALUE: Final = r"(?:\\?[\"'`]|[rbfu@]\")?[^\s\"'`<>]{4,}"

_BOUNDS: Final = b" \t\r\n\x0b\x0c\"'`<>"
_VALUE_BYTES: Final = bytes(set(range(256)) - set(_BOUNDS))
_SPOKEN: Final = frozenset(b"is was ist lautet war est es e jest".split())
_QUOTES: Final = b"\"'`"
_SIGNS: Final = b":=>*"
_ENDS: Final = b".,;:)]}*"
_BREAKS: Final = b",;&|)}]\\"
_OTHER_VALUE: Final = r"[a-z0-9._+-]{1,64}@[a-z0-9-]+\.[a-z]|[a-z]{2,10}://|\+?[0-9][0-9.-]{6,}$"
_NEXT: Final = compiled(
    rf"[,;&|]+(?:[a-z_ .-]{{1,30}}=|[a-z_.-]*:|$|\s|{_OTHER_VALUE})|\\[nrt]|[)}}\]]+[;,.]*$"
)


SHORTEST: Final = 5
"""Nothing shorter is told from a word or a number, in characters."""

LOOKED_BACK: Final = 20
"""How many characters before a name may tell what it means."""


class Assigned(NamedTuple):
    """A value at a span of the shadow, and how it is written."""

    start: int
    end: int
    name: int
    """Where the name begins."""

    quoted: bool
    joined: bool
    """Whether a sign such as `=` or `:` stands between the name and the value."""


def assignment(names: str) -> Pattern:
    """Return a pattern for one of the names (RE2, lower case) with the value given to it."""
    return compiled(rf"(?:{names}){_REST}{_OPERATOR}{_SCHEME}{_VALUE}")


def assigned(shadow: Shadow, pattern: Pattern, longest: int) -> Iterator[Assigned]:
    """Yield the values given to the names of `pattern`, no longer than `longest` characters."""
    for name, end in spans(pattern, shadow.lower):
        run = shadow.lower[name:end]
        head = run.rstrip(_VALUE_BYTES)
        if len(run) - len(head) <= longest + 64 and not _goes_on(run, head):
            yield _split(shadow, name, name + len(head), end)


def judged(
    shadow: Shadow, pattern: Pattern, longest: int, confidence: Callable[[Shadow, Assigned], float]
) -> Iterator[tuple[int, int, float]]:
    """Yield the spans of the values given to the names of `pattern`, and how sure each is.

    What stands many times in a text is judged once. `confidence` may look no further back from
    the name than `LOOKED_BACK` and one character on from the value; 0 is for no secret.
    """
    known: dict[tuple[bytes, int, int], float] = {}
    for one in assigned(shadow, pattern, longest):
        if one.end - one.start < SHORTEST:
            continue
        back = max(0, one.name - LOOKED_BACK)
        key = (shadow.cased[back : one.end + 1], one.name - back, one.start - back)
        sure = known.get(key)
        if sure is None:
            sure = known[key] = confidence(shadow, one)
        if sure:
            yield one.start, one.end, sure


def _goes_on(run: bytes, head: bytes) -> bool:
    """Tell prose that goes on after the name from a value, by its next word being letters."""
    word = run[len(head) :].rstrip(_ENDS)
    return bool(head) and word.isalpha() and head.rstrip(b" \t")[-1:].isalpha()


def _split(shadow: Shadow, name: int, start: int, end: int) -> Assigned:
    """Tell the value from what may stand in one word with it: the name, a sign, what follows."""
    lower = shadow.lower
    before = lower[name:start]
    run = lower[start:end]
    if before[-1:] and before[-1] in _QUOTES and run[0] not in _SIGNS:
        return _quoted(shadow, name, start, end)
    sign = _sign_before(before)
    if not sign and (pair := _sign_in(run)) > 0 and (not before or run[:pair].isalpha()):
        start += pair + 1
        sign = True
    sign = sign or lower[name - 2 : name] == b"--"
    value = lower[start:end].lstrip(_SIGNS)
    sign = sign or len(value) < end - start
    start = end - len(value)
    end = script_after(shadow, start, end)
    value = lower[start:end]
    if value.translate(None, _BREAKS) != value and (found := first(_NEXT, value, 0, len(value))):
        end = start + found[0]
    end = start + len(lower[start:end].rstrip(_ENDS))
    return Assigned(start, end, name, False, sign)


def _sign_in(run: bytes) -> int:
    """Return where the first sign of a run stands, or -1."""
    colon, equals = run.find(b":"), run.find(b"=")
    return max(colon, equals) if colon < 0 or equals < 0 else min(colon, equals)


def _sign_before(before: bytes) -> bool:
    head = before.rstrip(b" \t\r\n\"'`*\\")
    if head.rpartition(b" ")[2] in _SPOKEN:
        return True
    head = head.removesuffix(b"bearer").removesuffix(b"basic").rstrip(b" \"'")
    return head[-1:] != b"" and head[-1] in b":=>"


def _quoted(shadow: Shadow, name: int, start: int, end: int) -> Assigned:
    quote = shadow.lower[start - 1 : start]
    last = shadow.lower.find(quote, end, end + 64)
    if last >= 0 and not any(space in shadow.lower[end:last] for space in b" \t\r\n"):
        end = last
    if shadow.lower[end - 1 : end] == b"\\":
        end -= 1
    return Assigned(start, end, name, True, True)


def is_setting(shadow: Shadow, one: Assigned) -> bool:
    """Tell whether a value stands alone after a name in capitals, as in a file of settings."""
    name = shadow.cased[one.name : one.start].rstrip(b" :=\"'")
    after = shadow.lower[one.end : one.end + 1]
    return (
        one.joined and name.isupper() and one.end - one.start >= 8 and after in (b"", b"\n", b"\r")
    )
