"""Graphs of every rule, for both heads, against the slow implementation at every layer."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bertqa_fast.graphs.relevance import RULES, relevance_graph, wu_ong

from .slow import Found, SlowRelevance, torch

HEADS = ["text-classification", "question-answering"]
SIZES: list[dict[str, Any]] = [
    {},
    {"layers": 3, "hidden": 32, "heads": 4, "intermediate": 20, "activation": "gelu_new", "seed": 1},
    {"layers": 1, "hidden": 10, "heads": 1, "intermediate": 7, "activation": "relu", "seed": 2},
]
SEEDS = [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.5, -1.0, 2.0)]
LENGTHS = (5, 7, 1)
TOLERANCE = 5e-5  # of the largest |R|
ROUNDING = 2.0**-22


def name_of(layer: int) -> str:
    return "embeddings" if layer == -1 else str(layer)


def explain(slow: SlowRelevance, rule: str, feeds: dict[str, np.ndarray], row: int) -> Found:
    real = feeds["attention_mask"][row] > 0
    names = ("label",) if "label" in feeds else ("span_start", "span_end")
    seed = tuple(float(share) for share in feeds["seed"])
    ids, types = (feeds[name][row, real] for name in ("input_ids", "token_type_ids"))
    return slow(rule, ids, types, tuple(int(feeds[name][row]) for name in names), seed)


def check(got: dict[str, np.ndarray], row: int, n: int, found: Found, tolerance: float) -> None:
    """Compare one row of a graph's outputs; the tolerance is a share of the largest |R|."""
    np.testing.assert_allclose(got["initial"][row], found.initial, rtol=2e-5, atol=1e-6)
    for layer, relevance in found.layers.items():
        wanted = relevance.numpy()
        name = name_of(layer)
        values, scores, signed = (got[f"{kind}_{name}"][row] for kind in ("values", "scores", "signed"))
        np.testing.assert_allclose(values[:n], wanted, atol=tolerance * np.abs(wanted).max(), rtol=0)
        total = np.abs(wanted).sum()
        np.testing.assert_allclose(scores[:n], np.abs(wanted).sum(-1), atol=tolerance * total, rtol=0)
        np.testing.assert_allclose(signed[:n], wanted.sum(-1), atol=tolerance * total, rtol=0)
        assert not values[n:].any()
        assert not scores[n:].any()
        assert not signed[n:].any()


@pytest.mark.parametrize("rule", sorted(RULES))
@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize(("size", "seed"), list(zip(SIZES, SEEDS, strict=True)), ids=["small", "odd", "one"])
def test_relevance_at_every_layer(
    random_model: Any, feeds_of: Any, rule: str, head: str, size: dict[str, Any], seed: Any
) -> None:
    model = random_model(head, **size)
    feeds = feeds_of(model, LENGTHS, seed, padding=1)
    slow = SlowRelevance(model.module)
    found = [explain(slow, rule, feeds, row) for row in range(len(LENGTHS))]
    for fused_operators in (True, False):
        got = model.run(rule, feeds, fused_operators)
        layers = [name_of(layer) for layer in range(-1, model.spec.num_layers)]
        heads = {"class_logits"} if head == HEADS[0] else {"start_logits", "end_logits"}
        blocks = range(model.spec.num_layers if rule == "attn_lrp" else 0)
        gaps = {f"softmax_gap_{layer}" for layer in blocks}
        kinds = {f"{kind}_{layer}" for kind in ("values", "scores", "signed") for layer in layers}
        assert set(got) == heads | gaps | kinds | {"initial"}
        for row, (n, wanted) in enumerate(zip(LENGTHS, found, strict=True)):
            check(got, row, n, wanted, max(TOLERANCE, ROUNDING / wanted.narrowest))
            if head == HEADS[0]:
                np.testing.assert_allclose(got["class_logits"][row], wanted.logits, atol=1e-5)
            else:
                logits = np.stack([got[name][row, :n] for name in ("start_logits", "end_logits")])
                np.testing.assert_allclose(logits, wanted.logits, atol=1e-5)
            for layer in blocks:
                scale = got[f"scores_{layer}"][row].sum()
                gap = got[f"softmax_gap_{layer}"][row]
                np.testing.assert_allclose(gap, wanted.gaps[layer], atol=TOLERANCE * scale, rtol=0)


@pytest.mark.parametrize("head", HEADS)
def test_wu_ong_where_the_rescaled_path_weighs(
    random_model: Any, feeds_of: Any, head: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Behind a LayerNorm totals are RESCALE, which is 1e-7: nothing shows beside the gradient. Here it does.
    monkeypatch.setattr(wu_ong, "RESCALE", 0.5)
    model = random_model(head, seed=7)
    feeds = feeds_of(model, LENGTHS)
    slow, without = SlowRelevance(model.module, rescale=0.5), SlowRelevance(model.module, rescale=1e-7)
    got = model.run("wu_ong", feeds)
    for row, n in enumerate(LENGTHS):
        found = explain(slow, "wu_ong", feeds, row)
        check(got, row, n, found, 5e-4)
        other = explain(without, "wu_ong", feeds, row).layers[-1]
        assert float((found.layers[-1] - other).abs().max() / other.abs().max()) > 0.1


@pytest.mark.parametrize("head", HEADS)
def test_wu_ong_is_nearly_a_gradient_below_the_head(random_model: Any, feeds_of: Any, head: str) -> None:
    model = random_model(head)
    feeds = feeds_of(model, (6,))
    got = model.run("wu_ong", feeds)
    upstream = got[f"values_{model.spec.num_layers - 1}"][0].astype(np.float64)
    ids, types = (feeds[name][0] for name in ("input_ids", "token_type_ids"))
    wanted = SlowRelevance(model.module).gradient(ids, types, torch.as_tensor(upstream)).numpy()
    found = got["values_embeddings"][0]
    np.testing.assert_allclose(found, wanted, atol=TOLERANCE * np.abs(wanted).max(), rtol=0)


@pytest.mark.parametrize("rule", sorted(RULES))
def test_padding_changes_nothing(random_model: Any, feeds_of: Any, rule: str) -> None:
    model = random_model("question-answering")
    feeds = feeds_of(model, (6,), (0.0, 1.0, 0.0))
    padded = feeds_of(model, (6,), (0.0, 1.0, 0.0), padding=5, draw_seed=3)
    for name in ("input_ids", "token_type_ids"):
        padded[name][:, :6] = feeds[name]
    padded |= {name: feeds[name] for name in ("span_start", "span_end")}
    got, wanted = model.run(rule, padded), model.run(rule, feeds)
    np.testing.assert_allclose(got["initial"], wanted["initial"], rtol=1e-5)
    for layer in ("embeddings", "0", "1"):
        values = wanted[f"values_{layer}"]
        found = got[f"values_{layer}"]
        np.testing.assert_allclose(found[:, :6], values, atol=TOLERANCE * np.abs(values).max(), rtol=0)
        assert not found[:, 6:].any()


def test_names_are_checked(random_model: Any) -> None:
    spec = random_model("question-answering").spec
    with pytest.raises(ValueError, match=r"^rule: got 'gamma', wanted one of: epsilon, "):
        relevance_graph(spec, {}, "gamma", "question-answering")
    with pytest.raises(ValueError, match=r"^head: got 'tagging', wanted one of: text-classification, "):
        relevance_graph(spec, {}, "epsilon", "tagging")
