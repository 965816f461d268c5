"""Plain gradients of a reader's answers, against float64 autograd."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.attribution.targets import TARGETS
from bertqa_fast.data.windows import make_windows
from bertqa_fast.graphs.reference import relative_difference, target_of

pytest.importorskip("torch")

TOLERANCE = 1e-5


def exact_gradients(
    reader: Any, example: bf.QAExample, scalar: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Return e, its gradient, one-hot ids ``[T, V]`` and theirs."""
    [window] = make_windows(reader.model.tokenizer, [example])
    exact = reader.exact.word_gradients(window.input_ids, window.token_type_ids, scalar)
    return exact.embedded, exact.of_embedded, exact.hot, exact.of_hot


@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_kind_and_target(random_reader: Any, mixed_examples: list[bf.QAExample], target: str) -> None:
    reader = random_reader(layers=3, hidden=30, heads=5, intermediate=17, activation="gelu_new", seed=2)
    for kind in ("sensitivity", "input_x_gradient", "one_hot"):
        results = bf.gradients(reader.model, mixed_examples, kind, target=target, internal_batch_size=4)
        for got, example in zip(results, mixed_examples, strict=True):
            assert got.span is not None
            e, g, hot, of_hot = exact_gradients(reader, example, target_of(target, got.span))
            vectors = {"sensitivity": g, "input_x_gradient": g * e, "one_hot": of_hot}[kind]
            signed = ((of_hot * hot) if kind == "one_hot" else vectors).sum(-1)
            scores = np.linalg.norm(vectors, axis=-1)
            assert relative_difference(got.scores, scores) < TOLERANCE
            assert np.abs(got.signed - signed).max() < 10 * TOLERANCE * np.abs(scores).max()


def test_spans_and_contrasts(random_reader: Any, mixed_examples: list[bf.QAExample]) -> None:
    reader = random_reader()
    results = bf.gradients(reader.model, mixed_examples, span=(5, 6), contrast=(7, 7), target="probability")
    for got, example in zip(results, mixed_examples, strict=True):
        g = exact_gradients(reader, example, target_of("probability", (5, 6), (7, 7)))[1]
        assert got.span == (5, 6)
        assert relative_difference(got.scores, np.linalg.norm(g, axis=-1)) < TOLERANCE


def test_the_published_end_is_one_too_far(random_reader: Any, mixed_examples: list[bf.QAExample]) -> None:
    tried = 0
    for seed, example in itertools.product(range(3), mixed_examples):
        reader = random_reader(seed=seed)
        [window] = make_windows(reader.model.tokenizer, [example])
        [(start, end)] = reader.model.logits([window])
        first, last = int(start.argmax()), int(end.argmax())
        if not first <= last + 1 < len(start):
            with pytest.raises(ValueError, match="after the arg-max end"):
                bf.gradients(reader.model, example, "one_hot", preset="dibia2020")
            continue
        tried += 1
        got = bf.gradients(reader.model, example, "one_hot", preset="dibia2020")
        assert got.span == (first, last + 1)
        of_hot = exact_gradients(reader, example, target_of("logit", (first, last + 1)))[3]
        wanted = np.linalg.norm(of_hot, axis=-1)
        assert relative_difference(got.scores, wanted / wanted.max()) < TOLERANCE
    assert tried
