"""Windows explained by given spans, from ids and from hidden states, against float64 autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.attribution.of_windows import Explaining, explain_windows
from bertqa_fast.data.windows import make_windows
from bertqa_fast.graphs.reference import relative_difference, target_of

torch = pytest.importorskip("torch")

TOLERANCE = 1e-5
SPANS = [(5, 7), (4, 4), (12, 9), (6, 10)]  # the third is of a reader whose end lies before its start
RULE = Explaining(method="gausslegendre", n_steps=4)


@pytest.fixture(scope="module")
def reader(random_reader: Any) -> Any:
    return random_reader(layers=3)


@pytest.fixture(scope="module")
def windows(reader: Any, mixed_examples: list[bf.QAExample]) -> list[Any]:
    return make_windows(reader.model.window_tokenizer, mixed_examples)


def perturbed(windows: list[Any], hidden_size: int) -> list[Any]:
    rng = np.random.default_rng(3)
    return [rng.normal(size=(len(w.input_ids), hidden_size)).astype(np.float32) for w in windows]


def exact(reader: Any, layer: int, state: Any, baseline: Any, target: str, span: tuple[int, int]) -> Any:
    return reader.exact.integrated_gradients(
        layer, state, baseline, *_core.quadrature_rule("gausslegendre", 4), target_of(target, span)
    )


@pytest.mark.parametrize("target", ["probability", "logit", "span_probability"])
@pytest.mark.parametrize("layer", [-1, 0, 2])
def test_given_states(reader: Any, windows: list[Any], layer: int, target: str) -> None:
    states = perturbed(windows, reader.model.hidden_size)
    how = Explaining(target, method="gausslegendre", n_steps=4)
    results = explain_windows(reader.model, windows, SPANS, [layer], how, states=states, keep_values=True)
    for got, state, span in zip(results, states, SPANS, strict=True):
        x = torch.tensor(state.astype(np.float64))
        wanted = exact(reader, layer, x, torch.zeros_like(x), target, span)
        assert got.values is not None
        assert got.converged is None
        assert relative_difference(got.values[0], wanted) < TOLERANCE
        assert relative_difference(got.scores[0], np.linalg.norm(wanted, axis=-1)) < TOLERANCE
        assert np.linalg.norm(got.signed[0] - wanted.sum(-1)) < TOLERANCE * np.linalg.norm(wanted)
        value = float(target_of(target, span)(*reader.exact.logits_from(layer, x[None])))
        assert got.value == pytest.approx(value, abs=3e-6)


def test_baselines_are_those_of_the_windows(reader: Any, windows: list[Any]) -> None:
    states = perturbed(windows, reader.model.hidden_size)
    how = Explaining(baseline="mask", method="gausslegendre", n_steps=4)
    results = explain_windows(reader.model, windows, SPANS, [1], how, states=states, keep_values=True)
    mask = reader.model.window_tokenizer.mask_token_id
    for got, window, state, span in zip(results, windows, states, SPANS, strict=True):
        ids = np.where(window.segment >= 0, mask, window.input_ids)
        origin = reader.exact.hidden_states(ids[None], window.token_type_ids[None])[2][0]
        wanted = exact(reader, 1, torch.tensor(state.astype(np.float64)), origin, "probability", span)
        assert got.values is not None
        assert relative_difference(got.values[0], wanted) < TOLERANCE


def test_a_models_own_states_give_what_its_ids_give(
    reader: Any, windows: list[Any], mixed_examples: list[bf.QAExample]
) -> None:
    """With nodes chosen on the way, and as the public function does it."""
    how = Explaining(tol=1e-3)
    layers = [-1, 0, 1, 2]
    from_ids = explain_windows(reader.model, windows, [(5, 7)] * 4, layers, how)
    public = bf.integrated_gradients(reader.model, mixed_examples, layer=layers, span=(5, 7), tol=1e-3)
    hidden = reader.model.hidden_states(windows)
    for at, layer in enumerate(layers):
        states = [state[layer + 1] for state in hidden]
        from_states = explain_windows(reader.model, windows, [(5, 7)] * 4, [layer], how, states=states)
        for given, ids, attribution in zip(from_states, from_ids, public, strict=True):
            np.testing.assert_allclose(given.scores[0], ids.scores[at], rtol=2e-3, atol=1e-6)
            np.testing.assert_allclose(ids.scores[at], attribution[layer].scores, rtol=1e-5, atol=1e-7)
            np.testing.assert_allclose(ids.signed[at], attribution[layer].signed, rtol=1e-5, atol=1e-7)
            assert given.value == pytest.approx(ids.value, abs=3e-6)
            assert ids.value == pytest.approx(attribution[layer].value, abs=3e-6)
            assert given.converged is not None
            assert ids.converged is not None
            assert given.converged[0] == ids.converged[at] == attribution[layer].converged


def test_refusals(reader: Any, windows: list[Any]) -> None:
    states = perturbed(windows, reader.model.hidden_size)

    def explain(layers: list[int], given: list[Any], spans: Any = SPANS) -> None:
        explain_windows(reader.model, windows, spans, layers, RULE, states=given)

    with pytest.raises(ValueError, match="spans: got 2, wanted one for each of 4 windows"):
        explain([0], states, SPANS[:2])
    with pytest.raises(ValueError, match="states: got 3, wanted one for each of 4 windows"):
        explain([0], states[:3])
    with pytest.raises(ValueError, match="states: number 3 is of shape"):
        explain([0], [*states[:3], states[3][1:]])
    with pytest.raises(ValueError, match="layers: got 2 beside hidden states, wanted the one"):
        explain([0, 1], states)
    broken = [*states[:3], np.full_like(states[3], np.nan)]
    with pytest.raises(ValueError, match="states: wanted finite numbers"):
        explain([0], broken)
    with pytest.raises(ValueError, match="baseline: got 'noise'"):
        explain_windows(reader.model, windows, SPANS, [0], Explaining(baseline="noise"))
    assert explain_windows(reader.model, [], [], [0], RULE) == []
