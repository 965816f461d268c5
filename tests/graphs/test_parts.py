"""Activations, LayerNorm, embeddings and ends, each with its backward twin, against torch in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bertqa_fast.graphs.activations import ACTIVATIONS
from bertqa_fast.graphs.builder import FLOAT, Graph
from bertqa_fast.graphs.embeddings import embeddings, embeddings_backward
from bertqa_fast.graphs.ends import interpolate, weighted_sum
from bertqa_fast.graphs.norm import layer_norm, layer_norm_backward
from bertqa_fast.graphs.reference import relative_difference

torch = pytest.importorskip("torch")

RunPart = Callable[..., dict[str, np.ndarray]]
TOLERANCE = 1e-6


@pytest.mark.parametrize("name", sorted(ACTIVATIONS))
def test_activation_and_its_derivative(run_part: RunPart, name: str) -> None:
    from transformers.activations import ACT2FN

    u = np.concatenate([np.linspace(-12, 12, 401), [0.5, -0.5, 1e-3, -1e-3, 40.0, -40.0]])[None]
    bias = np.random.default_rng(0).normal(size=u.shape[1])

    def build(g: Graph) -> None:
        value, slope = ACTIVATIONS[name](g, "u", "bias")
        g.output(value, "value", FLOAT, [1, "N"])
        g.output(slope, "slope", FLOAT, [1, "N"])

    got = run_part(build, {"u": u, "bias": bias})
    total = u.astype(np.float32) + bias.astype(np.float32)
    point = torch.tensor(total.astype(np.float64), requires_grad=True)
    value = ACT2FN[name](point)
    [slope] = torch.autograd.grad(value.sum(), point)
    assert relative_difference(got["value"], value.detach()) < TOLERANCE
    # Of relu at 0 both take the left slope.
    assert relative_difference(got["slope"], slope) < TOLERANCE
    np.testing.assert_allclose(got["value"], value.detach(), atol=4e-6)
    np.testing.assert_allclose(got["slope"], slope, atol=4e-6)


@pytest.mark.parametrize("shape", [(1, 1, 24), (3, 17, 96), (2, 5, 7)])
@pytest.mark.parametrize("eps", [1e-12, 1e-5])
def test_layer_norm_and_its_twin(run_part: RunPart, shape: tuple[int, ...], eps: float) -> None:
    rng = np.random.default_rng(0)
    x, dy = rng.normal(2.0, 3.0, shape), rng.normal(size=shape)
    weights = {"n.weight": rng.normal(1, 0.3, shape[-1]), "n.bias": rng.normal(size=shape[-1])}

    def build(g: Graph) -> None:
        y, saved = layer_norm(g, "x", "n", eps)
        g.output(y, "y", FLOAT, ["B", "T", shape[-1]])
        g.output(layer_norm_backward(g, "dy", saved), "dx", FLOAT, ["B", "T", shape[-1]])

    got = run_part(build, {"x": x, "dy": dy}, weights)
    point = torch.tensor(x.astype(np.float32).astype(np.float64), requires_grad=True)
    w, b = (torch.tensor(weights[f"n.{n}"]) for n in ("weight", "bias"))
    y = torch.nn.functional.layer_norm(point, shape[-1:], w, b, eps)
    [dx] = torch.autograd.grad(y, point, torch.tensor(dy))
    assert relative_difference(got["y"], y.detach()) < TOLERANCE
    assert relative_difference(got["dx"], dx) < TOLERANCE


@pytest.mark.parametrize("size", [(1, 1), (3, 17)])
def test_embeddings_and_their_twin(
    run_part: RunPart, random_reader: Any, spec_and_weights: Any, size: tuple[int, int]
) -> None:
    reader = random_reader()
    spec, weights = spec_and_weights(reader)
    rng = np.random.default_rng(1)
    ids, types = rng.integers(0, spec.vocab_size, size), rng.integers(0, 2, size)
    dy = rng.normal(size=(*size, spec.hidden_size))

    def build(g: Graph) -> None:
        y, saved = embeddings(g, spec, "ids", "types")
        g.output(y, "y", FLOAT, ["B", "T", spec.hidden_size])
        g.output(embeddings_backward(g, spec, "dy", saved), "dx", FLOAT, ["B", "T", spec.hidden_size])

    got = run_part(build, {"ids": ids, "types": types, "dy": dy}, weights)
    table = reader.exact.module.bert.embeddings
    words = table.word_embeddings(torch.tensor(ids)).requires_grad_(True)
    y = table(inputs_embeds=words, token_type_ids=torch.tensor(types))
    [dx] = torch.autograd.grad(y, words, torch.tensor(dy))
    assert relative_difference(got["y"], y.detach()) < TOLERANCE
    assert relative_difference(got["dx"], dx) < TOLERANCE


def test_rows_are_points_on_their_examples_path(run_part: RunPart) -> None:
    rng = np.random.default_rng(2)
    hidden, baseline = rng.normal(size=(2, 3, 5, 4))
    example, alpha = np.array([2, 0, 0, 1, 2]), np.array([0.0, 1.0, 0.25, 0.5, 0.75])

    def build(g: Graph) -> None:
        rows, change = interpolate(g, "hidden", "baseline", "example", "alpha")
        g.output(rows, "rows", FLOAT, ["R", "T", 4])
        g.output(change, "change", FLOAT, ["R", "T", 4])

    feeds = {"hidden": hidden, "baseline": baseline, "example": example, "alpha": alpha}
    got = run_part(build, feeds)
    for row, e, a in zip(got["rows"], example, alpha, strict=True):
        np.testing.assert_allclose(row, (1 - a) * baseline[e] + a * hidden[e], atol=1e-6)
    np.testing.assert_array_equal(got["rows"][0], baseline[2].astype(np.float32))
    np.testing.assert_allclose(got["change"], (hidden - baseline)[example], atol=1e-6)


def test_gradients_add_up_with_weights(run_part: RunPart) -> None:
    rng = np.random.default_rng(3)
    E, R, T, H = 2, 3, 5, 4
    gradient, weights = rng.normal(size=(R, T, H)), rng.normal(size=(E, R))
    before = rng.normal(size=(E, T, H))

    def build(g: Graph) -> None:
        g.output(weighted_sum(g, "gradient", "weights", "before"), "sum", FLOAT, ["E", "T", H])

    feeds = {"gradient": gradient, "weights": weights, "before": before}
    expected = before + np.einsum("er,rth->eth", weights, gradient)
    assert relative_difference(run_part(build, feeds)["sum"], expected) < TOLERANCE
