"""Laws that integrated gradients obey, for inputs that hypothesis draws."""

from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bertqa_fast as bf
from bertqa_fast.graphs.reference import relative_difference

few = settings(max_examples=12, deadline=None, derandomize=True)

WORDS = [
    "who",
    "wrote",
    "it",
    "was",
    "by",
    "ada",
    "in",
    "paris",
    "ships",
    "sailed",
    "port",
    "1843",
    ";",
    "left",
]
texts = st.lists(st.sampled_from(WORDS), min_size=1, max_size=14).map(" ".join)
examples = st.builds(bf.QAExample, texts, texts)
layers = st.integers(-1, 2)
targets = st.sampled_from(["probability", "logit", "log_probability", "span_probability", "end_logit"])
rules = st.sampled_from(["gausslegendre", "riemann_right", "riemann_left", "riemann_trapezoid"])


@pytest.fixture(scope="module")
def model(random_reader: Any) -> bf.Model:
    opened: bf.Model = random_reader(layers=3, hidden=20, heads=2, intermediate=32, seed=11).model
    return opened


@few
@given(example=examples, layer=layers, target=targets)
def test_completeness_comes_with_nodes(
    model: bf.Model, example: bf.QAExample, layer: int, target: str
) -> None:
    """Sundararajan et al. 2017, proposition 1: the attributions sum to the change of the target."""
    coarse, fine = (
        bf.integrated_gradients(
            model, example, layer=layer, target=target, method="gausslegendre", n_steps=steps
        )
        for steps in (2, 160)
    )
    scale = max(abs(fine.value - fine.baseline_value), float(np.abs(fine.signed).sum()), 0.1)
    assert abs(fine.delta) < 2e-3 * scale
    assert abs(fine.delta) <= abs(coarse.delta) + 2e-3 * scale
    assert fine.delta == pytest.approx(
        fine.signed.sum(dtype=np.float64) - (fine.value - fine.baseline_value), abs=1e-12
    )


@few
@given(example=examples)
def test_a_linear_target_needs_one_node(model: bf.Model, example: bf.QAExample) -> None:
    """Above the last block there is only the linear head: every rule is exact, even one point."""
    one, many = (
        bf.integrated_gradients(
            model, example, layer=2, target="logit", method=method, n_steps=steps, keep_values=True
        )
        for method, steps in (("riemann_middle", 1), ("gausslegendre", 9))
    )
    assert abs(one.delta) < 1e-5 * max(1.0, abs(one.value))
    assert relative_difference(one.values, many.values) < 1e-5


@few
@given(example=examples, layer=layers)
def test_linear_in_the_target(model: bf.Model, example: bf.QAExample, layer: int) -> None:
    span, other = (0, 2), (1, 3)

    def vectors(target: str, **settings: Any) -> np.ndarray:
        got = bf.integrated_gradients(
            model,
            example,
            layer=layer,
            target=target,
            method="gausslegendre",
            n_steps=5,
            keep_values=True,
            **settings,
        )
        assert got.values is not None
        return got.values

    for kind in ("logit", "probability", "log_probability"):
        parts = vectors(f"start_{kind}", span=span) + vectors(f"end_{kind}", span=span)
        assert relative_difference(vectors(kind, span=span), parts) < 1e-5
    apart = vectors("probability", span=span) - vectors("probability", span=other)
    together = vectors("probability", span=span, contrast=other)
    size = max(np.linalg.norm(apart), np.linalg.norm(vectors("probability", span=span)))
    assert np.linalg.norm(together - apart) < 1e-5 * size


@few
@given(drawn=st.lists(examples, min_size=2, max_size=5), layer=layers, rows=st.integers(1, 40))
def test_who_shares_a_batch_changes_nothing(
    model: bf.Model, drawn: list[bf.QAExample], layer: int, rows: int
) -> None:
    """Each example alone, all of them in batches of any size, and in another order: the same, in order."""
    settings: dict[str, Any] = {"layer": layer, "n_steps": 3, "keep_values": True}
    together = bf.integrated_gradients(model, drawn, internal_batch_size=rows, **settings)
    backwards = bf.integrated_gradients(model, drawn[::-1], internal_batch_size=64, **settings)[::-1]
    assert len(together) == len(drawn)
    for example, one, other in zip(drawn, together, backwards, strict=True):
        alone = bf.integrated_gradients(model, example, **settings)
        assert (one.question, one.context) == (example.question, example.context)
        assert one.span == other.span == alone.span
        assert one.tokens == other.tokens == alone.tokens
        for got in (one, other):
            assert relative_difference(got.values, alone.values) < 2e-6  # other kernels for other batches
            assert got.value == pytest.approx(alone.value, rel=2e-6)
            assert got.baseline_value == pytest.approx(alone.baseline_value, rel=2e-6)


@few
@given(example=examples, chosen=st.lists(layers, min_size=1, max_size=4, unique=True))
def test_layers_together_are_layers_alone(model: bf.Model, example: bf.QAExample, chosen: list[int]) -> None:
    together = bf.integrated_gradients(model, example, layer=chosen, n_steps=3)
    assert list(together) == chosen
    for layer in chosen:
        alone = bf.integrated_gradients(model, example, layer=layer, n_steps=3)
        np.testing.assert_allclose(together[layer].scores, alone.scores, rtol=1e-5, atol=1e-9)
        assert together[layer].value == alone.value


@few
@given(
    drawn=st.lists(examples, min_size=1, max_size=3),
    chosen=st.lists(layers, min_size=1, max_size=4, unique=True),
    how=st.sampled_from(
        [
            {"n_steps": 40},
            {"n_steps": 40, "target": "logit", "keep_values": True},
            {"n_steps": 40, "baseline": "mask", "contrast": (0, 0)},
            {"method": "gausslegendre", "n_steps": 3, "baseline": "pad"},
            {"method": "riemann_left", "n_steps": 2, "target": "start_logit"},
            {"preset": "ramnath2020-code"},
        ]
    ),
    rows=st.integers(1, 40),
)
def test_both_ways_through_the_layers_give_the_same(
    model: bf.Model, drawn: list[bf.QAExample], chosen: list[int], how: dict[str, Any], rows: int
) -> None:
    """One layer after the other, and all in the same batches, in any order."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", bf.ConvergenceWarning)
        one, other = (
            bf.integrated_gradients(
                model, drawn, layer=chosen, traversal=way, internal_batch_size=rows, **how
            )
            for way in ("cuts", "all_layers")
        )
    for alone, together in zip(one, other, strict=True):
        assert list(alone) == list(together)
        for layer in alone:
            got, wanted = together[layer], alone[layer]
            assert relative_difference(got.scores, wanted.scores) < 1e-5
            assert got.evaluations == wanted.evaluations
            assert (got.values is None) == (wanted.values is None)
            if got.values is not None:
                assert relative_difference(got.values, wanted.values) < 1e-5
            assert got.value == pytest.approx(wanted.value, rel=2e-6)
            assert got.baseline_value == pytest.approx(wanted.baseline_value, rel=2e-6, abs=1e-6)


@few
@given(example=examples, layer=layers)
def test_no_path_no_attribution(model: bf.Model, example: bf.QAExample, layer: int) -> None:
    """The input as its own baseline gets nothing."""
    window = bf.integrated_gradients(model, example, layer=layer, n_steps=1)
    ids = np.array(model.tokenizer.convert_tokens_to_ids(window.tokens))
    types = np.cumsum(np.append(0, ids[:-1] == model.tokenizer.sep_token_id)).clip(max=1)
    as_window: Any = SimpleNamespace(input_ids=ids, token_type_ids=types)
    [hidden] = model.hidden_states([as_window])
    got = bf.integrated_gradients(model, example, layer=layer, n_steps=3, baseline=hidden[layer + 1])
    assert got.scores.max() < 1e-5
    assert abs(got.delta) < 1e-5


@few
@given(example=examples, layer=layers, rule=rules)
def test_scores_are_norms_and_signed_are_sums(
    model: bf.Model, example: bf.QAExample, layer: int, rule: str
) -> None:
    got = bf.integrated_gradients(
        model, example, layer=layer, method=rule, n_steps=4, keep_values=True, baseline="mask"
    )
    assert got.values is not None
    np.testing.assert_allclose(got.scores, np.linalg.norm(got.values, axis=-1), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(got.signed, got.values.sum(-1), rtol=1e-4, atol=1e-6)
    assert got.evaluations >= 4
