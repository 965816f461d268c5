"""Classes: from logits to predictions, and their scores."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import bertqa_fast as bf
from bertqa_fast.data.examples import QAExample, TextExample
from bertqa_fast.tasks.class_labels import in_order, labels_of, names_of
from bertqa_fast.tasks.classify import rank_classes
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.predict import predict


class Counter:
    """A stand-in for a classifier: the logit of a class is how often its letter is in the window."""

    task = "text-classification"
    labels = ("a", "b")

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.config = SimpleNamespace(max_position_embeddings=16)
        self.seen: list[int] = []

    def class_logits(self, windows: Any, *, show_progress: bool | None = None) -> list[Any]:
        self.seen.append(len(windows))
        return [np.array([w.tokens.count(label) for label in self.labels], dtype=np.float32) for w in windows]


def test_one_in_one_out(tiny_tokenizer: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from bertqa_fast.tasks import classify

    model = Counter(tiny_tokenizer)
    one = predict(model, TextExample("b a b", id="x"), max_length=8)
    assert isinstance(one, bf.ClassPrediction)
    assert (one.id, one.label, one.index, one.logits) == ("x", "b", 1, (1.0, 2.0))
    assert one.probabilities == {
        "a": pytest.approx(1 / (1 + math.e)),
        "b": pytest.approx(1 / (1 + 1 / math.e)),
    }
    assert one.probability == one.probabilities["b"]
    assert [entry["label"] for entry in one.to_dict()["classes"]] == ["b", "a"]
    monkeypatch.setattr(classify, "_CHUNK", 2)
    texts = [TextExample("a"), TextExample("b", "a a"), TextExample("c"), TextExample("c " * 9 + "b")]
    found = predict(model, texts, max_length=8, show_progress=False)
    assert [prediction.label for prediction in found] == ["a", "a", "a", "a"]  # ties, and what is cut off
    assert model.seen == [1, 2, 2]
    assert predict(model, [], max_length=8) == []


def test_heads_and_examples_must_fit(tiny_tokenizer: Any) -> None:
    model = Counter(tiny_tokenizer)
    with pytest.raises(ValueError, match=r"must have the head 'question-answering' .* got 'text-class"):
        predict(model, QAExample("who?", "ada"), max_length=8)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="examples must hold TextExample for a classifier, got str"):
        predict(model, ["ada"], max_length=8)  # type: ignore[list-item]
    with pytest.raises(ValueError, match="max_length must be at most the model's 16 positions, got 384"):
        predict(model, TextExample("a"))
    reader = SimpleNamespace(tokenizer=tiny_tokenizer, config=model.config)
    with pytest.raises(ValueError, match=r"must have the head 'text-classification' to .* got None"):
        predict(reader, TextExample("a"), max_length=8)
    other = SimpleNamespace(task="token-classification")
    with pytest.raises(ValueError, match=r"must have the head 'question-answering' .* got 'token-class"):
        predict(other, QAExample("who?", "ada"))


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=6))
def test_probabilities_are_the_softmax(values: list[float]) -> None:
    from scipy.special import softmax

    found = rank_classes(TextExample("a"), np.array(values), range(len(values)))
    np.testing.assert_allclose(list(found.probabilities.values()), softmax(values), rtol=1e-9, atol=1e-300)
    assert found.index == values.index(max(values))
    assert [entry["logit"] for entry in found.ranked()] == sorted(values, reverse=True)


@pytest.mark.parametrize(
    ("logits", "labels", "message"),
    [
        ([1.0, 2.0], [0], r"logits must have shape \(1,\), got \(2,\)"),
        ([1.0, float("nan")], [0, 1], "logits must be finite"),
        ([1.0, 2.0], ["a", "a"], "labels must be different classes"),
        ([], [], "labels must be different classes"),
    ],
)
def test_logits_must_fit(logits: list[float], labels: list[Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        rank_classes(TextExample("a"), np.array(logits), labels)


def test_names_of_classes() -> None:
    def of(id2label: dict[Any, str]) -> tuple[Any, ...]:
        return labels_of(SimpleNamespace(id2label=id2label))

    assert of({0: "LABEL_0", 1: "LABEL_1"}) == (0, 1)
    assert of({"1": "bad", "0": "good"}) == ("good", "bad")
    assert of({0: "LABEL_1", 1: "LABEL_0"}) == ("LABEL_1", "LABEL_0")
    for wrong in ({0: "a", 2: "b"}, {0: "a", 1: "a"}):
        with pytest.raises(ValueError, match="id2label must number different names from 0"):
            of(wrong)
    assert names_of([0, 1, 2]) == ["LABEL_0", "LABEL_1", "LABEL_2"]
    assert names_of([1, 2]) == ["1", "2"]
    assert names_of(["a", "b"]) == ["a", "b"]
    assert in_order(["b", 10, 2, "a", 2, "-1"]) == ["-1", 2, 10, "a", "b"]


def slow_f1(golds: list[int], answers: list[int | None]) -> dict[int, float]:
    """F1 by counting, over the classes that either side names."""
    result = {}
    for label in sorted({*golds, *(answer for answer in answers if answer is not None)}):
        right = sum(gold == answer == label for gold, answer in zip(golds, answers, strict=True))
        wanted, given = golds.count(label), answers.count(label)
        result[label] = 2 * right / (wanted + given)
    return result


@given(st.lists(st.tuples(st.integers(0, 4), st.none() | st.integers(0, 4)), min_size=1, max_size=20))
def test_scores_are_what_counting_gives(pairs: list[tuple[int, int | None]]) -> None:
    golds, answers = [gold for gold, _ in pairs], [answer for _, answer in pairs]
    examples = [TextExample("a", label=gold, id=f"t{n}") for n, gold in enumerate(golds)]
    predictions = {f"t{n}": answer for n, answer in enumerate(answers) if answer is not None}
    scores = evaluate(examples, predictions | {"other": 1}, "sst5")
    f1 = slow_f1(golds, answers)
    assert scores.accuracy == pytest.approx(100 * np.mean([gold == answer for gold, answer in pairs]))
    assert scores.macro_f1 == pytest.approx(100 * np.mean(list(f1.values())))
    assert scores.details == pytest.approx({f"f1_{label}": 100 * value for label, value in f1.items()})
    assert (scores.count, scores.missing, scores.unknown) == (len(pairs), answers.count(None), 1)
    assert scores.per_example == {f"t{n}": (float(g == a),) * 2 for n, (g, a) in enumerate(pairs)}
    assert scores.exact_match is None
    assert "macro_f1" in scores.to_dict()


def test_labels_are_compared_as_written() -> None:
    examples = [TextExample("a", label=1), TextExample("b", label="0")]
    assert evaluate(examples, {"#0": "1", "#1": 0}, "sst2").accuracy == 100
    predictions = [rank_classes(e, np.eye(2)[n], ["1", "0"]) for n, e in enumerate(examples)]
    assert evaluate(examples, predictions, "sst2").macro_f1 == 100
    assert evaluate(examples[0], predictions[0], "tsv").accuracy == 100


@pytest.mark.parametrize(
    ("task", "label", "answer", "message"),
    [
        ("sst2", None, 1, "examples must have labels to be scored, got none for 'x'"),
        ("sst2", 2, 1, r"examples must have labels of sst2 \(0, 1\), got '2' for 'x'"),
        ("chnsenticorp", 1, "good", r"predictions must have labels of chnsenticorp \(0, 1\), got 'good'"),
        ("tsv", 1, "good", r"as the examples have them \(such as '1'\), got 'good' for 'x'"),
        ("tsv", "good", 1, r"\(such as 'good'\), got '1' for 'x'"),
    ],
)
def test_labels_that_cannot_be_meant(task: str, label: Any, answer: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        evaluate([TextExample("a", label=label, id="x")], {"x": answer}, task)


def test_gold_labels_must_be_the_models() -> None:
    example = TextExample("a", label="fine", id="x")
    prediction = rank_classes(example, np.array([0.0, 1.0]), ["good", "bad"])
    with pytest.raises(ValueError, match=r"of the model \(good, bad\), got 'fine' for 'x'"):
        evaluate([example], [prediction], "tsv")
    rare = evaluate([TextExample("a", label="good", id="x")], [prediction], "tsv")
    assert (rare.accuracy, rare.macro_f1, rare.details) == (0.0, 0.0, {"f1_bad": 0.0, "f1_good": 0.0})
