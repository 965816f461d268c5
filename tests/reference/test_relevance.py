"""`bf.relevance`: what calls are told of the graphs' relevance, which tests/graphs/relevance checks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.attribution.relevance import RULES
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.graphs.manifest import read_manifest

pytest.importorskip("torch")


def of_graph(reader: Any, environment: _core.Environment, rule: str, window: Window, **pinned: int) -> Any:
    """Run a rule's graph for one window, in a session of its own and without padding."""
    folder = reader.model.folder
    entries = [(t.name, t.dtype, list(t.shape), t.offset, t.nbytes) for t in read_manifest(folder).tensors]
    weights = _core.WeightFile(environment, folder / "weights.bin", entries)
    session = _core.Session(environment, folder / f"relevance_{rule}.onnx", weights)
    return session.run(
        {
            "input_ids": window.input_ids[None],
            "token_type_ids": window.token_type_ids[None],
            "attention_mask": np.ones((1, len(window.input_ids)), np.float32),
            "seed": np.array([1, 0, 0], np.float32),
            **{name: np.array([at]) for name, at in pinned.items()},
        }
    )


def close(got: np.ndarray, wanted: np.ndarray, rule: str) -> bool:
    """Compare relevance; wu_ong divides by sums that cancel, so that padding moves more than last bits."""
    return bool(np.abs(got - wanted).max() <= (1e-3 if rule == "wu_ong" else 1e-4) * np.abs(wanted).max())


@pytest.mark.parametrize("rule", RULES)
def test_classes_in_padded_batches(
    random_reader: Any, environment: _core.Environment, mixed_texts: list[bf.TextExample], rule: Any
) -> None:
    reader = random_reader(classes=3)
    results = bf.relevance(reader.model, mixed_texts, rule, layer="all", label=2, keep_values=True)
    windows = make_text_windows(reader.model.tokenizer, mixed_texts)
    for result, window in zip(results, windows, strict=True):
        wanted = of_graph(reader, environment, rule, window, label=2)
        assert result.layers == tuple(range(-1, reader.exact.num_layers))
        for layer, got in result.items():
            name = "embeddings" if layer == -1 else str(layer)
            assert close(got.values, wanted[f"values_{name}"][0], rule)
            np.testing.assert_allclose(got.scores, np.abs(got.values).sum(-1), rtol=1e-4, atol=1e-6)
            assert (got.label, got.method) == (2, f"relevance_{rule}")
            assert got.value == pytest.approx(float(wanted["class_logits"][0, 2]), abs=1e-5)
            above = range(layer + 1, reader.exact.num_layers) if rule == "attn_lrp" else ()
            assert got.gaps == {
                f"softmax_{block}": pytest.approx(
                    float(wanted[f"softmax_gap_{block}"][0]), rel=1e-3, abs=1e-5
                )
                for block in above
            }
            gap = got.values.sum(dtype=np.float64) - got.value
            assert got.delta == pytest.approx(gap, abs=1e-4 * float(np.abs(got.values).sum()))


@pytest.mark.parametrize("rule", RULES)
def test_answers(
    random_reader: Any, environment: _core.Environment, mixed_examples: list[bf.QAExample], rule: Any
) -> None:
    reader = random_reader()
    results = bf.relevance(reader.model, mixed_examples, rule, span=(5, 7))
    for got, example in zip(results, mixed_examples, strict=True):
        [window] = make_windows(reader.model.tokenizer, [example])
        wanted = of_graph(reader, environment, rule, window, span_start=5, span_end=7)
        assert close(got.scores, wanted["scores_embeddings"][0], rule)
        assert (got.layer, got.span) == (-1, (5, 7))


def test_probabilities_begin_smaller(random_reader: Any, mixed_texts: list[bf.TextExample]) -> None:
    """What relevance begins with scales it: a rule without kinks is linear in it."""
    reader = random_reader(classes=3)
    logits = bf.relevance(reader.model, mixed_texts, "epsilon", label=0)
    shares = bf.relevance(reader.model, mixed_texts, "epsilon", label=0, target="probability")
    for one, other in zip(logits, shares, strict=True):
        assert 0 < other.value < 1
        np.testing.assert_allclose(
            other.scores / other.value, one.scores / abs(one.value), rtol=1e-3, atol=1e-5
        )


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"rule": "gamma"}, "rule: got 'gamma', wanted one of: wu_ong, epsilon, alpha_beta, attn_lrp"),
        ({"target": "log_probability"}, "target: got 'log_probability', wanted one of: logit, probability"),
        ({"label": 3}, "label: got 3"),
        ({"span": (1, 2)}, "span: got"),
        ({"layer": 9}, "layer: got 9"),
        ({"internal_batch_size": 0}, "internal_batch_size"),
    ],
)
def test_bad_arguments_are_named(random_reader: Any, settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bf.relevance(random_reader(classes=3).model, bf.TextExample("ada wrote it"), **settings)
