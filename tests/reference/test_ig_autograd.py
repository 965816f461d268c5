"""Integrated gradients as users call them, against float64 autograd over the same nodes."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.attribution.targets import TARGETS
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.graphs.reference import relative_difference, target_of

torch = pytest.importorskip("torch")

TOLERANCE = 1e-5
SIZES = [
    {},
    {"layers": 5, "hidden": 96, "heads": 6, "intermediate": 200},
    {"layers": 3, "hidden": 30, "heads": 5, "intermediate": 17, "activation": "gelu_new", "seed": 2},
    {"layers": 1, "hidden": 8, "heads": 1, "intermediate": 5, "activation": "relu", "seed": 3},
]
RULES = [("gausslegendre", 4), ("riemann_right", 3), ("riemann_middle", 2), ("riemann_trapezoid", 3)]


def window_of(reader: Any, example: bf.QAExample) -> Window:
    [window] = make_windows(reader.model.tokenizer, [example])
    return window


def states_of(reader: Any, window: Window, ids: np.ndarray | None = None) -> list[Any]:
    """Return the hidden state of every layer, ``[T, H]``, the embeddings first."""
    given = window.input_ids if ids is None else ids
    return [state[0] for state in reader.exact.hidden_states(given[None], window.token_type_ids[None])]


def check(
    reader: Any,
    got: bf.Attribution,
    example: bf.QAExample,
    rule: tuple[str, int] = ("gausslegendre", 4),
    target: str = "probability",
    contrast: tuple[int, int] | None = None,
    baseline: Any = None,
) -> None:
    window = window_of(reader, example)
    assert got.tokens == window.tokens
    assert got.span is not None
    hidden = states_of(reader, window)[got.layer + 1]
    origin = torch.zeros_like(hidden) if baseline is None else baseline
    scalar = target_of(target, got.span, contrast)
    wanted = reader.exact.integrated_gradients(
        got.layer, hidden, origin, *_core.quadrature_rule(*rule), scalar
    )
    assert relative_difference(got.values, wanted) < TOLERANCE
    assert relative_difference(got.scores, np.linalg.norm(wanted, axis=-1)) < TOLERANCE
    assert np.linalg.norm(got.signed - wanted.sum(-1)) < TOLERANCE * np.linalg.norm(wanted)
    ends = [float(scalar(*reader.exact.logits_from(got.layer, x[None]))) for x in (hidden, origin)]
    assert got.value == pytest.approx(ends[0], abs=2e-6)
    assert got.baseline_value == pytest.approx(ends[1], abs=2e-6)
    assert got.delta == pytest.approx(wanted.sum() - (ends[0] - ends[1]), abs=1e-5)


@pytest.mark.parametrize("rule", RULES, ids=[name for name, _ in RULES])
@pytest.mark.parametrize("sizes", SIZES, ids=["small", "odd", "tanh", "one"])
def test_every_layer_with_padding_and_mixed_lengths(
    random_reader: Any, mixed_examples: list[bf.QAExample], sizes: dict[str, Any], rule: tuple[str, int]
) -> None:
    reader = random_reader(**sizes)
    results = bf.integrated_gradients(
        reader.model,
        mixed_examples,
        layer="all",
        method=rule[0],
        n_steps=rule[1],
        keep_values=True,
        internal_batch_size=64,  # few nodes and large batches: all examples share them, padded
    )
    assert [r.id for r in results] == [e.id for e in mixed_examples]
    lengths = {len(r.tokens) for r in results}
    assert len(lengths) > 2
    for result, example in zip(results, mixed_examples, strict=True):
        assert result.layers == tuple(range(-1, reader.exact.num_layers))
        for got in result.values():
            check(reader, got, example, rule)


@pytest.mark.parametrize("contrast", [None, (5, 6)])
@pytest.mark.parametrize("target", sorted(TARGETS))
def test_every_target(
    random_reader: Any, mixed_examples: list[bf.QAExample], target: str, contrast: tuple[int, int] | None
) -> None:
    reader = random_reader(layers=3)
    some = mixed_examples[:2]
    results = bf.integrated_gradients(
        reader.model,
        some,
        layer=[-1, 1, 2],
        target=target,
        contrast=contrast,
        span=(7, 9),
        n_steps=4,
        keep_values=True,
    )
    for result, example in zip(results, some, strict=True):
        for got in result.values():
            check(reader, got, example, target=target, contrast=contrast)


def test_every_kind_of_span(random_reader: Any, mixed_examples: list[bf.QAExample]) -> None:
    reader = random_reader()
    spans: dict[str, Any] = {"predicted": "predicted", "gold": "gold", "pair": (3, 8), "each": [(1, 1)] * 4}
    found = {}
    for name, span in spans.items():
        results = bf.integrated_gradients(
            reader.model, mixed_examples, layer=0, span=span, n_steps=4, keep_values=True
        )
        for got, example in zip(results, mixed_examples, strict=True):
            check(reader, got, example)
        found[name] = [got.span for got in results]
    assert found["pair"] == [(3, 8)] * 4
    assert found["each"] == [(1, 1)] * 4
    for span, example in zip(found["gold"], mixed_examples, strict=True):
        window = window_of(reader, example)
        first, last = window.offsets[span[0], 0], window.offsets[span[1], 1]
        assert example.context[first:last] == example.answers[0].text
    predictions = bf.predict(reader.model, mixed_examples)
    assert found["predicted"] == [(p.start_token, p.end_token) for p in predictions]


@pytest.mark.parametrize("baseline", ["pad", "mask", "array", "arrays"])
def test_every_baseline(random_reader: Any, mixed_examples: list[bf.QAExample], baseline: str) -> None:
    reader = random_reader(layers=3)
    some = mixed_examples[:3]
    windows = [window_of(reader, example) for example in some]
    H = reader.model.hidden_size
    rng = np.random.default_rng(0)
    given: Any = baseline
    if baseline == "array":
        given = rng.normal(size=H).astype(np.float32)
    elif baseline == "arrays":
        given = [rng.normal(size=(len(w.input_ids), H)) for w in windows]
    results = bf.integrated_gradients(
        reader.model, some, baseline=given, n_steps=4, keep_values=True, internal_batch_size=32
    )
    token = {"pad": reader.model.tokenizer.pad_token_id, "mask": reader.model.tokenizer.mask_token_id}
    for number, (result, window) in enumerate(zip(results, windows, strict=True)):
        if baseline in token:
            special = np.isin(window.input_ids, reader.model.tokenizer.all_special_ids)
            ids = np.where(special, window.input_ids, token[baseline])
            origins = states_of(reader, window, ids)
        else:
            values = given if baseline == "array" else given[number]
            full = np.broadcast_to(np.asarray(values, dtype=np.float32), (len(window.input_ids), H))
            origins = [torch.tensor(full.astype(np.float64))] * (reader.exact.num_layers + 1)
        for got in result.values():
            check(reader, got, some[number], baseline=origins[got.layer + 1])
            assert got.baseline == ("array" if baseline.startswith("array") else baseline)


def test_windows_of_a_long_passage_are_explained_one_by_one(random_reader: Any) -> None:
    """The best window alone, and all of them joined: each token is that of the window it was taken from."""
    reader = random_reader()
    words = ["ada", "wrote", "it", "in", "paris", "when", "the", "ships", "sailed", "from", "the", "port"]
    example = bf.QAExample("who wrote it?", " ".join(words * 3), "long")
    cut = {"max_length": 24, "doc_stride": 8}
    windows = make_windows(reader.model.tokenizer, [example], **cut)
    assert len(windows) > 2
    settings: dict[str, Any] = {"n_steps": 4, "keep_values": True, **cut}
    best = bf.integrated_gradients(reader.model, example, layer=0, **settings)
    merged = bf.integrated_gradients(reader.model, example, layer=0, windows="merge", **settings)
    rule = _core.quadrature_rule("gausslegendre", 4)
    held = windows[best.window]
    assert best.tokens == held.tokens
    hidden = states_of(reader, held)[1]
    wanted = reader.exact.integrated_gradients(
        0, hidden, torch.zeros_like(hidden), *rule, target_of("probability", best.span)
    )
    assert relative_difference(best.values, wanted) < TOLERANCE
    assert merged.windows == len(windows)
    assert len(merged.tokens) == windows[0].segment.tolist().count(0) + 3 + 3 * len(words)
    # The best window's own tokens are found in the merged result, unchanged, at their places.
    shift = held.context_first
    for position in np.flatnonzero(held.max_context):
        np.testing.assert_allclose(merged.scores[position + shift], best.scores[position], rtol=1e-5)
    question = held.segment == 0
    np.testing.assert_allclose(merged.scores[: len(question)][question], best.scores[question], rtol=1e-5)
