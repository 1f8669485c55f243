"""The one place that knows onnxruntime and tokenizers, which come with the extra `guard`."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from math import exp, isfinite
from typing import Any, Final

import numpy as np

from reflex_layer.guard.export import Export
from reflex_layer.guard.judgement import GuardUnusable, Span

MISSING: Final = (
    "onnxruntime and tokenizers are not installed: pip install 'octollm-reflex-layer[guard]'"
)
_LIBRARIES: Final = ("onnxruntime", "tokenizers")
_TYPES: Final = {"tensor(int64)": "int64", "tensor(int32)": "int32"}
_OVERLAPS: Final = 8
"""A window of tokens begins with the last eighth of the one before."""


def check_installed() -> None:
    """Raise GuardUnusable if the extra is missing."""
    if any(find_spec(name) is None for name in _LIBRARIES):
        raise GuardUnusable(MISSING)


class Model:
    """A loaded export. Its methods may be called from several threads at once."""

    def __init__(self, export: Export, *, intra_threads: int) -> None:
        """Load the export, and try it with a window of full length; raises GuardUnusable."""
        try:
            self._ort, tokenizers = map(import_module, _LIBRARIES)
        except ImportError as fault:
            raise GuardUnusable(f"{MISSING} ({fault})") from None
        self._ort.disable_telemetry_events()
        self._export = export
        try:
            self._session = self._loaded(intra_threads)
            self._inputs, self._length = self._expected()
            self._tokenizer = self._reading(tokenizers.Tokenizer)
            self._output = self._answering()
            window, _ = next(self.windows("a " * export.max_tokens))
            self.score(window, self.run_options())
        except GuardUnusable:
            raise
        except Exception as fault:
            reason = str(fault).partition("\n")[0]
            raise GuardUnusable(f"{export.model}: cannot be run: {reason}") from None

    def run_options(self) -> Any:
        """Return options for the runs over one text; their `terminate` ends a run midway."""
        return self._ort.RunOptions()

    def windows(self, text: str) -> Iterator[tuple[Any, Span]]:
        """Yield overlapping windows of the text as tokens, each with the span it covers."""
        first = self._tokenizer.encode(text)
        for window in (first, *first.overflowing):
            special = window.special_tokens_mask
            spans = [
                s for s, is_special in zip(window.offsets, special, strict=True) if not is_special
            ]
            start = min((start for start, _ in spans), default=0)
            end = max((end for _, end in spans), default=0)
            # A text without any token is judged as one that is empty, and is all of it.
            yield window, (start, end) if start < end else (0, len(text))

    def score(self, window: Any, options: Any) -> float:
        """Return how surely a window attacks, 0 to 1; raises what onnxruntime does, ValueError."""
        padding = [0] * ((self._length or len(window.ids)) - len(window.ids))
        values = {
            "input_ids": window.ids + [self._export.pad_token] * len(padding),
            "attention_mask": window.attention_mask + padding,
            "token_type_ids": window.type_ids + padding,
        }
        feeds = {name: np.array([values[name]], dtype=kind) for name, kind in self._inputs.items()}
        logits = self._session.run([self._output], feeds, options)[0].tolist()
        if len(logits) != 1 or len(logits[0]) != len(self._export.labels):
            raise ValueError("the model does not have one output for each label of id2label")
        return _attack(logits[0], self._export)

    def _loaded(self, intra_threads: int) -> Any:
        options = self._ort.SessionOptions()
        options.intra_op_num_threads = intra_threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # a run that is ended midway is no error to print
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        return self._ort.InferenceSession(
            str(self._export.model), options, providers=["CPUExecutionProvider"]
        )

    def _expected(self) -> tuple[dict[str, str], int | None]:
        """Return the types of the inputs by name, and the length they must have if it is fixed."""
        inputs = {one.name: one for one in self._session.get_inputs()}
        known = {"input_ids", "attention_mask", "token_type_ids"}
        if "input_ids" not in inputs or not inputs.keys() <= known:
            raise GuardUnusable(
                f"{self._export.model}: its inputs are {', '.join(inputs)}, "
                "not those of a sequence classification"
            )
        shape = inputs["input_ids"].shape
        fixed = shape[1] if len(shape) == 2 and isinstance(shape[1], int) else None
        return {name: _TYPES.get(one.type, "int64") for name, one in inputs.items()}, fixed

    def _reading(self, tokenizer_class: Any) -> Any:
        tokenizer = tokenizer_class.from_file(str(self._export.tokenizer))
        # A text that spells out a separator or padding is to be read as what it is: a text.
        tokenizer.encode_special_tokens = True
        tokenizer.no_padding()
        length = min(self._export.max_tokens, self._length or self._export.max_tokens)
        overlap = (length - tokenizer.num_special_tokens_to_add(False)) // _OVERLAPS
        tokenizer.enable_truncation(length, stride=overlap)
        return tokenizer

    def _answering(self) -> str:
        outputs = [one.name for one in self._session.get_outputs()]
        return "logits" if "logits" in outputs else str(outputs[0])


def _attack(logits: list[float], export: Export) -> float:
    """Return the probability of an attack from the outputs of the model's last layer."""
    # A model that answers with no number must not pass for one that sees no harm.
    if not all(isfinite(logit) for logit in logits):
        raise ValueError("the model answers with values that are no numbers")
    if export.is_multi_label:
        return max(_sigmoid(logits[i]) for i in export.attacks)
    highest = max(logits)
    shares = [exp(logit - highest) for logit in logits]
    return min(1.0, sum(shares[i] for i in export.attacks) / sum(shares))


def _sigmoid(value: float) -> float:
    return 1 / (1 + exp(-value)) if value >= 0 else exp(value) / (1 + exp(value))
