"""Predicting with a reader whose logits are known, and the files that come of it."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bertqa_fast.data.examples import QAExample
from bertqa_fast.tasks import predict as module
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.files import (
    read_predictions,
    write_exact_scores,
    write_nbest,
    write_null_scores,
    write_predictions,
)
from bertqa_fast.tasks.predict import predict


class Pointer:
    """A reader that points at the token ``ada``."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.config = SimpleNamespace(max_position_embeddings=64)
        self.calls: list[int] = []

    def logits(self, windows: Any, *, show_progress: bool | None = None) -> list[Any]:
        self.calls.append(len(windows))
        hits = [np.array([float(text == "ada") for text in w.tokens], dtype=np.float32) for w in windows]
        return [(hit, 2 * hit) for hit in hits]


@pytest.fixture
def pointer(tiny_tokenizer: Any) -> Pointer:
    return Pointer(tiny_tokenizer)


def example(number: int, before: int) -> QAExample:
    return QAExample("who wrote it ?", "the " * before + "Ada wrote it .", f"q{number}", ("Ada",))


def test_one_in_one_out_and_lists_in_order(pointer: Pointer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_CHUNK", 3)
    examples = [example(number, number * 7) for number in range(8)]
    found = predict(pointer, examples, max_length=20, doc_stride=5)
    assert [p.id for p in found] == [e.id for e in examples]
    assert [p.text for p in found] == ["Ada"] * 8
    assert [p.start_char for p in found] == [28 * number for number in range(8)]
    assert found[0].window == 0
    assert found[7].window > 3
    assert len(pointer.calls) == 3
    assert predict(pointer, examples[5], max_length=20, doc_stride=5) == found[5]
    assert predict(pointer, [], max_length=20) == []


def test_what_the_model_cannot_do_is_refused(pointer: Pointer) -> None:
    with pytest.raises(ValueError, match="max_length must be at most the model's 64 positions, got 384"):
        predict(pointer, example(0, 1), max_length=384)
    with pytest.raises(TypeError, match="examples must hold QAExample, got str"):
        predict(pointer, ["who?"], max_length=20)
    with pytest.raises(ValueError, match="question of example 'q0' has 4 tokens"):
        predict(pointer, example(0, 1), max_length=7)
    pointer.task = "text-classification"
    with pytest.raises(ValueError, match=r"head 'question-answering'.*got 'text-classification'"):
        predict(pointer, example(0, 1), max_length=20)


def test_files(pointer: Pointer, tmp_path: Path) -> None:
    examples = [example(number, number) for number in range(3)]
    found = predict(pointer, examples, max_length=20, n_best=2, null_score_diff_threshold=0.0)
    texts = write_predictions(found, tmp_path / "new" / "predictions.json")
    assert read_predictions(texts) == {"q0": "Ada", "q1": "Ada", "q2": "Ada"}
    entries = json.loads(write_nbest(found, tmp_path / "nbest_predictions.json").read_text())["q1"]
    assert [entry["text"] for entry in entries] == [entry.text for entry in found[1].n_best]
    assert {"text", "probability", "start_logit", "end_logit"} <= set(entries[0])
    nulls = json.loads(write_null_scores(found, tmp_path / "null_odds.json").read_text())
    assert nulls == {"q0": -3.0, "q1": -3.0, "q2": -3.0}
    scores = evaluate([*examples, QAExample("when ?", "1843", "q9", ("1843",))], found)
    exact = json.loads(write_exact_scores(scores, tmp_path / "exact_scores.json").read_text())
    assert exact == {"q0": 1, "q1": 1, "q2": 1, "q9": 0}


def test_files_need_ids_of_their_own(pointer: Pointer, tmp_path: Path) -> None:
    nameless = predict(pointer, [QAExample("who ?", "Ada .")], max_length=20)
    with pytest.raises(ValueError, match="got none for number 0"):
        write_predictions(nameless, tmp_path / "p.json")
    twice = predict(pointer, [example(0, 1), example(0, 2)], max_length=20)
    with pytest.raises(ValueError, match="got 'q0' twice"):
        write_nbest(twice, tmp_path / "p.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("content", ["[]", '{"q": 1}', "{"])
def test_what_is_no_predictions_file_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "p.json"
    path.write_text(content)
    with pytest.raises(ValueError, match=r"p\.json: .*wanted"):
        read_predictions(path)
