"""A fine-tuned reader and real questions: agreement with float64 autograd, and completeness."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.data.windows import make_windows
from bertqa_fast.graphs.parity import parity_report
from bertqa_fast.graphs.reference import Float64Reader, relative_difference, target_of

torch = pytest.importorskip("torch")

SHARED = Path(__file__).resolve().parents[3] / "shared"
MODEL = SHARED / "models" / "minilm-l6-squad"
DATA = SHARED / "data" / "squad" / "dev-v1.1.json.gz"

pytestmark = pytest.mark.skipif(
    not (MODEL.is_dir() and DATA.is_file()), reason="the fine-tuned reader and SQuAD are not in ../shared"
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bf.Model]:
    with bf.load(MODEL, cache_dir=tmp_path_factory.mktemp("cache")) as opened:
        yield opened


@pytest.fixture(scope="module")
def exact() -> Any:
    return Float64Reader(MODEL)


@pytest.fixture(scope="module")
def questions(model: bf.Model) -> list[bf.QAExample]:
    """Two short ones, from different articles."""
    examples = bf.read_squad(DATA)[::400]
    return sorted(examples, key=lambda e: len(e.context))[:2]


def test_float64_autograd_over_the_same_nodes(
    model: bf.Model, exact: Any, questions: list[bf.QAExample]
) -> None:
    layers, steps = [0, 4], 5
    results = bf.integrated_gradients(
        model,
        questions,
        layer=layers,
        method="gausslegendre",
        n_steps=steps,
        keep_values=True,
        internal_batch_size=12,
    )
    rule = _core.quadrature_rule("gausslegendre", steps)
    for result, example in zip(results, questions, strict=True):
        [window] = make_windows(model.tokenizer, [example])
        states = exact.hidden_states(window.input_ids[None], window.token_type_ids[None])
        for layer in layers:
            hidden = states[layer + 1][0]
            target = target_of("probability", result.span)
            wanted = exact.integrated_gradients(layer, hidden, torch.zeros_like(hidden), *rule, target)
            assert relative_difference(result[layer].values, wanted) < 1e-5


def test_completeness_at_the_upper_layers(model: bf.Model, questions: list[bf.QAExample]) -> None:
    results = bf.integrated_gradients(model, questions, layer=[4, 5], method="gausslegendre", n_steps=60)
    for result in results:
        for got in result.values():
            change = got.value - got.baseline_value
            assert abs(got.delta) <= 1e-3 * max(abs(change), 0.1)


def test_the_answer_stands_out(model: bf.Model, questions: list[bf.QAExample]) -> None:
    """Of the last block's output only the span's own tokens raise its logits."""
    results = bf.integrated_gradients(model, questions, layer=5, target="logit", n_steps=1)
    for got in results:
        assert set(np.flatnonzero(got.scores)) == set(got.span)


def test_parity(model: bf.Model) -> None:
    assert parity_report(MODEL, model.folder).worst < 1e-5
