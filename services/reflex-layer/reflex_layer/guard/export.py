"""Reads a folder with a sequence-classification export, in the layout of Hugging Face.

`model.onnx` (or `onnx/model.onnx`), `tokenizer.json`, `config.json` with `id2label`, and
`tokenizer_config.json` if there is one. Nothing is run here.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from reflex_layer.guard.judgement import GuardUnusable
from reflex_layer.guard.labels import key

MAX_TOKENS: Final = 512
"""The longest window, even where a model reads more: such classifiers are trained on no longer
texts, and the cost of attention grows with the square of the length."""

_LEAST_TOKENS: Final = 16
_MODEL: Final = "model.onnx"


@dataclass(frozen=True)
class Export:
    """What is known about a model before it is loaded. `attacks` are indexes of its outputs."""

    model: Path
    tokenizer: Path
    labels: tuple[str, ...]
    attacks: tuple[int, ...]
    is_multi_label: bool
    max_tokens: int
    pad_token: int
    digest: str


def read_export(path: Path, attack_labels: frozenset[str]) -> Export:
    """Return what the files at `path`, a folder or its .onnx file, say; raises GuardUnusable."""
    model = _model(path)
    config_file, tokenizer = _beside(model, "config.json"), _beside(model, "tokenizer.json")
    config = _json(config_file)
    labels = _labels(config, config_file)
    attacks = tuple(i for i, label in enumerate(labels) if key(label) in attack_labels)
    is_multi_label = config.get("problem_type") == "multi_label_classification" or len(labels) == 1
    if not attacks or (len(attacks) == len(labels) and not is_multi_label):
        which = "none" if not attacks else "each"
        raise GuardUnusable(
            f"{config_file}: the model tells apart {', '.join(labels)}; "
            f"{which} of them means an attack by REFLEX_GUARD_LABELS"
        )
    return Export(
        model=model,
        tokenizer=tokenizer,
        labels=labels,
        attacks=attacks,
        is_multi_label=is_multi_label,
        max_tokens=_max_tokens(config, _optional(model, "tokenizer_config.json")),
        pad_token=_number(config.get("pad_token_id")) or 0,
        digest=_digest(model, tokenizer, config_file),
    )


def _model(path: Path) -> Path:
    candidates = [path / _MODEL, path / "onnx" / _MODEL] if path.is_dir() else [path]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    reason = f"has no {_MODEL}" if path.is_dir() else "there is no such folder or file"
    raise GuardUnusable(f"{path}: {reason}")


def _folders(model: Path) -> list[Path]:
    """Return where the other files may be: exports are kept in a folder `onnx` of their own."""
    folder = model.parent
    return [folder, folder.parent] if folder.name == "onnx" else [folder]


def _beside(model: Path, name: str) -> Path:
    for folder in _folders(model):
        if (folder / name).is_file():
            return folder / name
    raise GuardUnusable(f"{model.parent}: has no {name}")


def _optional(model: Path, name: str) -> dict[str, Any]:
    found = [folder / name for folder in _folders(model) if (folder / name).is_file()]
    return _json(found[0]) if found else {}


def _json(file: Path) -> dict[str, Any]:
    try:
        value = json.loads(file.read_text("utf-8"))
    except OSError as fault:
        raise GuardUnusable(f"{file}: {fault.strerror}") from None
    except (ValueError, RecursionError):
        raise GuardUnusable(f"{file}: is no JSON") from None
    if not isinstance(value, dict):
        raise GuardUnusable(f"{file}: is no JSON object")
    return value


def _labels(config: dict[str, Any], file: Path) -> tuple[str, ...]:
    names = config.get("id2label")
    if not isinstance(names, dict) or not names:
        raise GuardUnusable(f"{file}: has no id2label, the names of the model's outputs")
    if set(names) != {str(i) for i in range(len(names))}:
        raise GuardUnusable(f"{file}: id2label does not count from 0")
    return tuple(str(names[str(i)]) for i in range(len(names)))


def _max_tokens(config: dict[str, Any], tokenizer: dict[str, Any]) -> int:
    """Return how many tokens the model reads at a time, the special ones included."""
    limits = [MAX_TOKENS]
    if (positions := _number(config.get("max_position_embeddings"))) is not None:
        pad = _number(config.get("pad_token_id"))
        # Models of this family count positions from behind the padding's.
        is_offset = str(config.get("model_type")).endswith(("roberta", "camembert"))
        limits.append(positions - (pad + 1 if is_offset and pad is not None else 0))
    if (longest := _number(tokenizer.get("model_max_length"))) is not None:
        limits.append(longest)
    if min(limits) < _LEAST_TOKENS:
        raise GuardUnusable(f"the model reads {min(limits)} tokens at a time; too few to judge by")
    return min(limits)


def _number(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _digest(model: Path, *others: Path) -> str:
    """Return a hash of all that decides the scores: weights may lie in files beside the model."""
    digest = hashlib.sha256()
    try:
        weights = sorted(
            file
            for file in model.parent.iterdir()
            if file.is_file() and (file.name.startswith(model.name) or file.name.endswith("data"))
        )
        for file in (*weights, *others):
            with file.open("rb") as stream:
                digest.update(hashlib.file_digest(stream, "sha256").digest())
    except OSError as fault:
        raise GuardUnusable(f"{fault.filename}: {fault.strerror}") from None
    return digest.hexdigest()
