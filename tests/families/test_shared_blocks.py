"""ALBERT's blocks: their weights lie in one place, whatever is made of the export."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

import bertqa_fast as bf
from bertqa_fast.analysis.faithful.randomization import cascade, part_of, redrawing
from bertqa_fast.data.windows import make_windows
from bertqa_fast.graphs.derived import derive
from bertqa_fast.graphs.manifest import read_manifest
from bertqa_fast.graphs.spec import EncoderSpec

torch = pytest.importorskip("torch")

READER = "question-answering"
SIZES: dict[str, Any] = {
    "num_layers": 4,
    "hidden_size": 24,
    "num_heads": 3,
    "intermediate_size": 37,
    "vocab_size": 101,
    "max_positions": 9,
    "type_vocab_size": 2,
    "layer_norm_eps": 1e-12,
    "activation": "gelu",
}


@pytest.fixture
def albert(family_model: Callable[..., Any]) -> Any:
    """Four blocks, the first two and the last two of which share their weights."""
    return family_model("albert", READER, num_hidden_layers=4, num_hidden_groups=2)


def stored(folder: Path) -> set[str]:
    return {entry.name for entry in read_manifest(folder).tensors}


def test_weights_are_stored_once_and_used_from_one_place(albert: Any) -> None:
    folder = albert.model.folder
    names = stored(folder)
    assert {name.split(".")[1] for name in names if name.startswith("layer.")} == {"0", "1"}
    parameters = sum(p.numel() for p in albert.exact.module.parameters())
    H, E, vocabulary_root = 24, 10, 10**2
    assert albert.model.embedding_size == E
    # Beside the parameters: a transposed square matrix of each stored block, and the words' root.
    wanted = 4 * (parameters + 2 * H**2 + vocabulary_root)
    assert sum(entry.nbytes for entry in read_manifest(folder).tensors) == wanted
    # One initializer, and so one address and one packed copy, however many blocks multiply with it.
    graph = onnx.load(folder / "cut_embeddings.onnx", load_external_data=False).graph
    weights = [tensor.name for tensor in graph.initializer if tensor.name.endswith("qkv.weight")]
    assert sorted(weights) == ["layer.0.qkv.weight", "layer.1.qkv.weight"]
    products = [node for node in graph.node if "layer.1.qkv.weight" in node.input]
    assert len(products) == 4  # two blocks, forward and back


def assert_logits_of(model: bf.Model, groups: list[Any], exact: Any, examples: list[bf.QAExample]) -> None:
    """Compare with blocks of PyTorch run one after the other."""
    for window in make_windows(model.window_tokenizer, examples):
        hidden = exact.embed(window.token_type_ids[None], input_ids=window.input_ids[None])
        for group in groups:
            hidden = group(hidden, None)
        wanted = exact.logits(hidden)
        for ours, theirs in zip(model.logits([window])[0], wanted, strict=True):
            np.testing.assert_allclose(ours, theirs[0], atol=2e-5)


@pytest.mark.parametrize(("kept", "sets"), [([0, 1], {"0"}), ([2, 3], {"0"}), ([3, 0, 1], {"0", "1"})])
def test_some_runs_of_the_blocks(
    albert: Any, tmp_path: Path, kept: list[int], sets: set[str], mixed_examples: list[bf.QAExample]
) -> None:
    folder = derive(albert.model.folder, tmp_path / "out", blocks=kept)
    assert {name.split(".")[1] for name in stored(folder) if name.startswith("layer.")} == sets
    with bf.load(folder) as model:
        assert model.num_layers == len(kept)
        assert_logits_of(model, [albert.exact.blocks[block] for block in kept], albert.exact, mixed_examples)
        found = bf.integrated_gradients(model, mixed_examples[1], layer="all", n_steps=3)
        assert list(found) == [-1, *range(len(kept))]


def test_changed_weights_stay_shared(albert: Any, tmp_path: Path, mixed_examples: list[bf.QAExample]) -> None:
    seen = []

    def change(name: str, array: np.ndarray) -> np.ndarray:
        seen.append(name)
        return array * np.float32(0.5) if name == "layer.1.output.weight" else array

    exact = copy.deepcopy(albert.exact)
    groups = exact.encoder.encoder.albert_layer_groups
    groups[1].albert_layers[0].ffn_output.weight.mul_(0.5)
    with bf.load(derive(albert.model.folder, tmp_path / "out", change=change)) as model:
        blocks = [groups[0], groups[0], groups[1], groups[1]]
        assert_logits_of(model, blocks, exact, mixed_examples)
    assert len(seen) == len(set(seen))


def test_blocks_that_share_weights_are_drawn_anew_together(albert: Any) -> None:
    parts = cascade(len(set(albert.model.stored_blocks)))
    assert parts == ["head", "block 1", "block 0", "embeddings"]
    assert {part_of(name) for name in stored(albert.model.folder)} == set(parts)


@pytest.mark.parametrize("kind", ["initial", "shuffle"])
@pytest.mark.parametrize("family", ["roberta", "distilbert", "electra"])
def test_types_that_a_model_has_not_are_not_drawn(
    family: str, kind: str, family_model: Callable[..., Any]
) -> None:
    model = family_model(family, READER).model
    found: dict[str, np.ndarray] = {}
    config = {"hidden_size": model.hidden_size, "num_attention_heads": model.num_heads}
    draw = redrawing(["embeddings"], kind, config, 0)

    def note(name: str, array: np.ndarray) -> np.ndarray:
        drawn = draw(name, array)
        if name == "embeddings.token_type":
            found["before"], found["after"] = array, drawn
        return drawn

    with model.derived(change=note):
        pass
    before, after = found["before"], found["after"]
    assert before.shape == after.shape == (2, model.embedding_size)
    assert not before.any() if family == "distilbert" else not np.array_equal(before, after)
    assert (family == "electra") != np.array_equal(after[0], after[1])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"stored_blocks": (0, 0)}, r"stored_blocks: got \[0, 0\], wanted a number for each of 4 blocks"),
        ({"stored_blocks": (0, 2, 2, 0)}, "from 0 on and none left out"),
        ({"stored_blocks": (0, 0, 0, 10**12)}, "from 0 on and none left out"),
        ({"num_layers": 10**12}, "num_layers: got 1000000000000, wanted at most 10000"),
        ({"embedding_size": -3}, "embedding_size: got -3, wanted a positive integer"),
    ],
)
def test_sizes_that_cannot_be(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        EncoderSpec(**SIZES | changes)


def test_what_a_spec_leaves_open() -> None:
    spec = EncoderSpec(**SIZES)
    assert (spec.embedding_size, spec.stored_blocks) == (24, (0, 1, 2, 3))
    assert not spec.shares_blocks
    shared = EncoderSpec(**SIZES, stored_blocks=(0, 0, 1, 1))
    assert shared.shares_blocks
    assert [shared.block_name(layer) for layer in range(4)] == ["layer.0", "layer.0", "layer.1", "layer.1"]
