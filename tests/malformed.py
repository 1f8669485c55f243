"""A seeded generator of bodies that no route should take, made from one that it does take."""

from __future__ import annotations

import copy
import gzip
import json
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random
from typing import Any

CANARY = "quetzal-7e1f-canary"
"""Stands in every text of every body, and must come back in none of the answers."""

JSON = "application/json"
HUGE = ["9" * 5_000, "-1e999", "1e400", "1" + "0" * 400, "NaN", "Infinity", "-Infinity"]
FOREIGN: list[object] = [True, None, -1, 0.5, [], {}, [[]], {"a": CANARY}, [CANARY], 10**30]
TYPES = ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]
TYPES += ["application/xml", "", "application/json-seq", "*/*", f"text/{CANARY}"]

Path = tuple[str | int, ...]
Mark = "\u2400mark\u2400"


@dataclass(frozen=True)
class Body:
    """What is to be sent, and what is wrong with it."""

    wrong: str
    content: bytes
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": JSON})


def bodies(good: Any, seed: int) -> Iterator[Body]:
    """Yield bodies without end; the same ones for the same good body and seed."""
    random = Random(f"{seed}")  # noqa: S311  (to be made again, not to be unguessable)
    marked = _marked(good)
    while True:
        made = random.choice(KINDS)
        yield made(copy.deepcopy(marked), random)


def _marked(value: Any) -> Any:
    """Return a body with the canary in every text, names left as they are."""
    if isinstance(value, dict):
        return {name: _marked(child) for name, child in value.items()}
    if isinstance(value, list):
        return [_marked(child) for child in value]
    return f"{CANARY} {value}" if isinstance(value, str) else value


def _paths(value: Any, path: Path = ()) -> Iterator[Path]:
    if path:
        yield path
    children = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value) if isinstance(value, list) else ()
    )
    for name, child in children:
        yield from _paths(child, (*path, name))


def _put(body: Any, path: Path, value: Any) -> None:
    for name in path[:-1]:
        body = body[name]
    body[path[-1]] = value


def _raw(body: Any, random: Random, literal: str) -> bytes:
    """Return the body with a literal, which need be no JSON, in the place of some value."""
    _put(body, random.choice(list(_paths(body))), Mark)
    return json.dumps(body).replace(json.dumps(Mark), literal).encode()


def broken(body: Any, random: Random) -> Body:
    whole = json.dumps(body).encode()
    cut = whole[: random.randrange(len(whole))]
    return Body("broken JSON", random.choice([cut, whole + b"}", whole[1:], b"{'a': 1}", b"", cut]))


def wrong_type(body: Any, random: Random) -> Body:
    required = [path for path in _paths(body) if len(path) == 1]
    _put(body, random.choice(required), random.choice([7, *FOREIGN[2:]]))
    body["no-such-field"] = CANARY
    return Body("a wrong type", json.dumps(body).encode())


def not_an_object(_body: Any, random: Random) -> Body:
    return Body("no object", json.dumps(random.choice([[], [CANARY], CANARY, 7, None])).encode())


def deep(body: Any, random: Random) -> Body:
    depth = random.choice([17, 100, 1_000, 100_000])
    opened, closed = random.choice([("[", "]"), ('{"a":', "}")])
    return Body("deep nesting", _raw(body, random, opened * depth + "1" + closed * depth))


def huge_number(body: Any, random: Random) -> Body:
    body["no-such-field"] = 1
    return Body("a number there is not", _raw(body, random, random.choice(HUGE)))


def lone_surrogate(body: Any, random: Random) -> Body:
    lone = random.choice(["\\ud800", "\\udfff", "\\udc00\\ud800"])
    return Body("a lone surrogate", _raw(body, random, f'"{CANARY}{lone}"'))


def null_byte(body: Any, random: Random) -> Body:
    nul = random.choice(["\\u0000", "\x00"])
    return Body("a null byte", _raw(body, random, f'"{CANARY}{nul}"'))


def twice(body: Any, random: Random) -> Body:
    name = random.choice(list(body))
    more = f'{json.dumps(name)}: {json.dumps([CANARY])}, {json.dumps(name)}: {{"x": 1}}'
    return Body("a name twice", (json.dumps(body)[:-1] + f", {more}}}").encode())


def wrong_content_type(body: Any, random: Random) -> Body:
    kind = random.choice(TYPES)
    return Body("a wrong content type", json.dumps(body).encode(), {"Content-Type": kind})


def byte_order_mark(body: Any, random: Random) -> Body:
    marks = ["\ufeff".encode(), b"\xff\xfe", b"\xfe\xff\x00", b"\xef\xbb", b"\xef\xbb\xbf" * 2]
    whole = json.dumps(body | {"no-such-field": 1}).encode()
    return Body("a byte order mark", random.choice(marks) + whole)


def truncated_utf8(body: Any, random: Random) -> Body:
    bad = random.choice([b"\xf0\x9f\x99", b"\xc3", b"\xc0\x80", b"\xed\xa0\x80", b"\xff"])
    marked = _raw(body, random, f'"{CANARY}@"')
    return Body("truncated UTF-8", marked.replace(b"@", bad, 1))


def too_long(body: Any, random: Random) -> Body:
    length = random.choice([300_000, 1_000_000, 1_100_000])
    return Body(
        "a field too long", _raw(body, random, json.dumps(CANARY * (length // len(CANARY))))
    )


def compressed(body: Any, random: Random) -> Body:
    whole = json.dumps(body).encode()
    name, content = random.choice(
        [("gzip", gzip.compress(whole)), ("deflate", zlib.compress(whole)), ("br", whole[::-1])]
    )
    return Body("compressed", content, {"Content-Type": JSON, "Content-Encoding": name})


def noise(_body: Any, random: Random) -> Body:
    return Body("noise", b"\x00" + random.randbytes(random.randrange(2_000)))


def unknown_field(body: Any, random: Random) -> Body:
    name = random.choice(
        ["no-such-field", "a\nb", "\x1b[31m", "__proto__", "\ud800", "", "x" * 500]
    )
    return Body("an unknown field", json.dumps(body | {name: CANARY}).encode())


KINDS: list[Callable[[Any, Random], Body]] = [
    *(broken, wrong_type, not_an_object, deep, huge_number, lone_surrogate, null_byte, twice),
    *(wrong_content_type, byte_order_mark, truncated_utf8, too_long, compressed, noise),
    unknown_field,
]
