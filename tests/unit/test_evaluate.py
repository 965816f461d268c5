"""Scores: by hand, against torchmetrics, and thresholds against a search through all of them."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bertqa_fast.data.examples import QAExample
from bertqa_fast.tasks.answers import Prediction
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.squad_metrics import exact_match, normalize, token_f1


def example(name: str | None, *golds: str) -> QAExample:
    return QAExample("who ?", "somewhere", name, golds)


@pytest.mark.parametrize(
    ("text", "plain"),
    [
        ("The  Cat's\thats!", "cats hats"),
        ("a an the", ""),
        ("A-an.the", "aanthe"),
        ("theatre an-other (a)", "theatre another"),
        ("«Straße» …x", "«straße» …x"),  # Only ASCII punctuation goes.
        ("\u00a0x\u2003y", "x y"),
    ],
)
def test_normalize(text: str, plain: str) -> None:
    assert normalize(text) == plain


def test_by_hand() -> None:
    scores = evaluate(
        [example("1", "the cat", "a dog"), example("2", "one two three"), example("3", "x"), example("4")],
        {"1": "Dog!", "2": "two three four five", "4": "", "other": "y"},
    )
    assert scores.per_example == {
        "1": (1.0, 1.0),
        "2": (0.0, 2 * (2 / 4) * (2 / 3) / (2 / 4 + 2 / 3)),
        "3": (0.0, 0.0),
        "4": (1.0, 1.0),
    }
    assert (scores.count, scores.missing, scores.unknown) == (4, 1, 1)
    assert scores.exact_match == 50.0
    assert scores.f1 == pytest.approx(100 * (2 + 4 / 7) / 4)
    assert (scores.accuracy, scores.macro_f1) == (None, None)
    assert scores.to_dict()["missing"] == 1


def test_texts_that_normalize_to_nothing() -> None:
    assert (exact_match("the", "a"), token_f1("the", "a")) == (1.0, 1.0)
    assert (token_f1("", "cat"), token_f1("cat", ""), token_f1("-", "cat")) == (0.0, 0.0, 0.0)


WORDS = st.lists(
    st.sampled_from(["the", "a", "an", "Cat", "cat.", "dog", "İ", "-", "x1", "dog's"]), max_size=6
)
PHRASES = WORDS.map(" ".join) | st.text(max_size=12)


@given(st.lists(st.tuples(PHRASES, st.lists(PHRASES, min_size=1, max_size=3)), min_size=1, max_size=4))
def test_squad_scores_are_those_of_torchmetrics(pairs: list[tuple[str, list[str]]]) -> None:
    text = pytest.importorskip("torchmetrics.functional.text")
    predictions = [{"id": str(n), "prediction_text": answer} for n, (answer, _) in enumerate(pairs)]
    targets = [
        {"id": str(n), "answers": {"text": golds, "answer_start": [0] * len(golds)}}
        for n, (_, golds) in enumerate(pairs)
    ]
    wanted = text.squad(predictions, targets)
    found = evaluate(
        [example(str(n), *golds) for n, (_, golds) in enumerate(pairs)],
        {str(n): answer for n, (answer, _) in enumerate(pairs)},
    )
    assert found.exact_match == pytest.approx(float(wanted["exact_match"]), rel=1e-5)
    assert found.f1 == pytest.approx(float(wanted["f1"]), rel=1e-5)


def test_v2_splits_by_whether_there_is_an_answer() -> None:
    examples = [example("1", "cat"), example("2", "one two"), QAExample("q", "c", "3", is_impossible=True)]
    scores = evaluate(examples, {"1": "cat", "2": "one", "3": ""}, "squad_v2")
    assert scores.exact_match == pytest.approx(200 / 3)
    assert scores.f1 == pytest.approx(100 * (2 + 2 / 3) / 3)
    assert scores.details == {
        "has_answer_count": 2,
        "has_answer_exact_match": 50.0,
        "has_answer_f1": pytest.approx(100 * (1 + 2 / 3) / 2),
        "no_answer_count": 1,
        "no_answer_exact_match": 100.0,
        "no_answer_f1": 100.0,
    }


@given(
    st.lists(
        st.tuples(st.booleans(), st.sampled_from(["cat", "cat dog", "dog"]), st.integers(-3, 3)),
        min_size=1,
        max_size=8,
    )
)
def test_best_thresholds_are_the_best_of_all(rows: list[tuple[bool, str, int]]) -> None:
    examples = [example(str(n), *["cat"] * has) for n, (has, _, _) in enumerate(rows)]
    nulls = {str(n): float(null) for n, (_, _, null) in enumerate(rows)}
    texts = {str(n): text for n, (_, text, _) in enumerate(rows)}
    found = evaluate(examples, texts, "squad_v2", null_scores=nulls).details

    def at(threshold: float) -> Any:
        said = {key: "" if nulls[key] > threshold else text for key, text in texts.items()}
        return evaluate(examples, said, "squad_v2")

    everywhere = [at(threshold) for threshold in range(-4, 4)]
    for name in ("exact_match", "f1"):
        assert found[f"best_{name}"] == pytest.approx(max(getattr(scores, name) for scores in everywhere))
        assert found[f"best_{name}"] == pytest.approx(getattr(at(found[f"best_{name}_threshold"]), name))


def prediction(name: str | None, text: str) -> Prediction:
    return Prediction(name, text, 0, len(text), 1, 1, 1.0, 1.0, 0, [])


def test_predictions_come_in_any_order_and_may_have_no_ids() -> None:
    examples = [example("1", "cat"), example("2", "dog")]
    found = evaluate(examples, [prediction("2", "dog"), prediction("1", "cat")])
    assert found.exact_match == 100.0
    nameless = evaluate(
        [example(None, "cat"), example(None, "dog")], [prediction(None, text) for text in ("cat", "dog")]
    )
    assert nameless.per_example == {"#0": (1.0, 1.0), "#1": (1.0, 1.0)}
    assert evaluate(examples[0], prediction("1", "cat")).exact_match == 100.0


@pytest.mark.parametrize(
    ("examples", "predictions", "task", "error", "message"),
    [
        ([example("1")], {}, "squaad", ValueError, "task must be one of .*squad, squad_v2, .*'squaad'"),
        ([example("1")], {}, None, ValueError, "task must be one of .*, got None"),
        ([], {}, "squad", ValueError, "examples must hold at least one"),
        ([example("1")] * 2, {}, "squad", ValueError, "examples must have ids of their own, got '1' twice"),
        ([example("1")], {"1": None}, "squad", TypeError, "predictions must map ids to texts"),
        ([example("1")], {"1": 3}, "squad", TypeError, "predictions must be texts for this task, got 3"),
        ([example("1")], "cat", "squad", TypeError, "predictions must be a list of predictions or a dict"),
        ([example("1")], [prediction("1", "a")] * 2, "squad", ValueError, "predictions must have ids of th"),
        ([example("1")], ["cat"], "squad", TypeError, "predictions must hold Prediction"),
    ],
)
def test_bad_arguments_are_named(
    examples: Any, predictions: Any, task: Any, error: type, message: str
) -> None:
    with pytest.raises(error, match=message):
        evaluate(examples, predictions, task)
