"""What goes in comes out: each rule by itself, and whole models without biases."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bertqa_fast.graphs.builder import FLOAT, Graph
from bertqa_fast.graphs.norm import layer_norm
from bertqa_fast.graphs.relevance.attention import halves, softmax
from bertqa_fast.graphs.relevance.rules import (
    LinearLayer,
    alpha_beta_linear,
    epsilon_linear,
    norm,
    residual,
)
from bertqa_fast.graphs.relevance.wu_ong import RESCALE, wu_ong_linear

RunPart = Callable[..., dict[str, np.ndarray]]
WITHIN = 1e-4  # of the sum of what comes in, in absolute value

LINEAR = {"epsilon": epsilon_linear, "alpha_beta": alpha_beta_linear, "wu_ong": wu_ong_linear}
RNG = np.random.default_rng


def run_linear(run_part: RunPart, rule: str, bias: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    rng = RNG(seed)
    a, weight, relevance = rng.normal(size=(6, 9)), rng.normal(size=(11, 9)), rng.normal(size=(6, 11))
    outputs = a @ weight.T + bias
    relevance *= outputs  # as it does from above, relevance vanishes with what it belongs to

    def build(g: Graph) -> None:
        layer = LinearLayer("a", "weight", "bias", "outputs")
        g.output(LINEAR[rule](g, layer, "relevance"), "found", FLOAT, [6, 9])

    feeds = {"a": a, "weight": weight, "bias": bias, "outputs": outputs, "relevance": relevance}
    return feeds | run_part(build, feeds)


@pytest.mark.parametrize("rule", sorted(LINEAR))
def test_linear_layers_conserve(run_part: RunPart, rule: str) -> None:
    got = run_linear(run_part, rule, np.zeros(11))
    gap = got["found"].sum(-1) - got["relevance"].sum(-1)
    assert np.all(np.abs(gap) < WITHIN * np.abs(got["relevance"]).sum(-1))


@pytest.mark.parametrize("rule", ["epsilon", "alpha_beta"])
def test_biases_keep_their_share(run_part: RunPart, rule: str) -> None:
    """The same layer with its bias as one more input, which is 1, gives the other inputs the same."""
    bias = RNG(1).normal(size=11)
    got = run_linear(run_part, rule, bias)
    one = np.hstack([got["a"], np.ones((6, 1))])

    def build(g: Graph) -> None:
        layer = LinearLayer("a", "weight", "bias", "outputs")
        g.output(LINEAR[rule](g, layer, "relevance"), "found", FLOAT, [6, 10])

    feeds = {name: got[name] for name in ("outputs", "relevance")}
    feeds |= {"a": one, "weight": np.hstack([got["weight"], bias[:, None]]), "bias": np.zeros(11)}
    whole = run_part(build, feeds)["found"]
    np.testing.assert_allclose(got["found"], whole[:, :9], atol=1e-5 * np.abs(whole).max())
    gap = whole.sum(-1) - got["relevance"].sum(-1)
    assert np.all(np.abs(gap) < WITHIN * np.abs(got["relevance"]).sum(-1))


def test_wu_ong_restores_the_total_and_leaves_one_sign(run_part: RunPart) -> None:
    got = run_linear(run_part, "wu_ong", RNG(2).normal(size=11))
    total = got["relevance"].sum(-1)
    np.testing.assert_allclose(got["found"].sum(-1), total + RESCALE, rtol=1e-5)
    assert np.all(np.sign(got["found"]) * np.sign(total)[:, None] >= 0)


def test_residuals_conserve(run_part: RunPart) -> None:
    rng = RNG(3)
    a, b = rng.normal(size=(2, 6, 9))
    relevance = rng.normal(size=(6, 9)) * (a + b)

    def build(g: Graph) -> None:
        for name, found in zip("pq", residual(g, "relevance", "total", "a", "b"), strict=True):
            g.output(found, name, FLOAT, [6, 9])

    got = run_part(build, {"a": a, "b": b, "total": a + b, "relevance": relevance})
    # Here every single one is conserved, and parted as the terms are.
    np.testing.assert_allclose(got["p"] + got["q"], relevance, atol=WITHIN * np.abs(relevance).max())
    np.testing.assert_allclose(got["p"] * b, got["q"] * a, atol=WITHIN * np.abs(got["p"] * b).max())


def test_layer_norm_conserves(run_part: RunPart) -> None:
    rng = RNG(4)
    x, weights = rng.normal(2, 3, (6, 9)), {"n.weight": rng.normal(1, 0.3, 9), "n.bias": np.zeros(9)}
    share = rng.normal(size=(6, 9))

    def build(g: Graph) -> None:
        y, saved = layer_norm(g, "x", "n", 1e-12)
        relevance = g.op("Mul", y, "share")
        g.output(relevance, "relevance", FLOAT, [6, 9])
        g.output(norm(g, relevance, "x", y, saved), "found", FLOAT, [6, 9])

    got = run_part(build, {"x": x, "share": share}, weights)
    gap = got["found"].sum(-1) - got["relevance"].sum(-1)
    assert np.all(np.abs(gap) < WITHIN * np.abs(got["relevance"]).sum(-1))


@pytest.mark.parametrize("transposed", [False, True])
def test_products_give_half_to_each_factor(run_part: RunPart, transposed: bool) -> None:
    rng = RNG(5)
    a, b = rng.normal(size=(2, 3, 5, 4)), rng.normal(size=(2, 3, 7, 4) if transposed else (2, 3, 4, 7))
    product = a @ (b.swapaxes(2, 3) if transposed else b)
    relevance = rng.normal(size=product.shape) * product

    def build(g: Graph) -> None:
        found = halves(g, "relevance", "a", "b", "product", transposed=transposed)
        g.output(found[0], "of_a", FLOAT, ["B", "A", "I", "K"])
        g.output(found[1], "of_b", FLOAT, ["B", "A", "K", "J"])

    got = run_part(build, {"a": a, "b": b, "product": product, "relevance": relevance})
    for found in (got["of_a"], got["of_b"]):
        gap = found.sum((2, 3)) - relevance.sum((2, 3)) / 2
        assert np.all(np.abs(gap) < WITHIN * np.abs(relevance).sum((2, 3)))


def test_what_the_softmax_does_not_conserve(run_part: RunPart) -> None:
    """R_x sums to sum x R - (sum s x) (sum R): the rest, its gap, is the expansion's bias."""
    rng = RNG(6)
    x = rng.normal(0, 2, (2, 3, 5, 5))
    s = np.exp(x) / np.exp(x).sum(-1, keepdims=True)
    relevance = rng.normal(size=x.shape) * s

    def build(g: Graph) -> None:
        g.output(softmax(g, "relevance", "x", "s"), "found", FLOAT, ["B", "A", "T", "T"])

    found = run_part(build, {"x": x, "s": s, "relevance": relevance})["found"]
    wanted = (x * relevance).sum(-1) - (s * x).sum(-1) * relevance.sum(-1)
    np.testing.assert_allclose(found.sum(-1), wanted, atol=WITHIN * np.abs(relevance).sum(-1).min())


def test_zeros_are_not_divided_by(run_part: RunPart) -> None:
    def build(g: Graph) -> None:
        for rule, linear in LINEAR.items():
            found = linear(g, LinearLayer("a", "weight", "bias", "outputs"), "outputs")
            g.output(found, rule, FLOAT, [2, 3])
        g.output(residual(g, "outputs", "outputs", "outputs")[0], "residual", FLOAT, [2, 4])

    feeds = {
        "a": np.zeros((2, 3)),
        "weight": np.ones((4, 3)),
        "bias": np.zeros(4),
        "outputs": np.zeros((2, 4)),
    }
    for found in run_part(build, feeds).values():
        assert not found.any()


@pytest.mark.parametrize("rule", ["epsilon", "alpha_beta", "attn_lrp"])
@pytest.mark.parametrize("head", ["text-classification", "question-answering"])
def test_models_without_biases(random_model: Any, feeds_of: Any, rule: str, head: str) -> None:
    """Every layer sums to the initial relevance, but for the gaps of the softmaxes above it."""
    model = random_model(head, layers=3, biases=False, seed=4)
    got = model.run(rule, feeds_of(model, (9, 4), padding=1))
    expected = got["initial"].astype(np.float64)
    for layer in ("2", "1", "0", "embeddings"):
        gap = got[f"signed_{layer}"].sum(-1) - expected
        assert np.all(np.abs(gap) < WITHIN * got[f"scores_{layer}"].sum(-1))
        expected += got.get(f"softmax_gap_{layer}", 0.0)
    if rule == "attn_lrp":
        assert np.all(np.abs(expected - got["initial"]) > WITHIN)  # a gap to speak of


def test_wu_ong_does_not_conserve(random_model: Any, feeds_of: Any) -> None:
    model = random_model("text-classification", layers=3, biases=False, seed=4)
    got = model.run("wu_ong", feeds_of(model, (9, 4)))
    initial = got["initial"]
    np.testing.assert_allclose(got["signed_2"].sum(-1), initial, rtol=1e-5)
    assert np.all(np.abs(got["signed_embeddings"].sum(-1) - initial) > 0.01 * np.abs(initial))
