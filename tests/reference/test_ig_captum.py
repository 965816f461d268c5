"""Captum's integrated gradients over the function from a layer up, in float64, with the same rule."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows
from bertqa_fast.graphs.reference import relative_difference, target_of

torch = pytest.importorskip("torch")


@pytest.fixture(scope="module")
def captum() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its own imports use what others have deprecated
        attr = pytest.importorskip("captum.attr")
    return attr.IntegratedGradients


@pytest.mark.parametrize("internal_batch_size", [None, 3])
def test_captum(
    random_reader: Any, mixed_examples: list[bf.QAExample], captum: Any, internal_batch_size: int | None
) -> None:
    reader = random_reader(layers=4, hidden=32, heads=4, intermediate=48, seed=5)
    example = mixed_examples[2]
    [window] = make_windows(reader.model.tokenizer, [example])
    states = reader.exact.hidden_states(window.input_ids[None], window.token_type_ids[None])
    results = bf.integrated_gradients(
        reader.model,
        example,
        method="gausslegendre",
        n_steps=8,
        baseline="zero",
        keep_values=True,
        internal_batch_size=internal_batch_size,
    )
    for layer, got in results.items():
        assert got.span is not None
        target = target_of("probability", got.span)

        def suffix(hidden: Any, layer: int = layer, target: Any = target) -> Any:
            return target(*reader.exact.logits_from(layer, hidden))

        wanted, delta = captum(suffix).attribute(
            states[layer + 1],
            baselines=torch.zeros_like(states[layer + 1]),
            method="gausslegendre",
            n_steps=8,
            internal_batch_size=internal_batch_size,
            return_convergence_delta=True,
        )
        assert relative_difference(got.values, wanted[0].detach()) < 1e-5
        assert got.delta == pytest.approx(float(delta[0]), abs=1e-5)
        assert np.abs(got.signed.sum() - float(wanted.sum())) < 1e-5
