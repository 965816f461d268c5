"""Exports made from another: against PyTorch readers that were changed in the same way."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows
from bertqa_fast.errors import ExportError
from bertqa_fast.graphs.derived import derive
from bertqa_fast.graphs.manifest import read_manifest
from bertqa_fast.graphs.weights import is_derived


@pytest.fixture
def reader(random_reader: Any) -> Any:
    return random_reader(layers=4, seed=3)


def assert_same_logits(model: bf.Model, module: Any, examples: list[bf.QAExample]) -> None:
    """Compare with a PyTorch module in float64."""
    import torch

    windows = make_windows(model.window_tokenizer, examples)
    for window, (start, end) in zip(windows, model.logits(windows), strict=True):
        ids, types = (torch.tensor(given[None]) for given in (window.input_ids, window.token_type_ids))
        with torch.no_grad():
            wanted = module(input_ids=ids, token_type_ids=types)
        np.testing.assert_allclose(start, wanted.start_logits[0], atol=2e-5)
        np.testing.assert_allclose(end, wanted.end_logits[0], atol=2e-5)


@pytest.mark.parametrize("kept", [[0, 1, 3], [2], [3, 0]])
def test_some_blocks(
    reader: Any, tmp_path: Path, kept: list[int], mixed_examples: list[bf.QAExample]
) -> None:
    """Leaving blocks out is what removing them from the PyTorch encoder's list is."""
    torch = pytest.importorskip("torch")
    module = copy.deepcopy(reader.exact.module)
    module.bert.encoder.layer = torch.nn.ModuleList([module.bert.encoder.layer[block] for block in kept])
    folder = derive(reader.model.folder, tmp_path / "out", blocks=kept)
    with bf.load(folder) as model:
        assert model.num_layers == model.config.num_hidden_layers == len(kept)
        assert_same_logits(model, module, mixed_examples)
        assert model.fingerprint != reader.model.fingerprint
        assert model.source == f"{reader.folder} (blocks {', '.join(map(str, kept))} of 4)"
        # Every other graph is there too: the gradients, and what adds them up.
        found = bf.integrated_gradients(model, mixed_examples[1], layer="all")
        assert list(found) == [-1, *range(len(kept))]


def test_other_weights(reader: Any, tmp_path: Path, mixed_examples: list[bf.QAExample]) -> None:
    """Weights are given by name, once each, and the transposed copies follow them."""
    names = []

    def change(name: str, array: np.ndarray) -> np.ndarray:
        names.append(name)
        if name == "layer.1.attention_output.weight":
            array *= -0.5  # it may be written to
        return array + 0.25 if name == "qa.bias" else array

    pytest.importorskip("torch")
    module = copy.deepcopy(reader.exact.module)
    module.bert.encoder.layer[1].attention.output.dense.weight.mul_(-0.5)
    module.qa_outputs.bias.add_(0.25)
    with bf.load(derive(reader.model.folder, tmp_path / "out", change=change)) as model:
        assert_same_logits(model, module, mixed_examples)
        assert model.source.endswith("(other weights)")
    stored = [t.name for t in read_manifest(reader.model.folder).tensors if not is_derived(t.name)]
    assert sorted(names) == sorted(stored)
    derived = {t.name: t for t in read_manifest(tmp_path / "out").tensors}
    data = np.fromfile(tmp_path / "out" / "weights.bin", dtype="<f4")

    def weight(name: str) -> np.ndarray:
        return data[derived[name].offset // 4 :][: 24 * 24].reshape(24, 24)

    name = "layer.1.attention_output.weight"
    np.testing.assert_array_equal(weight(name), weight(f"{name}_transposed").T)


def test_both_at_once_names_blocks_as_the_source_does(reader: Any, tmp_path: Path) -> None:
    seen = set()

    def note(name: str, array: np.ndarray) -> np.ndarray:
        seen.add(name.rpartition(".")[0] if name.startswith("layer.") else name)
        return array

    derive(reader.model.folder, tmp_path / "out", blocks=(3, 1), change=note)
    assert {name.split(".")[1] for name in seen if name.startswith("layer.")} == {"1", "3"}


def test_the_same_change_gives_the_same_export(reader: Any, tmp_path: Path) -> None:
    one, two, three = (
        derive(reader.model.folder, tmp_path / name, change=lambda _, array, by=by: array * by)
        for name, by in (("one", 0.5), ("two", 0.5), ("three", 2.0))
    )
    first, second, third = (read_manifest(folder) for folder in (one, two, three))
    assert first == second
    assert first.fingerprint != third.fingerprint


def test_beside_a_model_that_is_open(reader: Any, mixed_examples: list[bf.QAExample]) -> None:
    with reader.model.derived(blocks=[0]) as model:
        folder = model.folder
        assert model.num_layers == 1
        assert bf.predict(model, mixed_examples[0]).text
    assert not folder.parent.exists()
    assert bf.predict(reader.model, mixed_examples[0]).text


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ({}, ValueError, "blocks, change: got None for both"),
        ({"blocks": [4]}, ValueError, "blocks: got 4, wanted 0 to 3"),
        ({"blocks": [-1]}, ValueError, "blocks: got -1"),
        ({"blocks": []}, ValueError, r"blocks: got \[\], wanted at least one, and each once"),
        ({"blocks": [1, 1]}, ValueError, r"blocks: got \[1, 1\]"),
        ({"blocks": ["1"]}, TypeError, "blocks: got '1', wanted integers"),
        ({"blocks": [True]}, TypeError, "blocks: got True"),
        ({"change": lambda name, array: array[:1]}, ValueError, r"change: got the shape \[1, 24\] for"),
        ({"change": lambda name, array: array * np.nan}, ValueError, "holds values that are not finite"),
    ],
)
def test_wrong_arguments(
    reader: Any, tmp_path: Path, arguments: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        derive(reader.model.folder, tmp_path / "out", **arguments)
    assert not list(tmp_path.iterdir())


def test_places_that_are_refused(reader: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="out_dir: got the export itself"):
        derive(reader.model.folder, reader.model.folder, blocks=[0])
    (tmp_path / "mine.txt").write_text("kept")
    with pytest.raises(ValueError, match="exists and is no export"):
        derive(reader.model.folder, tmp_path, blocks=[0])
    with pytest.raises(ExportError, match="is missing or damaged"):
        derive(tmp_path, tmp_path / "out", blocks=[0])
