"""The encoder block and its backward twin against transformers' own in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bertqa_fast.graphs.activations import ACTIVATIONS
from bertqa_fast.graphs.block import block, block_backward
from bertqa_fast.graphs.builder import FLOAT, Graph
from bertqa_fast.graphs.composed import attention_bias
from bertqa_fast.graphs.reference import relative_difference

torch = pytest.importorskip("torch")

RunPart = Callable[..., dict[str, np.ndarray]]
TOLERANCE = 5e-6
SMALL = {"hidden": 24, "heads": 3, "intermediate": 40}
ODD = {"hidden": 96, "heads": 6, "intermediate": 200, "layers": 5}


def mask_of(kind: str, B: int, T: int) -> np.ndarray:
    """1 where a key is attended: everywhere, padded on the right, or with holes; the first one always."""
    mask = np.ones((B, T))
    if kind == "padded":
        for row in range(B):
            mask[row, max(1, T - 3 * (row + 1)) :] = 0
    elif kind == "holes":
        mask = (np.random.default_rng(7).random((B, T)) < 0.6).astype(float)
        mask[:, 0] = 1
    return mask


def check(
    run_part: RunPart, reader: Any, spec_and_weights: Any, layer: int, B: int, T: int, mask: np.ndarray
) -> None:
    spec, weights = spec_and_weights(reader)
    rng = np.random.default_rng(B * 100 + T)
    x, dy = rng.normal(size=(2, B, T, spec.hidden_size))

    def build(g: Graph) -> None:
        sizes = g.op("Shape", "mask")
        y, saved = block(g, spec, layer, "x", sizes, attention_bias(g, "mask"))
        g.output(y, "y", FLOAT, ["N", spec.hidden_size])
        g.output(block_backward(g, spec, "dy", sizes, saved), "dx", FLOAT, ["N", spec.hidden_size])

    rows = (B * T, spec.hidden_size)
    got = run_part(build, {"x": x.reshape(rows), "dy": dy.reshape(rows), "mask": mask}, weights)
    point = torch.tensor(x.astype(np.float32).astype(np.float64), requires_grad=True)
    bias = (1 - torch.tensor(mask)) * torch.finfo(torch.float64).min
    y = reader.exact.module.bert.encoder.layer[layer](point, bias[:, None, None])
    [dx] = torch.autograd.grad(y, point, torch.tensor(dy))
    assert relative_difference(got["y"], y.detach().reshape(rows)) < TOLERANCE
    assert relative_difference(got["dx"], dx.reshape(rows)) < TOLERANCE


@pytest.mark.parametrize("kind", ["full", "padded", "holes"])
@pytest.mark.parametrize("T", [1, 2, 17])
@pytest.mark.parametrize("B", [1, 3])
def test_block_and_its_twin(
    run_part: RunPart, random_reader: Any, spec_and_weights: Any, B: int, T: int, kind: str
) -> None:
    check(run_part, random_reader(**SMALL), spec_and_weights, 0, B, T, mask_of(kind, B, T))


@pytest.mark.parametrize("layer", [0, 4])
@pytest.mark.parametrize(("B", "T"), [(1, 1), (3, 17)])
def test_odd_sizes(
    run_part: RunPart, random_reader: Any, spec_and_weights: Any, layer: int, B: int, T: int
) -> None:
    check(run_part, random_reader(**ODD), spec_and_weights, layer, B, T, mask_of("padded", B, T))


@pytest.mark.parametrize("activation", sorted(ACTIVATIONS))
def test_every_activation(
    run_part: RunPart, random_reader: Any, spec_and_weights: Any, activation: str
) -> None:
    reader = random_reader(**SMALL, activation=activation)
    check(run_part, reader, spec_and_weights, 1, 2, 5, mask_of("full", 2, 5))


def test_one_head_as_wide_as_the_model(run_part: RunPart, random_reader: Any, spec_and_weights: Any) -> None:
    reader = random_reader(layers=1, hidden=10, heads=1, intermediate=3)
    check(run_part, reader, spec_and_weights, 0, 2, 6, mask_of("padded", 2, 6))


def test_what_is_masked_has_no_part(run_part: RunPart, random_reader: Any, spec_and_weights: Any) -> None:
    spec, weights = spec_and_weights(random_reader(**SMALL))
    x = np.random.default_rng(0).normal(size=(6, spec.hidden_size))
    changed = x.copy()
    changed[4:] = 1e4

    def build(g: Graph) -> None:
        y, _ = block(g, spec, 0, "x", g.op("Shape", "mask"), attention_bias(g, "mask"))
        g.output(y, "y", FLOAT, ["N", spec.hidden_size])

    mask = np.array([[1.0, 1, 1, 1, 0, 0]])
    before, after = (run_part(build, {"x": given, "mask": mask}, weights)["y"] for given in (x, changed))
    np.testing.assert_array_equal(before[:4], after[:4])
