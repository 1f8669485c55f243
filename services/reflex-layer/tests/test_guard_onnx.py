"""A guard in this process, with a tiny model that the test makes: it knows one bad word."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx2
import onnx
import pytest
from onnx import TensorProto, helper
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.normalizers import Lowercase
from tokenizers.pre_tokenizers import Whitespace

from reflex_layer.config import Settings
from reflex_layer.guard.judgement import GUARD_TYPE, GuardUnusable
from reflex_layer.main import create_app

Connect = Callable[..., AbstractAsyncContextManager[httpx2.AsyncClient]]

BAD = "xyzzy"
WORDS = {"[UNK]": 0, "[PAD]": 1, BAD: 2, "the": 3, "garden": 4}
LONGEST = 16

Export = Callable[..., Path]


def _model() -> onnx.ModelProto:
    """Return a model whose second output is high if token 2 is among the tokens."""
    nodes = [
        helper.make_node("Equal", ["input_ids", "bad"], ["is_bad"]),
        helper.make_node("Cast", ["is_bad"], ["as_number"], to=TensorProto.FLOAT),
        helper.make_node("ReduceMax", ["as_number", "along"], ["any_bad"], keepdims=1),
        helper.make_node("Mul", ["any_bad", "eight"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "four"], ["attack"]),
        helper.make_node("Neg", ["attack"], ["safe"]),
        helper.make_node("Concat", ["safe", "attack"], ["logits"], axis=1),
    ]
    constants = [
        helper.make_tensor("bad", TensorProto.INT64, [1], [WORDS[BAD]]),
        helper.make_tensor("along", TensorProto.INT64, [1], [1]),
        helper.make_tensor("eight", TensorProto.FLOAT, [1], [8.0]),
        helper.make_tensor("four", TensorProto.FLOAT, [1], [4.0]),
    ]
    graph = helper.make_graph(
        nodes,
        "guard",
        [helper.make_tensor_value_info("input_ids", TensorProto.INT64, [1, "length"])],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, [1, 2])],
        constants,
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Write the folder of an export; `labels` are the names of the model's outputs."""

    def write(labels: tuple[str, ...] = ("SAFE", "INJECTION")) -> Path:
        folder = tmp_path / "guard"
        folder.mkdir()
        onnx.save(_model(), folder / "model.onnx")
        tokenizer = Tokenizer(WordLevel(WORDS, unk_token="[UNK]"))
        tokenizer.normalizer = Lowercase()
        tokenizer.pre_tokenizer = Whitespace()
        tokenizer.save(str(folder / "tokenizer.json"))
        config = {"id2label": dict(enumerate(labels)), "max_position_embeddings": LONGEST}
        (folder / "config.json").write_text(json.dumps(config), "utf-8")
        return folder

    return write


async def _screened(client: httpx2.AsyncClient, text: str) -> dict[str, Any]:
    answer = await client.post("/process", json={"text": text})
    assert answer.status_code == 200, answer.text
    verdict: dict[str, Any] = answer.json()
    return verdict


async def test_it_accuses_and_lets_pass(connect: Connect, export: Export) -> None:
    async with connect(guard=f"onnx:{export()}") as client:
        bad = await _screened(client, f"The garden, {BAD.upper()}.")
        good = await _screened(client, "The garden.")
        counted = (await client.get("/metrics")).text
    assert bad["status"] == "blocked"
    assert [m["injection_type"] for m in bad["injection_matches"]] == [GUARD_TYPE]
    assert bad["injection_score"] > 0.99
    assert good["status"] == "success"
    assert good["injection_matches"] == []
    assert 'reflex_guard_judgements_total{outcome="judged"} 2.0' in counted


async def test_the_window_is_told(connect: Connect, export: Export) -> None:
    text = "the garden " * 50 + BAD + " the garden" * 50
    async with connect(guard=f"onnx:{export()}") as client:
        verdict = await _screened(client, text)
    (match,) = verdict["injection_matches"]
    window = text[match["start"] : match["end"]]
    assert BAD in window
    assert len(window.split()) <= LONGEST


async def test_a_text_past_the_windows_is_not_judged(connect: Connect, export: Export) -> None:
    async with connect(guard=f"onnx:{export()}", guard_max_windows=2) as client:
        verdict = await _screened(client, "the garden " * 200)
    assert verdict["incomplete"] is True
    assert "too_long" in verdict["details"]


async def test_the_file_itself_may_be_named(connect: Connect, export: Export) -> None:
    async with connect(guard=f"onnx:{export() / 'model.onnx'}") as client:
        assert (await _screened(client, BAD))["status"] == "blocked"


async def test_which_label_means_an_attack_is_a_setting(connect: Connect, export: Export) -> None:
    async with connect(guard=f"onnx:{export(('FINE', 'EVIL'))}", guard_labels="evil") as client:
        assert (await _screened(client, BAD))["status"] == "blocked"


def _with_labels(folder: Path) -> None:
    (folder / "config.json").write_text('{"id2label": {"0": "HAM", "1": "SPAM"}}', "utf-8")


BROKEN: dict[str, tuple[Callable[[Path], object], str]] = {
    "no model": (lambda f: (f / "model.onnx").unlink(), "has no model.onnx"),
    "no tokenizer": (lambda f: (f / "tokenizer.json").unlink(), "has no tokenizer.json"),
    "no config": (lambda f: (f / "config.json").unlink(), "has no config.json"),
    "no JSON": (lambda f: (f / "config.json").write_text("{"), "is no JSON"),
    "no labels": (lambda f: (f / "config.json").write_text("{}"), "id2label"),
    "other labels": (_with_labels, "REFLEX_GUARD_LABELS"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_an_export_that_cannot_be_read_stops_the_start(export: Export, fault: str) -> None:
    folder = export()
    damage, reason = BROKEN[fault]
    damage(folder)
    with pytest.raises(GuardUnusable, match=reason) as refused:
        create_app(Settings(guard=f"onnx:{folder}"))
    assert str(refused.value).startswith("REFLEX_GUARD: ")


@pytest.mark.parametrize("name", ["model.onnx", "tokenizer.json"])
async def test_an_export_that_cannot_be_run_stops_the_start(
    connect: Connect, export: Export, name: str
) -> None:
    folder = export()
    (folder / name).write_bytes(b"{}")
    with pytest.raises(GuardUnusable, match="cannot be run"):
        async with connect(guard=f"onnx:{folder}"):
            pass


async def test_another_model_is_another_version(connect: Connect, export: Export) -> None:
    folder = export()
    versions = set()
    for _ in range(2):
        async with connect(guard=f"onnx:{folder}") as client:
            versions.add((await client.get("/ready")).json()["ruleset"])
        model = onnx.load(folder / "model.onnx")
        model.producer_name = "another"
        onnx.save(model, folder / "model.onnx")
    assert len(versions) == 2
