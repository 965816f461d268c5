"""Architectures without a family, in the engine, against autograd in float64."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.graphs.reference import class_target_of, relative_difference, target_of

TOLERANCE = 1e-5
RULE = ("gausslegendre", 4)
KINDS = ("mpnet", "mpnet-classes", "deberta-classes")
GRADIENTS = ("sensitivity", "input_x_gradient", "one_hot")
LENGTH = {"max_length": 64}


@pytest.fixture(params=KINDS)
def one(request: pytest.FixtureRequest, made: Callable[[str], Any]) -> Any:
    """Each of the models."""
    return made(request.param)


@pytest.fixture
def examples(one: Any, mixed_examples: list[Any], mixed_texts: list[Any]) -> list[Any]:
    """Examples of several lengths for its head."""
    return mixed_texts if one.task == "text-classification" else mixed_examples


@pytest.fixture
def windows(one: Any, examples: list[Any]) -> list[Window]:
    make = make_text_windows if one.task == "text-classification" else make_windows
    return make(one.model.window_tokenizer, examples, **LENGTH)


def states_of(one: Any, window: Window) -> list[Any]:
    states = one.exact.hidden_states(window.input_ids[None], window.token_type_ids[None])
    return [state[0] for state in states]


def scalar_of(one: Any, got: bf.Attribution, target: str) -> Any:
    """Return the target that was explained, as a function of the logits."""
    if one.task == "text-classification":
        return class_target_of(target, one.model.labels.index(got.label))
    assert got.span is not None
    return target_of(target, got.span)


def test_logits_and_states_with_padding(one: Any, windows: list[Window]) -> None:
    ids, types = (np.concatenate([getattr(w, n) for w in windows]) for n in ("input_ids", "token_type_ids"))
    offsets = np.cumsum([0, *(len(w.input_ids) for w in windows)])
    layers = list(range(-1, one.model.num_layers))
    found = one.model.core.forward(ids, types, offsets, layers=layers, rows_per_batch=len(windows))
    assert found["statistics"]["padded_tokens"]
    for place, window in enumerate(windows):
        own = slice(offsets[place], offsets[place + 1])
        states = states_of(one, window)
        wanted = [logits[0] for logits in one.exact.logits_from(layers[-1], states[-1][None])]
        if one.task == "text-classification":
            ours = [found["class_logits"][place]]
        else:
            ours = [found["start_logits"][own], found["end_logits"][own]]
        for mine, theirs in zip(ours, wanted, strict=True):
            assert relative_difference(mine, theirs) < TOLERANCE
        for mine, theirs in zip(found["hidden"], states, strict=True):
            assert relative_difference(mine[own], theirs) < TOLERANCE


@pytest.mark.parametrize("target", ["probability", "logit"])
def test_integrated_gradients_at_every_layer(
    one: Any, examples: list[Any], windows: list[Window], target: str
) -> None:
    import torch

    results = bf.integrated_gradients(
        one.model,
        examples,
        layer="all",
        target=target,
        method=RULE[0],
        n_steps=RULE[1],
        keep_values=True,
        internal_batch_size=64,  # examples share batches
        **LENGTH,
    )
    for result, window in zip(results, windows, strict=True):
        states = states_of(one, window)
        assert list(result) == list(range(-1, one.model.num_layers))
        for layer, got in result.items():
            scalar, hidden = scalar_of(one, got, target), states[layer + 1]
            origin = torch.zeros_like(hidden)
            rule = _core.quadrature_rule(*RULE)
            wanted = one.exact.integrated_gradients(layer, hidden, origin, *rule, scalar)
            assert relative_difference(got.values, wanted) < TOLERANCE
            assert relative_difference(got.scores, np.linalg.norm(wanted, axis=-1)) < TOLERANCE
            ends = [float(scalar(*one.exact.logits_from(layer, x[None]))) for x in (hidden, origin)]
            assert got.value == pytest.approx(ends[0], rel=1e-5, abs=1e-5)
            assert got.baseline_value == pytest.approx(ends[1], rel=1e-5, abs=1e-5)


def test_the_automatic_method_and_token_baselines(one: Any, examples: list[Any]) -> None:
    for baseline in ("zero", "mask"):
        for result in bf.integrated_gradients(
            one.model, examples[:2], layer=[0, 1], baseline=baseline, **LENGTH
        ):
            for got in result.values():
                assert got.converged
                assert abs(got.delta) < 0.02 * np.abs(got.signed).sum()


@pytest.mark.parametrize("kind", GRADIENTS)
def test_plain_gradients(one: Any, examples: list[Any], windows: list[Window], kind: Any) -> None:
    results = bf.gradients(one.model, examples, kind, target="probability", **LENGTH)
    for got, window in zip(results, windows, strict=True):
        scalar = scalar_of(one, got, "probability")
        if kind == "one_hot":
            words = one.exact.module.get_input_embeddings().weight
            gradient = one.exact.word_gradient(window.input_ids[None], window.token_type_ids[None], scalar)[0]
            of_hot = (gradient @ words.T).numpy()
            signed = of_hot[np.arange(len(window.tokens)), window.input_ids]
            scores = np.linalg.norm(of_hot, axis=-1)
        else:
            state = states_of(one, window)[0]
            vectors = one.exact.gradient(-1, state[None], scalar)[0].numpy()
            vectors = vectors * state.numpy() if kind == "input_x_gradient" else vectors
            scores, signed = np.linalg.norm(vectors, axis=-1), vectors.sum(-1)
        assert relative_difference(got.scores, scores) < TOLERANCE
        assert np.abs(got.signed - signed).max() < 10 * TOLERANCE * np.abs(scores).max()
