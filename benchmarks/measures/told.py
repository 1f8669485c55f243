"""Where figures go: to a file or the end of what is printed, and from the file to the pages."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any, Final

ROOT: Final = Path(__file__).parents[2]


def rounded(figures: Any) -> Any:
    """Return the figures with four digits each, which is more than they are good for."""
    if isinstance(figures, dict):
        return {key: rounded(value) for key, value in figures.items()}
    if isinstance(figures, list):
        return [rounded(value) for value in figures]
    return float(f"{figures:.4g}") if isinstance(figures, float) else figures


def tell(figures: dict[str, Any], file: Path | None) -> None:
    """Write the figures to a file, or print them as a line of JSON."""
    if file is None:
        sys.stdout.write(json.dumps(rounded(figures)) + "\n")
    else:
        file.write_text(json.dumps(rounded(figures), indent=1) + "\n", "utf-8")


def put(page: str, mark: str, text: str, root: Path = ROOT) -> None:
    """Put a text where a page has its marks; raises ValueError for a page without them."""
    file = root / page
    before, begin, rest = file.read_text("utf-8").partition(f"<!-- {mark} -->\n")
    _, end, after = rest.partition(f"<!-- end of {mark} -->")
    if not end:
        raise ValueError(f"{page} has no marks for the {mark}")
    file.write_text(before + begin + text + "\n" + end + after, "utf-8")
