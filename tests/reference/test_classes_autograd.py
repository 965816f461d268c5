"""Attributions of a classifier's classes, against float64 autograd."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.attribution.targets import CLASS_TARGETS
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.graphs.parity import parity_report
from bertqa_fast.graphs.reference import class_target_of, relative_difference

torch = pytest.importorskip("torch")

TOLERANCE = 1e-5
SIZES = [
    {"classes": 3},
    {"classes": 2, "layers": 4, "hidden": 96, "heads": 6, "intermediate": 200, "seed": 1},
    {"classes": 5, "layers": 3, "hidden": 30, "heads": 5, "intermediate": 17, "activation": "gelu_new"},
    {"classes": 2, "layers": 1, "hidden": 8, "heads": 1, "intermediate": 5, "activation": "relu", "seed": 3},
]
RULE = ("gausslegendre", 4)


def states_of(reader: Any, example: bf.TextExample) -> tuple[Any, list[Any]]:
    """Return the window, and the hidden state of every layer ``[T, H]``, the embeddings first."""
    [window] = make_text_windows(reader.model.tokenizer, [example])
    states = reader.exact.hidden_states(window.input_ids[None], window.token_type_ids[None])
    return window, [state[0] for state in states]


def check(reader: Any, got: bf.Attribution, example: bf.TextExample, scalar: Any) -> None:
    window, states = states_of(reader, example)
    hidden = states[got.layer + 1]
    assert got.tokens == window.tokens
    assert got.span is None
    origin = torch.zeros_like(hidden)
    rule = _core.quadrature_rule(*RULE)
    wanted = reader.exact.integrated_gradients(got.layer, hidden, origin, *rule, scalar)
    assert relative_difference(got.values, wanted) < TOLERANCE
    assert relative_difference(got.scores, np.linalg.norm(wanted, axis=-1)) < TOLERANCE
    ends = [float(scalar(*reader.exact.logits_from(got.layer, x[None]))) for x in (hidden, origin)]
    assert got.value == pytest.approx(ends[0], abs=5e-6)
    assert got.baseline_value == pytest.approx(ends[1], abs=5e-6)
    assert got.delta == pytest.approx(wanted.sum() - (ends[0] - ends[1]), abs=2e-5)


@pytest.mark.parametrize("traversal", ["cuts", "all_layers"])
@pytest.mark.parametrize("sizes", SIZES, ids=["small", "wide", "odd", "one"])
def test_every_layer_with_padding_and_pairs(
    random_reader: Any, mixed_texts: list[bf.TextExample], sizes: dict[str, Any], traversal: Any
) -> None:
    reader = random_reader(**sizes)
    results = bf.integrated_gradients(
        reader.model,
        mixed_texts,
        layer="all",
        method=RULE[0],
        n_steps=RULE[1],
        keep_values=True,
        traversal=traversal,
        internal_batch_size=64,  # all examples share batches, padded
    )
    predicted = reader.model.class_logits(make_text_windows(reader.model.tokenizer, mixed_texts))
    for result, example, logits in zip(results, mixed_texts, predicted, strict=True):
        label = int(np.argmax(logits))
        assert result.layers == tuple(range(-1, reader.exact.num_layers))
        for got in result.values():
            assert got.label == label
            check(reader, got, example, class_target_of("probability", label))


@pytest.mark.parametrize("contrast", [None, 0])
@pytest.mark.parametrize("target", sorted(CLASS_TARGETS))
def test_every_target(
    random_reader: Any, mixed_texts: list[bf.TextExample], target: str, contrast: int | None
) -> None:
    reader = random_reader(classes=3, layers=3)
    results = bf.integrated_gradients(
        reader.model,
        mixed_texts,
        layer=[-1, 1, 2],
        target=target,
        label=2,
        contrast=contrast,
        method=RULE[0],
        n_steps=RULE[1],
        keep_values=True,
    )
    for result, example in zip(results, mixed_texts, strict=True):
        for got in result.values():
            check(reader, got, example, class_target_of(target, 2, contrast))


def test_adaptive_nodes_reach_the_tolerance(random_reader: Any, mixed_texts: list[bf.TextExample]) -> None:
    reader = random_reader(classes=3)
    results = bf.integrated_gradients(
        reader.model, mixed_texts, layer=[0, 1], label="gold", target="logit", baseline="pad"
    )
    dense = _core.quadrature_rule("gausslegendre", 300)
    for result, example in zip(results, mixed_texts, strict=True):
        window, states = states_of(reader, example)
        ids = np.where(window.segment >= 0, reader.model.tokenizer.pad_token_id, window.input_ids)
        origins = reader.exact.hidden_states(ids[None], window.token_type_ids[None])
        for layer, got in result.items():
            assert got.label == example.label
            assert isinstance(got.label, int)
            assert got.converged
            wanted = reader.exact.integrated_gradients(
                layer,
                states[layer + 1],
                origins[layer + 1][0],
                *dense,
                class_target_of("logit", got.label),
            )
            scores = np.linalg.norm(wanted, axis=-1)
            assert np.abs(got.scores - scores).sum() / scores.sum() < 0.02


@pytest.mark.parametrize("target", sorted(CLASS_TARGETS))
@pytest.mark.parametrize("sizes", SIZES, ids=["small", "wide", "odd", "one"])
def test_gradients(
    random_reader: Any, mixed_texts: list[bf.TextExample], sizes: dict[str, Any], target: str
) -> None:
    reader = random_reader(**sizes)
    found = {
        kind: bf.gradients(
            reader.model, mixed_texts, kind, target=target, label=1, keep_values=True, internal_batch_size=4
        )
        for kind in ("sensitivity", "input_x_gradient", "one_hot")
    }
    for number, example in enumerate(mixed_texts):
        [window] = make_text_windows(reader.model.tokenizer, [example])
        exact = reader.exact.word_gradients(
            window.input_ids, window.token_type_ids, class_target_of(target, 1)
        )
        e, g, hot, of_hot = exact.embedded, exact.of_embedded, exact.hot, exact.of_hot
        wanted = {
            "sensitivity": (np.linalg.norm(g, axis=-1), g.sum(-1)),
            "input_x_gradient": (np.linalg.norm(g * e, axis=-1), (g * e).sum(-1)),
            "one_hot": (np.linalg.norm(of_hot, axis=-1), (of_hot * hot).sum(-1)),
        }
        assert relative_difference(found["sensitivity"][number].values, g) < TOLERANCE
        assert relative_difference(found["input_x_gradient"][number].values, g * e) < TOLERANCE
        for kind, (scores, signed) in wanted.items():
            got = found[kind][number]
            assert relative_difference(got.scores, scores) < TOLERANCE, kind
            assert np.abs(got.signed - signed).max() < 10 * TOLERANCE * np.abs(scores).max(), kind
            assert (got.layer, got.method, got.label, got.delta) == (-1, kind, 1, None)


def test_the_predicted_class_is_chosen_by_the_run_that_explains_it(
    random_reader: Any, mixed_texts: list[bf.TextExample]
) -> None:
    seen = set()
    for seed, target in enumerate(sorted(CLASS_TARGETS)):
        reader = random_reader(classes=5, seed=seed)
        windows = make_text_windows(reader.model.tokenizer, mixed_texts)
        labels = [int(np.argmax(logits)) for logits in reader.model.class_logits(windows)]
        seen.update(labels)
        chosen = bf.gradients(reader.model, mixed_texts, target=target)
        given = bf.gradients(reader.model, mixed_texts, target=target, label=labels)
        for one, other in zip(chosen, given, strict=True):
            assert (one.label, one.value) == (other.label, pytest.approx(other.value, abs=1e-6))
            np.testing.assert_allclose(one.scores, other.scores, rtol=1e-5, atol=1e-7)
    assert len(seen) > 1


def test_the_published_presets_square_the_norms_of_the_last_class(
    random_reader: Any, mixed_texts: list[bf.TextExample]
) -> None:
    reader = random_reader(classes=3)
    for kind in ("sensitivity", "input_x_gradient"):
        plain = bf.gradients(reader.model, mixed_texts, kind, label=2)
        published = bf.gradients(reader.model, mixed_texts, kind, preset="wu2021")
        for ours, theirs in zip(plain, published, strict=True):
            assert (theirs.label, theirs.preset) == (2, "wu2021")
            np.testing.assert_allclose(theirs.scores, ours.scores.astype(np.float64) ** 2, rtol=1e-5)


def test_an_export_says_how_far_it_is_from_pytorch(random_reader: Any) -> None:
    reader = random_reader(classes=3)
    report = parity_report(reader.folder, reader.model.folder)
    names = [name for name, _ in report.rows]
    assert names[0] == "class logits"
    assert len(names) == 1 + 2 * (reader.exact.num_layers + 1)
    assert report.worst < TOLERANCE
