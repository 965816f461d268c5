"""Runs made of windows that are written out in the tests, without any model; and runs of random readers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.attribution.results import Attribution, LayerAttributions
from bertqa_fast.runs.attribute import attribute_dataset
from bertqa_fast.runs.reader import Run
from bertqa_fast.runs.store import RunWriter
from bertqa_fast.tasks.answers import NBest, Prediction


@dataclass(frozen=True)
class Written:
    """A window as a test writes it.

    ``question`` and ``context`` are tokens with blanks between; ``##`` begins a piece that goes on a word.
    ``scores`` is ``[layers, T]`` over ``[CLS] question [SEP] context [SEP]``; ``answer`` is the first and
    last token of the predicted answer in the context; ``gold`` and ``probability`` belong to the prediction.
    """

    question: str
    context: str
    scores: Any
    answer: tuple[int, int] = (0, 0)
    gold: Sequence[str] = ()
    probability: float = 0.5
    id: str | None = None

    def attributions(self) -> LayerAttributions:
        """Return the window as the run's writer takes it; layers are -1, 0, 1, …."""
        pieces = [self.question.split(), self.context.split()]
        tokens = ["[CLS]", *pieces[0], "[SEP]", *pieces[1], "[SEP]"]
        offsets, segment, words, texts = [(0, 0)], [-1], [-1], []
        for number, part in enumerate(pieces):
            text, word = "", -1
            for piece in part:
                goes_on = piece.startswith("##")
                word += not goes_on
                text += "" if goes_on or not text else " "
                offsets.append((len(text), len(text) + len(piece.removeprefix("##"))))
                text += piece.removeprefix("##")
                segment.append(number)
                words.append(word)
            texts.append(text)
            offsets.append((0, 0))
            segment.append(-1)
            words.append(-1)
        at = len(pieces[0]) + 2
        return LayerAttributions(
            Attribution(
                tokens=tokens,
                offsets=np.array(offsets, dtype=np.int32),
                segment=np.array(segment, dtype=np.int8),
                word_ids=np.array(words, dtype=np.int32),
                scores=np.asarray(row, dtype=np.float32),
                signed=np.asarray(row, dtype=np.float32),
                layer=layer,
                target="probability",
                span=(at + self.answer[0], at + self.answer[1]),
                value=1.0,
                baseline_value=0.0,
                delta=0.0,
                error=0.0,
                evaluations=1.0,
                converged=True,
                question=texts[0],
                context=texts[1],
                method="auto",
                id=self.id,
            )
            for layer, row in enumerate(self.scores, -1)
        )


MakeRun = Callable[..., Run]


@pytest.fixture
def written() -> type[Written]:
    """Return the maker of windows."""
    return Written


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """Write a run of given windows (a part each ``per_part``), and open it."""

    def make(*windows: Written, per_part: int = 2, num_layers: int = 2) -> Run:
        folder = tmp_path / "run"
        identity = {
            "model": {"fingerprint": "f" * 64, "precision": "fp32"},
            "data": {"sha256": "d" * 64, "examples": len(windows)},
            "settings": {"span": "predicted"},
        }
        model = {"source": "a folder", "task": "question-answering", "num_layers": num_layers}
        about = {
            "model": {**model, "hidden_size": 4, "device": "cpu"},
            "data": {"path": None},
            "versions": {},
        }
        with RunWriter(folder, identity, about, resume=False) as writer:
            numbered = list(enumerate(windows))
            for first in range(0, len(windows), per_part):
                part = numbered[first : first + per_part]
                results = [(number, window.attributions()) for number, window in part]
                predictions = {
                    number: _prediction(number, window, layers)
                    for (number, window), (_, layers) in zip(part, results, strict=True)
                }
                gold = {number: list(window.gold) for number, window in part}
                writer.add(results, predictions, gold, 0.1)
            writer.finish({})
        return Run(folder)

    return make


@pytest.fixture
def attributed(random_reader: Any, mixed_examples: list[bf.QAExample], tmp_path: Path) -> MakeRun:
    """Attribute examples with a random reader: ``attributed(examples=None, reader=None, **options)``."""

    def make(examples: Sequence[bf.QAExample] | None = None, reader: Any = None, **options: Any) -> Run:
        folder = tmp_path / "attributed"
        model = (reader or random_reader()).model
        settings = {"n_steps": 4, "embeddings": 0} | options
        attribute_dataset(model, mixed_examples if examples is None else examples, folder, **settings)
        return Run(folder)

    return make


def _prediction(number: int, window: Written, layers: LayerAttributions) -> Prediction:
    first = next(iter(layers.values()))
    start, end = first.span or (0, 0)
    start_char, end_char = int(first.offsets[start, 0]), int(first.offsets[end, 1])
    text = first.context[start_char:end_char]
    best = NBest(text, start_char, end_char, start, end, 0, 1.0, 1.0, window.probability)
    key = window.id or f"#{number}"
    return Prediction(key, text, start_char, end_char, start, end, 2.0, window.probability, 0, [best])
