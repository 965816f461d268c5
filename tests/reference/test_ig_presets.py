"""The presets, against the published formulas written out in float64.

``ramnath2020-code`` (github.com/iitmnlp/BERT-Analysis-RCQA, ``bert_dec_flips.py``): the output E of block l
is scaled by i / 20, i = 0 … 19; F = max_j softmax(start)_j + max_j softmax(end)_j over all 384 padded
positions; the gradients are averaged pairwise (trapezoid), times E, and each token's score is the L2 norm
over the hidden size.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows
from bertqa_fast.graphs.reference import relative_difference, target_of

torch = pytest.importorskip("torch")

TOLERANCE = 1e-5


def published_code(reader: Any, example: bf.QAExample, layer: int, positions: int) -> np.ndarray:
    """Return the vectors ``[T, H]`` of the unpadded tokens."""
    [window] = make_windows(reader.model.tokenizer, [example])
    T = len(window.input_ids)
    pads = np.zeros(positions - T, dtype=np.int64)
    ids, types = np.append(window.input_ids, pads), np.append(window.token_type_ids, pads)
    mask = (np.arange(positions) < T).astype(float)[None]
    E = reader.exact.hidden_states(ids[None], types[None], mask)[layer + 1][0]

    def largest(start: Any, end: Any) -> Any:
        return start.softmax(-1).amax(-1) + end.softmax(-1).amax(-1)

    gradients = torch.stack(
        [reader.exact.gradient(layer, (i / 20) * E[None], largest, mask)[0] for i in range(20)]
    )
    average = ((gradients[:-1] + gradients[1:]) / 2).mean(0)
    result: np.ndarray = (E * average)[:T].numpy()
    return result


@pytest.mark.parametrize("layer", [-1, 0, 1, 2])
def test_the_published_code(random_reader: Any, mixed_examples: list[bf.QAExample], layer: int) -> None:
    reader = random_reader(layers=3)
    some = mixed_examples[: 2 if layer == 2 else 1]
    results = bf.integrated_gradients(
        reader.model, some, layer=layer, preset="ramnath2020-code", keep_values=True
    )
    for got, example in zip(results, some, strict=True):
        wanted = published_code(reader, example, layer, 384)
        assert relative_difference(got.values, wanted) < TOLERANCE
        assert relative_difference(got.scores, np.linalg.norm(wanted, axis=-1)) < TOLERANCE
        assert got.delta is None
        assert got.error is None
        assert (got.layer, got.cut, got.evaluations) == (layer, layer, 20)
        assert got.preset == "ramnath2020-code"


def test_the_padded_softmax_matters(random_reader: Any, mixed_examples: list[bf.QAExample]) -> None:
    """What sets the preset apart is seen: fewer padded positions give other scores."""
    reader = random_reader(layers=3)
    wide, narrow = (published_code(reader, mixed_examples[0], 0, positions) for positions in (384, 64))
    assert relative_difference(narrow, wide) > 1e-3


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_the_paper(random_reader: Any, mixed_examples: list[bf.QAExample], layer: int) -> None:
    """Algorithm 1: the input of the layer, zero baseline, 50 right Riemann steps, the predicted span."""
    reader = random_reader(layers=3)
    example = mixed_examples[2]
    got = bf.integrated_gradients(reader.model, example, layer=layer, preset="ramnath2020", keep_values=True)
    [window] = make_windows(reader.model.tokenizer, [example])
    x = reader.exact.hidden_states(window.input_ids[None], window.token_type_ids[None])[layer][0]
    prediction = bf.predict(reader.model, example)
    span = (prediction.start_token, prediction.end_token)
    steps = np.arange(1, 51) / 50
    wanted = reader.exact.integrated_gradients(
        layer - 1, x, torch.zeros_like(x), steps, np.full(50, 1 / 50), target_of("probability", span)
    )
    assert relative_difference(got.values, wanted) < TOLERANCE
    assert got.span == span
    assert (got.layer, got.cut, got.n_steps, got.method) == (layer, layer - 1, 50, "riemann_right")
    plain = bf.integrated_gradients(
        reader.model, example, layer=layer - 1, method="riemann_right", n_steps=50
    )
    np.testing.assert_allclose(got.scores, plain.scores, rtol=1e-5)


def test_all_layers_under_the_paper_leave_the_embeddings_out(
    random_reader: Any, mixed_examples: list[bf.QAExample]
) -> None:
    reader = random_reader(layers=3)
    result = bf.integrated_gradients(reader.model, mixed_examples[0], preset="ramnath2020")
    assert result.layers == (0, 1, 2)
    assert [one.cut for one in result.values()] == [-1, 0, 1]
    with pytest.raises(ValueError, match="layer"):
        bf.integrated_gradients(reader.model, mixed_examples[0], layer="embeddings", preset="ramnath2020")
