"""Attention tracing, against a loop over heads and layers in numpy."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import make_windows

torch = pytest.importorskip("torch")


def attentions(reader: Any, window: Any) -> list[np.ndarray]:
    """Return the attention of every block, ``[A, T, T]``, as transformers gives it."""
    ids, types = (torch.as_tensor(given[None]) for given in (window.input_ids, window.token_type_ids))
    out = reader.exact.module(input_ids=ids, token_type_ids=types, output_attentions=True)
    return [one[0].detach().numpy() for one in out.attentions]


def traced(blocks: list[np.ndarray], begin: dict[int, float], residual: bool) -> list[np.ndarray]:
    """Return what arrives at the output of every layer, the embeddings first."""
    heads, tokens, _ = blocks[0].shape
    found = []
    for h in range(heads):
        v = np.zeros(tokens)
        for position, share in begin.items():
            v[position] += share
        arrived = [v]
        for attention in reversed(blocks):
            step = (attention[h] + np.eye(tokens)) / 2 if residual else attention[h]
            v = v @ step
            arrived.append(v)
        found.append(arrived[::-1])
    return [sum(one[layer] for one in found) for layer in range(len(blocks) + 1)]


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("sizes", [{}, {"layers": 5, "hidden": 30, "heads": 5}, {"layers": 1, "heads": 1}])
def test_classifiers(
    random_reader: Any, mixed_texts: list[bf.TextExample], sizes: dict[str, Any], residual: bool
) -> None:
    reader = random_reader(classes=3, **sizes)
    results = bf.attention_tracing(reader.model, mixed_texts, residual, layer="all")
    windows = make_text_windows(reader.model.tokenizer, mixed_texts)
    for result, window in zip(results, windows, strict=True):
        wanted = traced(attentions(reader, window), {0: 1.0}, residual)
        assert result.layers == tuple(range(-1, reader.exact.num_layers))
        for layer, got in result.items():
            np.testing.assert_allclose(got.scores, wanted[layer + 1], atol=1e-5)
            assert got.value == reader.model.num_heads
            assert abs(got.delta) < 1e-4  # each head's vector sums to 1
            assert got.method == ("attention_tracing_residual" if residual else "attention_tracing")


def test_readers_from_the_first_token_and_from_a_span(
    random_reader: Any, mixed_examples: list[bf.QAExample]
) -> None:
    reader = random_reader(layers=3)
    of_cls = bf.attention_tracing(reader.model, mixed_examples)
    of_span = bf.attention_tracing(reader.model, mixed_examples, source="span", span=(5, 7), layer=0)
    for cls, span, example in zip(of_cls, of_span, mixed_examples, strict=True):
        [window] = make_windows(reader.model.tokenizer, [example])
        blocks = attentions(reader, window)
        np.testing.assert_allclose(cls.scores, traced(blocks, {0: 1.0}, False)[0], atol=1e-5)
        np.testing.assert_allclose(span.scores, traced(blocks, {5: 0.5, 7: 0.5}, False)[1], atol=1e-5)
        assert (cls.layer, span.layer, span.span) == (-1, 0, (5, 7))


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"source": "mask"}, ValueError, "source: got 'mask'"),
        ({"source": "span"}, ValueError, "wanted 'question-answering'"),
        ({"residual": 1}, TypeError, "residual: got int"),
        ({"layer": 7}, ValueError, "layer: got 7"),
    ],
)
def test_bad_arguments_are_named(
    random_reader: Any, settings: dict[str, Any], error: type[Exception], message: str
) -> None:
    model = random_reader(classes=3).model
    with pytest.raises(error, match=message):
        bf.attention_tracing(model, bf.TextExample("ada wrote it"), **settings)
    assert bf.attention_tracing(model, []) == []
