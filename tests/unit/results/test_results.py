"""One attribution and several layers side by side: what they hold, check and refuse."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bertqa_fast.attribution.results import Attribution, LayerAttributions, layer_name

Make = Callable[..., Any]


def test_arrays_are_read_only_and_independent_of_the_caller(make_attribution: Make) -> None:
    scores = np.arange(11, dtype=np.float32)
    item = make_attribution(scores=scores)
    scores[0] = 99
    assert item.scores[0] == 0
    for name in ("scores", "signed", "offsets", "segment", "word_ids"):
        with pytest.raises(ValueError, match="read-only"):
            getattr(item, name)[0] = 1
    assert scores.flags.writeable


def test_read_only_array_is_taken_without_a_copy(make_attribution: Make) -> None:
    values = np.ones((11, 4), dtype=np.float32)
    values.flags.writeable = False
    assert make_attribution(values=values).values is values


def test_dtypes(make_attribution: Make) -> None:
    item = make_attribution(scores=list(range(11)), segment=[0] * 11, values=np.ones((11, 2)))
    kinds = {name: getattr(item, name).dtype.name for name in ("scores", "segment", "offsets", "values")}
    assert kinds == {"scores": "float32", "segment": "int8", "offsets": "int32", "values": "float32"}


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"tokens": []}, ValueError, "tokens must not be empty"),
        ({"scores": np.ones(3)}, ValueError, r"scores must have the shape \[11\], got \[3\]"),
        ({"scores": -np.ones(11)}, ValueError, "scores must not be negative"),
        ({"signed": np.full(11, np.nan)}, ValueError, "signed must be finite float32 numbers, got 11 of 11"),
        ({"scores": [1e39] * 11}, ValueError, "scores must be finite"),
        ({"scores": ["x"] * 11}, TypeError, "scores must hold float32 numbers"),
        ({"word_ids": np.ones(11)}, TypeError, "word_ids must hold int32 numbers, got float64"),
        ({"values": np.ones(11)}, ValueError, r"values must have the shape \[11, any\]"),
        ({"layer": -2}, ValueError, "layer must be -1"),
        ({"span": (7, 5)}, ValueError, "span must be"),
        ({"span": (0, 11)}, ValueError, "span must be"),
    ],
)
def test_refused(
    make_attribution: Make, changes: dict[str, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        make_attribution(**changes)


@given(st.lists(st.floats(0, 1e6, width=32), min_size=1, max_size=40))
def test_distribution_sums_to_one_and_keeps_the_order(scores: list[float]) -> None:
    count = len(scores)
    item = Attribution(
        tokens=["t"] * count,
        offsets=np.zeros((count, 2), dtype=int),
        segment=np.full(count, -1),
        word_ids=np.full(count, -1),
        scores=np.array(scores),
        signed=np.zeros(count),
        layer=0,
        target="logit",
        span=None,
        value=0.0,
        baseline_value=0.0,
        delta=0.0,
        error=0.0,
        evaluations=1,
        converged=True,
        question="",
        context="",
        method="auto",
    )
    shares = item.distribution()
    assert shares.sum() == pytest.approx(1)
    assert (np.diff(shares[np.argsort(item.scores)]) >= 0).all()


def test_distribution_of_zeros_is_uniform(make_attribution: Make) -> None:
    np.testing.assert_allclose(make_attribution(scores=np.zeros(11)).distribution(), 1 / 11)


def test_cut_is_the_layer_where_nothing_else_is_said(make_attribution: Make) -> None:
    assert make_attribution(layer=4).cut == 4
    assert make_attribution(layer=4, cut=3).cut == 3


def test_repr_names_layer_and_gap(make_attribution: Make) -> None:
    text = repr(make_attribution())
    assert "layer 2" in text
    assert "delta -2.5e-01" in text
    assert "delta" not in repr(make_attribution(delta=None))
    assert "embeddings" in repr(make_attribution(layer=-1))


def test_pickle_keeps_everything(make_attribution: Make) -> None:
    item = make_attribution()
    again = pickle.loads(pickle.dumps(item))  # noqa: S301 - our own bytes
    assert again.scores.tolist() == item.scores.tolist()
    assert again.span == item.span


def test_layers_are_a_mapping_in_order(make_layers: Make) -> None:
    layers = make_layers(3)
    assert list(layers) == [-1, 0, 1, 2]
    assert layers.layers == (-1, 0, 1, 2)
    assert len(layers) == 4
    assert layers[-1].layer == -1
    assert 3 not in layers
    with pytest.raises(TypeError):
        layers[0] = layers[1]


def test_layer_arrays_are_rows_in_the_same_order(make_layers: Make) -> None:
    layers = make_layers(2)
    assert layers.scores.shape == (3, len(layers.tokens))
    for row, layer in enumerate(layers):
        np.testing.assert_array_equal(layers.scores[row], layers[layer].scores)
        np.testing.assert_array_equal(layers.signed[row], layers[layer].signed)
        np.testing.assert_array_equal(layers.distribution()[row], layers[layer].distribution())


def test_layers_must_differ_and_share_a_window(make_attribution: Make) -> None:
    with pytest.raises(ValueError, match="one result for each layer, got layer 2 twice"):
        LayerAttributions([make_attribution(), make_attribution()])
    with pytest.raises(ValueError, match="share one window"):
        LayerAttributions([make_attribution(layer=0), make_attribution(layer=1, window=1)])
    with pytest.raises(ValueError, match="must not be empty"):
        LayerAttributions([])
    with pytest.raises(TypeError, match="got dict"):
        LayerAttributions([{}])  # type: ignore[list-item]


def test_layer_names() -> None:
    assert [layer_name(layer) for layer in (-1, 0, 11)] == ["embeddings", "layer 0", "layer 11"]


def test_to_pandas(make_layers: Make) -> None:
    layers = make_layers(1)
    frame = layers.to_pandas()
    assert len(frame) == 2 * len(layers.tokens)
    assert frame.groupby("layer")["share"].sum().tolist() == pytest.approx([1, 1])
    assert frame[frame.in_span & (frame.layer == 0)]["token"].tolist() == ["ada", "winter", "##bourne"]
    assert not layers[0].to_pandas().empty


def test_to_pandas_without_pandas_says_so(make_attribution: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pandas", None)
    with pytest.raises(ImportError, match="pip install pandas"):
        make_attribution().to_pandas()
