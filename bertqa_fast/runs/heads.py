"""What a run does differently for questions and for texts to classify."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.jsonfiles import write_json
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.tasks.answers import NBest, Prediction
from bertqa_fast.tasks.class_files import write_probabilities
from bertqa_fast.tasks.class_labels import Label, place_of
from bertqa_fast.tasks.classify import ClassPrediction
from bertqa_fast.tasks.files import write_nbest

if TYPE_CHECKING:
    from bertqa_fast.model import Model

AnyPrediction = Prediction | ClassPrediction

# What windows, and what answers depend on, of the options of integrated_gradients.
WINDOWING = {
    "question-answering": {"max_length", "doc_stride"},
    "text-classification": {"max_length"},
}
ANSWERING = {
    "question-answering": {"max_length", "doc_stride", "max_answer_length"},
    "text-classification": {"max_length"},
}


def gold_of(example: Any) -> list[str]:
    """Return an example's gold answers, or its class; empty where it has none."""
    if isinstance(example, QAExample):
        return [answer.text for answer in example.answers]
    return [] if example.label is None else [str(example.label)]


def has_gold(example: Any) -> bool:
    """Whether an example can be scored."""
    if isinstance(example, QAExample):
        return bool(example.answers) or example.is_impossible
    return example.label is not None


def check_labels(model: Model, examples: Iterable[Any], labels: Sequence[Label], task: str) -> None:
    """Refuse classes that cannot be scored, before any work is done.

    Raises
    ------
    ValueError
        A classifier's classes are none of the task's, or an example's is none of the model's.
    """
    for label in model.labels if labels else ():
        if place_of(label, labels) is None:
            known = ", ".join(map(str, labels))
            raise ValueError(f"model: got the class {label!r}, wanted those of {task} ({known})")
    for number, example in enumerate(examples if model.labels else ()):
        if example.label is not None and place_of(example.label, model.labels) is None:
            known = ", ".join(map(str, model.labels))
            raise ValueError(
                f"examples: number {number} has the label {example.label!r}, wanted one of the model's "
                f"({known})"
            )


def windows_of(model: Model, example: Any, **windowing: int) -> list[Window]:
    """Return the windows of one example."""
    if isinstance(example, QAExample):
        return make_windows(model.window_tokenizer, [example], **windowing)
    return make_text_windows(model.window_tokenizer, [example], **windowing)


def read_prediction(fields: Mapping[str, Any]) -> AnyPrediction:
    """Return what ``to_dict`` of a prediction gave this of.

    Raises
    ------
    KeyError, TypeError, AttributeError
        It is something else.
    """
    if "classes" in fields:
        return ClassPrediction.from_dict(fields)
    rest = dict(fields)
    n_best = [NBest(**one) for one in rest.pop("n_best")]
    return Prediction(**rest, n_best=n_best)


def said(prediction: AnyPrediction) -> str | int:
    """Return the text or class that was predicted."""
    return prediction.text if isinstance(prediction, Prediction) else prediction.label


def write_predicted(predictions: Iterator[AnyPrediction], folder: Path, head: str) -> dict[str, str | int]:
    """Write the files of predictions, taken one after the other; return id to what was predicted."""
    answers: dict[str, str | int] = {}

    def noted() -> Iterator[Any]:
        """Yield the predictions, and keep what they say alone."""
        for prediction in predictions:
            answers[str(prediction.id)] = said(prediction)
            yield prediction

    if head == "text-classification":
        write_probabilities(noted(), folder / "probabilities.json")
    else:
        write_nbest(noted(), folder / "nbest_predictions.json")
    write_json(answers, folder / "predictions.json")
    return answers
