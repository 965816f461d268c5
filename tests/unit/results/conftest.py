"""Attributions of a made-up window, small enough to reckon by hand, and runs of them without a model."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bertqa_fast.attribution import integrated_gradients as attribution_module
from bertqa_fast.attribution.results import Attribution, LayerAttributions
from bertqa_fast.data.examples import QAExample
from bertqa_fast.runs import attribute as attribute_module
from bertqa_fast.runs.attribute import attribute_dataset
from bertqa_fast.tasks.answers import NBest, Prediction

QUESTION = "Who sailed?"
CONTEXT = "Ada Winterbourne sailed."
TOKENS = ["[CLS]", "who", "sailed", "?", "[SEP]", "ada", "winter", "##bourne", "sailed", ".", "[SEP]"]
OFFSETS = [(0, 0), (0, 3), (4, 10), (10, 11), (0, 0), (0, 3), (4, 10), (10, 16), (17, 23), (23, 24), (0, 0)]
SEGMENT = [-1, 0, 0, 0, -1, 1, 1, 1, 1, 1, -1]
WORD_IDS = [-1, 0, 1, 2, -1, 0, 1, 1, 2, 3, -1]
SCORES = [0.5, 1, 2, 0.25, 0.5, 4, 3, 1, 2, 0.75, 1]
SIGNED = [0, 0.5, -1, 0.25, 0, 2, 1, -2, 0.5, 0, -0.25]


@pytest.fixture
def make_attribution() -> Callable[..., Attribution]:
    """Return a maker of attributions whose fields can be overridden by name."""

    def make(**changes: Any) -> Attribution:
        fields: dict[str, Any] = {
            "tokens": list(TOKENS),
            "offsets": np.array(OFFSETS, dtype=np.int32),
            "segment": np.array(SEGMENT, dtype=np.int8),
            "word_ids": np.array(WORD_IDS, dtype=np.int32),
            "scores": np.array(SCORES, dtype=np.float32),
            "signed": np.array(SIGNED, dtype=np.float32),
            "layer": 2,
            "target": "probability",
            "span": (5, 7),
            "value": 1.5,
            "baseline_value": 0.25,
            "delta": -0.25,
            "error": 0.03,
            "evaluations": 50.0,
            "converged": None,
            "question": QUESTION,
            "context": CONTEXT,
            "method": "gausslegendre",
            "n_steps": 50,
            "baseline": "zero",
            "id": "q1",
        }
        return Attribution(**(fields | changes))

    return make


@pytest.fixture
def make_layers(make_attribution: Callable[..., Attribution]) -> Callable[..., LayerAttributions]:
    """Return a maker of results over embeddings and a number of blocks, scores drawn from the seed."""

    def make(blocks: int = 3, seed: int = 0, **changes: Any) -> LayerAttributions:
        random = np.random.default_rng(seed)
        count = len(changes.get("tokens", TOKENS))
        return LayerAttributions(
            make_attribution(
                layer=layer,
                scores=random.gamma(0.5, size=count).astype(np.float32),
                signed=random.normal(size=count).astype(np.float32),
                **changes,
            )
            for layer in range(-1, blocks)
        )

    return make


MODEL: Any = SimpleNamespace(
    fingerprint="f" * 64,
    precision="fp32",
    source="a folder",
    task="question-answering",
    num_layers=2,
    hidden_size=4,
    device="cpu",
    window_tokenizer=None,
)


def examples(count: int) -> list[QAExample]:
    return [QAExample(f"Who sailed {n}?", "Ada sailed.", f"q{n}", ("Ada",)) for n in range(count)]


@pytest.fixture
def calls(
    make_layers: Callable[..., LayerAttributions], monkeypatch: pytest.MonkeyPatch
) -> list[list[str | None]]:
    """Put a stand-in in place of the computation; it notes the ids of each call."""
    made: list[list[str | None]] = []

    def fake_gradients(
        model: Any,
        examples: list[QAExample],
        layer: Any,
        *,
        target: str = "probability",
        baseline: Any = "zero",
        n_steps: int | None = None,
        keep_values: bool = False,
        show_progress: bool | None = None,
    ) -> list[LayerAttributions]:
        made.append([example.id for example in examples])
        return [
            make_layers(2, seed=int(example.question.split()[2][:-1]), id=example.id, span=(5, 7))
            for example in examples
        ]

    def fake_predict(
        model: Any,
        examples: list[QAExample],
        show_progress: bool | None = None,
        null_score_diff_threshold: float | None = None,
    ) -> list[Prediction]:
        entry = NBest("Ada", 0, 3, 5, 5, 0, 1.0, 2.0, 0.9)
        return [Prediction(example.id, "Ada", 0, 3, 5, 5, 3.0, 0.9, 0, [entry]) for example in examples]

    monkeypatch.setattr(attribution_module, "integrated_gradients", fake_gradients)
    monkeypatch.setattr(attribute_module, "predict", fake_predict)
    return made


@pytest.fixture
def run(calls: list[list[str | None]]) -> Callable[..., dict[str, Any]]:
    """Return a maker of runs over examples ``q0``, ``q1``, … without a model."""

    def make(
        folder: Path, count: int = 5, *, model: Any = MODEL, data: Any = None, **options: Any
    ) -> dict[str, Any]:
        given = {"embeddings": 0} | options
        return attribute_dataset(model, examples(count) if data is None else data, folder, **given)

    return make


@pytest.fixture
def stand_in_model() -> Any:
    """Return what stands for the model in these runs."""
    return MODEL
