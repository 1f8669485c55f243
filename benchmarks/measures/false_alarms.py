"""What is found where nothing private can be: source code, licences, logs. Alarms per megabyte.

Source code and licence texts are those of packages that are installed with us, so every machine
has them; the logs are made here. Links, e-mail addresses and IP addresses really stand in them
and do not count. Every other kind does, also when a documentation string shows an example of it.
Packages about telephone numbers, databases' connection strings and the like are left out: there
the values are real.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from random import Random
from typing import Any, Final
from uuid import UUID

from measures import ours
from measures.corpus import SEED
from measures.numbers import seeded
from measures.presidio import Presidio
from measures.spans import Span
from octollm.verdict import PiiType

PACKAGES: Final = (
    *("black", "click", "fastapi", "google-re2", "hypothesis", "import-linter", "markdown-it-py"),
    *("mypy", "packaging", "pathspec", "pluggy", "prometheus-client", "pygments", "pytest"),
    *("rich", "sortedcontainers", "starlette", "structlog", "tenacity", "uvicorn"),
)
NOT_COUNTED: Final = frozenset((PiiType.EMAIL, PiiType.URL, PiiType.IPV4, PiiType.IPV6, "IP"))
PIECE: Final = 10_000
"""Characters screened at a time."""
_FROM_ONE_PACKAGE: Final = 150_000
MEGABYTE: Final = 1_000_000


def pieces(limits: dict[str, int]) -> dict[str, list[str]]:
    """Return so many characters of each sort of text, in pieces."""
    sources = {"source code": _code, "licences": _licences, "logs": _logs}
    return {name: _cut(sources[name](), limit) for name, limit in limits.items()}


def measure(
    limits: dict[str, int], share: float, peer: Presidio | None, least: float
) -> dict[str, Any]:
    """Return the alarms per megabyte: ours on all, and beside the peer on a share of it.

    The peer's count as it answers, and from the confidence `least` on.
    """
    texts = pieces(limits)
    step = max(1, round(1 / share))
    sample = {name: found[::step] for name, found in texts.items()}
    figures: dict[str, Any] = {"packages": len(PACKAGES), "ours": _alarms(texts, ours.find)}
    if peer:
        figures["sample_share"] = share
        figures["ours_on_sample"] = _alarms(sample, ours.find)
        figures["presidio_on_sample"] = _alarms(sample, peer.find)
        figures["presidio_sure_on_sample"] = _alarms(
            sample, lambda text: [f for f in peer.find(text) if f.confidence >= least]
        )
    return figures


def _alarms(texts: dict[str, list[str]], find: Callable[[str], Sequence[Span]]) -> dict[str, Any]:
    kinds: Counter[str] = Counter()
    by_sort = {}
    for name, found in texts.items():
        alarms = Counter(s.kind for text in found for s in find(text))
        counted = Counter({k: n for k, n in alarms.items() if k not in NOT_COUNTED})
        kinds += counted
        by_sort[name] = _rate(counted.total(), found)
    return {
        "characters": sum(len(text) for found in texts.values() for text in found),
        "per_megabyte": _rate(kinds.total(), [t for found in texts.values() for t in found]),
        "by_sort": by_sort,
        "by_kind": {str(kind): number for kind, number in kinds.most_common()},
    }


def _rate(number: int, texts: list[str]) -> float:
    return round(number / max(1, sum(map(len, texts))) * MEGABYTE, 1)


def _cut(texts: Iterator[str], limit: int) -> list[str]:
    found: list[str] = []
    size = 0
    for text in texts:
        for start in range(0, len(text), PIECE):
            found.append(text[start : start + PIECE][: limit - size])
            size += len(found[-1])
            if size >= limit:
                return found
    return found


def _files(package: str) -> list[Path]:
    try:
        files = distribution(package).files or ()
    except PackageNotFoundError:
        return []
    return sorted(Path(str(file.locate())) for file in files)


def _code() -> Iterator[str]:
    for package in PACKAGES:
        size = 0
        for path in _files(package):
            if path.suffix == ".py" and path.is_file() and size < _FROM_ONE_PACKAGE:
                text = path.read_text("utf-8", errors="replace")
                size += len(text)
                yield text


def _licences() -> Iterator[str]:
    """Yield each licence once; many packages have the same."""
    seen = set()
    for path in (path for package in PACKAGES for path in _files(package)):
        if path.name.lower().startswith(("license", "licence", "copying", "notice")):
            text = path.read_text("utf-8", errors="replace")
            if path.suffix not in (".py", ".pyc") and text not in seen:
                seen.add(text)
                yield text


def _logs() -> Iterator[str]:
    random = seeded(SEED)
    while True:
        yield "".join(_line(random) for _ in range(100))


def _line(random: Random) -> str:
    """Return a line as servers, containers and kernels log."""
    clock = f"{random.randint(0, 23):02}:{random.randint(0, 59):02}:{random.randint(0, 59):02}"
    number, size = random.getrandbits(31), random.randint(100, 99_999)
    trace, span = random.randbytes(16).hex(), random.randbytes(8).hex()
    return random.choice(
        (
            f'10.2.{size % 250}.7 - - [02/Mar/2026:{clock} +0000] "GET /v1/items/{number} HTTP/1.1"'
            f' 200 {size} "-" "curl/8.5.0"\n',
            f'{{"ts":"2026-03-02T{clock}.{size}Z","level":"info","trace_id":"{trace}",'
            f'"span_id":"{span}","msg":"done","ms":{size / 100}}}\n',
            f"Mar  2 {clock} node-{size % 40} kubelet[{size}]: Pod web-{span[:10]}-x7k is ready\n",
            f"2026-03-02 {clock},{size % 1000:03} WARN [pool-{size % 9}] c.e.Store - retry"
            f" {number} of block {trace}\n",
            f"[{size:>8}.{number % 1_000_000:06}] usb 1-{size % 9}: new device no {size % 90}\n",
            f"order={number} customer={size} total={size / 100:.2f} request={UUID(trace)}\n",
            f"sha256:{trace}{trace} pulled in {size % 60}.{size % 10}s ({number} bytes)\n",
            f"  at Worker.run (/srv/app/dist/worker.js:{size % 900}:{size % 80})\n",
            f"nonce={number}{size} seq={size} ack={number} win={size} flags=0x{span[:4]}\n",
            f"batch {number:010}: {size} rows, checksum {span}, last offset {number * 1000}\n",
        )
    )
