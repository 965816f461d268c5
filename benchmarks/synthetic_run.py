"""Run folders of made-up questions, scores and hidden states, as large and as long as real ones."""

from __future__ import annotations

import io
import string
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.numerals import NUMBER_WORDS
from bertqa_fast.attribution.layer_results import LayerAttributions
from bertqa_fast.attribution.result import Attribution
from bertqa_fast.data.jsonfiles import write_json
from bertqa_fast.runs.reader import embedding_path
from bertqa_fast.runs.store import RunWriter
from bertqa_fast.storage import write_atomic
from bertqa_fast.tasks.answers import NBest, Prediction

QUESTIONS_A_PASSAGE = 5
PART = 16
COMMON = ("the", "of", "and", "in", "to", "a", "was", "is", "for", "as", ",", ",", ".")


@dataclass
class Text:
    """A text of words, and its tokens: ``##`` begins a piece that goes on a word."""

    text: str
    tokens: list[str]
    offsets: list[tuple[int, int]]
    words: list[int]

    @classmethod
    def of(cls, words: list[str], pieces: list[int]) -> Text:
        """Make a text of words, each cut into so many pieces."""
        tokens, offsets, numbers, begin = [], [], [], 0
        for number, (word, count) in enumerate(zip(words, pieces, strict=True)):
            cuts = np.linspace(0, len(word), min(count, len(word)) + 1).astype(int).tolist()
            for a, b in pairwise(cuts):
                tokens.append(("##" if a else "") + word[a:b])
                offsets.append((begin + a, begin + b))
                numbers.append(number)
            begin += len(word) + 1
        return cls(" ".join(words), tokens, offsets, numbers)


class Writer:
    """Makes up questions; the same seed makes the same ones."""

    def __init__(self, seed: int, layers: int) -> None:
        self._rng = np.random.default_rng(seed)
        self._layers = layers
        letters = self._rng.choice(list(string.ascii_lowercase), (5000, 8))
        lengths = self._rng.integers(3, 9, 5000)
        self._words = ["".join(row[:size]) for row, size in zip(letters, lengths, strict=True)]
        self._numbers = [*sorted(NUMBER_WORDS), *map(str, range(1800, 2020, 7))]
        self.passage(100, 300)

    def passage(self, fewest: int, most: int) -> None:
        """Begin another passage, of so many words."""
        self._passage = self._text(int(self._rng.integers(fewest, most + 1)))

    def _text(self, count: int) -> Text:
        kinds = self._rng.choice(3, count, p=(0.55, 0.42, 0.03))
        pools = (self._words, COMMON, self._numbers)
        words = [pools[kind][int(self._rng.integers(len(pools[kind])))] for kind in kinds]
        return Text.of(words, self._rng.choice([1, 2, 3], count, p=(0.85, 0.12, 0.03)).tolist())

    def question(self, number: int) -> tuple[LayerAttributions, Prediction, str]:
        """Make up a question about the passage: its scores, its prediction and its gold answer."""
        question = self._text(int(self._rng.integers(6, 16)))
        if self._rng.random() < 0.075:  # about as many as in SQuAD
            asked = ["how", "many", *question.text.split()]
            question = Text.of(asked, [1] * len(asked))
        passage = self._passage
        first = int(self._rng.integers(len(passage.tokens) - 4))
        begin = len(question.tokens) + 2
        span = (begin + first, begin + first + int(self._rng.integers(4)))
        closed = [
            (
                [*part.tokens, "[SEP]"],
                [*part.offsets, (0, 0)],
                [*part.words, -1],
                [segment] * len(part.tokens) + [-1],
            )
            for segment, part in enumerate((question, passage))
        ]
        tokens, offsets, words, segment = (list(chain(*lists)) for lists in zip(*closed, strict=True))
        offsets_array = np.array([(0, 0), *offsets], dtype=np.int32)
        key = f"question-{number:05}"
        shape = (self._layers, len(tokens) + 1)
        scores = self._rng.gamma(0.3, size=shape).astype(np.float32)
        signed = (scores * self._rng.choice([-1.0, 1.0], shape)).astype(np.float32)
        shared = {
            "tokens": ["[CLS]", *tokens],
            "offsets": offsets_array,
            "segment": np.array([-1, *segment], dtype=np.int8),
            "word_ids": np.array([-1, *words], dtype=np.int32),
            "question": question.text,
            "context": passage.text,
            "span": span,
            "id": key,
        }
        layers = LayerAttributions(
            Attribution(**shared, scores=scores[at], signed=signed[at], layer=at - 1, **_RESULT)
            for at in range(self._layers)
        )
        prediction = self._prediction(key, passage.text, offsets_array, span)
        return layers, prediction, prediction.text if self._rng.random() < 0.8 else "something else"

    def _prediction(
        self, key: str, context: str, offsets: NDArray[np.int32], span: tuple[int, int]
    ) -> Prediction:
        start, end = int(offsets[span[0], 0]), int(offsets[span[1], 1])
        weights = np.sort(self._rng.dirichlet(np.full(20, 0.2)))[::-1].tolist()
        best = [NBest(context[start:end], start, end, *span, 0, 1.0, 1.0, weight) for weight in weights]
        return Prediction(key, context[start:end], start, end, *span, 2.0, weights[0], 0, best)


_RESULT = {
    "target": "probability",
    "value": 1.8,
    "baseline_value": 0.1,
    "delta": 0.001,
    "error": 0.004,
    "evaluations": 9.5,
    "converged": True,
    "method": "auto",
}


def write_run(
    folder: Path,
    examples: int,
    layers: int,
    *,
    words: tuple[int, int] = (90, 260),
    states: int = 10,
    hidden: int = 768,
    seed: int = 0,
) -> None:
    """Write a run folder.

    Parameters
    ----------
    folder : Path
        Where; absent or empty.
    examples, layers : int
        How many questions, and layers with the embeddings.
    words : (int, int)
        Fewest and most words of a passage; a word has 1.18 tokens.
    states, hidden : int
        The hidden states of so many questions are kept, of this width.
    seed : int
        Of the random numbers.
    """
    writer = Writer(seed, layers)
    identity = {
        "model": {"fingerprint": "0" * 64, "precision": "fp32"},
        "data": {"sha256": "0" * 64, "examples": examples},
        "settings": {"span": "predicted"},
    }
    model = {"source": "made up", "task": "question-answering", "device": "cpu"}
    about = {
        "model": {**model, "num_layers": layers - 1, "hidden_size": hidden},
        "data": {"path": None},
        "versions": {},
    }
    exact = {}
    with RunWriter(folder, identity, about, resume=False) as run:
        for first in range(0, examples, PART):
            results, predictions, gold = [], {}, {}
            for number in range(first, min(first + PART, examples)):
                if number % QUESTIONS_A_PASSAGE == 0:
                    writer.passage(*words)
                attributions, predictions[number], answer = writer.question(number)
                results.append((number, attributions))
                gold[number] = [answer]
                exact[predictions[number].id] = int(answer == predictions[number].text)
                if number < states:
                    _write_states(
                        folder, number, (layers, len(next(iter(attributions.values())).tokens), hidden)
                    )
            run.add(results, predictions, gold, 0.1)
        run.finish({})
    write_json(exact, folder / "exact_scores.json")


def _write_states(folder: Path, example: int, shape: tuple[int, int, int]) -> None:
    raw = io.BytesIO()
    rng = np.random.default_rng(example)
    np.savez(raw, hidden_states=rng.normal(size=shape).astype(np.float32), window=np.int32(0))
    write_atomic(embedding_path(folder, example), raw.getvalue())
