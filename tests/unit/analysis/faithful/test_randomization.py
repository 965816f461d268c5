"""The cascade, the weights it draws, and how scores are compared."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import spearmanr

from bertqa_fast.analysis.faithful.randomization import (
    cascade,
    part_of,
    rank_correlation,
    redrawing,
    top_overlap,
)

CONFIG = {"hidden_size": 64, "num_attention_heads": 4, "initializer_range": 0.05}


def test_cascade_from_the_head_down() -> None:
    assert cascade(2) == ["head", "block 1", "block 0", "embeddings"]


def test_every_weight_of_an_export_has_a_part(random_reader: Any) -> None:
    reader = random_reader()
    parts: dict[str, set[str]] = {}

    def note(name: str, array: np.ndarray) -> np.ndarray:
        parts.setdefault(part_of(name), set()).add(name)
        return array

    with reader.model.derived(change=note):
        pass
    assert set(parts) == set(cascade(reader.model.num_layers))
    assert all(name.startswith("layer.1.") for name in parts["block 1"])
    assert parts["head"] == {"qa.weight", "qa.bias"}
    assert len(parts["block 0"]) == len(parts["block 1"]) > 8


def test_only_the_parts_named_are_drawn_and_what_is_drawn_stays() -> None:
    array = np.random.default_rng(0).normal(size=(8, 64)).astype(np.float32)
    shallow = redrawing(["head", "block 10"], "initial", CONFIG, 3)
    deep = redrawing(["head", "block 10", "block 9"], "initial", CONFIG, 3)
    for name in ("qa.weight", "layer.10.output.weight"):
        assert not np.array_equal(shallow(name, array), array)
        np.testing.assert_array_equal(shallow(name, array), deep(name, array))
    assert shallow("layer.9.output.weight", array) is array
    assert shallow("layer.1.output.weight", array) is array
    assert shallow("embeddings.word", array) is array
    assert not np.array_equal(deep("layer.9.output.weight", array), deep("layer.10.output.weight", array))
    other = redrawing(["head"], "initial", CONFIG, 4)
    assert not np.array_equal(shallow("qa.weight", array), other("qa.weight", array))


def test_weights_as_before_training() -> None:
    draw = redrawing(["block 0", "embeddings"], "initial", CONFIG, 0)
    trained = np.full((192, 64), 7, dtype=np.float32)
    weight = draw("layer.0.qkv.weight", trained)
    assert weight.dtype == np.float32
    # A head has 16 values: the rows of the queries are kept divided by 4.
    np.testing.assert_allclose(weight[:64].std(), 0.05 / 4, rtol=0.05)
    np.testing.assert_allclose(weight[64:].std(), 0.05, rtol=0.05)
    np.testing.assert_allclose(draw("embeddings.word", trained).std(), 0.05, rtol=0.05)
    assert abs(weight.mean()) < 0.002
    vector = trained[0]
    assert (draw("layer.0.output.bias", vector) == 0).all()
    assert (draw("layer.0.output_norm.weight", vector) == 1).all()
    assert (draw("layer.0.output_norm.bias", vector) == 0).all()
    assert (draw("embeddings.norm.weight", vector) == 1).all()


def test_rows_in_another_order() -> None:
    draw = redrawing(["block 0"], "shuffle", CONFIG, 0)
    trained = np.arange(192 * 64, dtype=np.float32).reshape(192, 64)
    weight = draw("layer.0.qkv.weight", trained)
    assert not np.array_equal(weight, trained)
    np.testing.assert_array_equal(np.sort(weight, axis=1), trained)
    bias = draw("layer.0.qkv.bias", np.arange(192, dtype=np.float32))
    np.testing.assert_array_equal(np.sort(bias.reshape(3, 64), axis=1), np.arange(192).reshape(3, 64))


def test_rank_correlation_is_scipys() -> None:
    rng = np.random.default_rng(0)
    first, second = rng.integers(0, 8, size=(2, 3, 20))  # with ties
    wanted = [spearmanr(a, b).statistic for a, b in zip(first, second, strict=True)]
    np.testing.assert_allclose(rank_correlation(first, second), wanted, rtol=1e-12)
    assert rank_correlation(first[0], np.exp(first[0].astype(float))) == pytest.approx(1)
    assert rank_correlation(first[0], -first[0]) == pytest.approx(-1)
    assert np.isnan(rank_correlation(first[0], np.ones(20)))


def test_overlap_by_hand() -> None:
    first = np.array([[5.0, 4, 3, 2, 1], [5, 4, 3, 2, 1]])
    second = np.array([[0.0, 9, 1, 8, 0], [5, 4, 3, 2, 1]])
    np.testing.assert_allclose(top_overlap(first, second, 2), [0.5, 1])
    np.testing.assert_allclose(top_overlap(first, second, 3), [2 / 3, 1])
    np.testing.assert_allclose(top_overlap(first, second, 9), [1, 1])
    # Of equal values the first counts as larger.
    assert top_overlap(np.array([1.0, 1, 1]), np.array([1.0, 0, 1]), 2) == 0.5
