"""Answer questions, or classify texts, with a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, Protocol, overload

from bertqa_fast.data.examples import QAExample, TextExample
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.progress import progress_bar
from bertqa_fast.tasks.answers import Logits, NBest, Prediction, rank_answers
from bertqa_fast.tasks.classify import Classifier, ClassPrediction, classify
from bertqa_fast.tasks.limits import window_tokenizer

__all__ = ["ClassPrediction", "Classifier", "NBest", "Prediction", "Reader", "predict", "rank_answers"]

_CHUNK = 256  # Examples whose windows are held at once: enough to sort them by length, few enough to forget.


class Reader(Protocol):
    """What `predict` needs of a model."""

    @property
    def tokenizer(self) -> Any:
        """The fast tokenizer."""

    @property
    def config(self) -> Any:
        """The model's configuration."""

    def logits(self, windows: Sequence[Window], *, show_progress: bool | None = None) -> Sequence[Logits]:
        """Return start and end logits ``[T]`` of each window, in order."""


@overload
def predict(
    model: Reader,
    examples: QAExample,
    *,
    max_length: int = ...,
    doc_stride: int = ...,
    max_query_length: int | None = ...,
    n_best: int = ...,
    max_answer_length: int = ...,
    null_score_diff_threshold: float | None = ...,
    distinct_texts: bool = ...,
    show_progress: bool | None = ...,
) -> Prediction: ...


@overload
def predict(
    model: Reader,
    examples: Sequence[QAExample],
    *,
    max_length: int = ...,
    doc_stride: int = ...,
    max_query_length: int | None = ...,
    n_best: int = ...,
    max_answer_length: int = ...,
    null_score_diff_threshold: float | None = ...,
    distinct_texts: bool = ...,
    show_progress: bool | None = ...,
) -> list[Prediction]: ...


@overload
def predict(
    model: Classifier, examples: TextExample, *, max_length: int = ..., show_progress: bool | None = ...
) -> ClassPrediction: ...


@overload
def predict(
    model: Classifier,
    examples: Sequence[TextExample],
    *,
    max_length: int = ...,
    show_progress: bool | None = ...,
) -> list[ClassPrediction]: ...


def predict(
    model: Any,
    examples: Any,
    *,
    max_length: int = 384,
    doc_stride: int = 128,
    max_query_length: int | None = None,
    n_best: int = 20,
    max_answer_length: int = 30,
    null_score_diff_threshold: float | None = None,
    distinct_texts: bool = False,
    show_progress: bool | None = None,
) -> Any:
    """Answer one question, or many; or classify one text, or many.

    Parameters
    ----------
    model : Model
        Or anything with a ``tokenizer``, a ``config`` and ``logits(windows)``; for texts with
        ``task = "text-classification"``, ``labels`` and ``class_logits(windows)``.
    examples : QAExample or sequence of QAExample; for a classifier TextExample or sequence of TextExample
        One gives one prediction, a sequence a list in the same order.
    max_length, doc_stride, max_query_length
        How contexts are cut into windows: see `bertqa_fast.data.windows.make_windows`. Of a text, or pair of
        texts, the first `max_length` tokens are read: see `bertqa_fast.data.text_windows.make_text_windows`.
    n_best, max_answer_length, null_score_diff_threshold, distinct_texts
        How spans are ranked: see `rank_answers`. Classes are all given; nothing of this is looked at.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.

    Returns
    -------
    Prediction or list of Prediction; for a classifier ClassPrediction or list of ClassPrediction

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what came and what was wanted; among others where the model has another head,
        where `max_length` exceeds the model's positions, and where a question leaves no room for its context.
    """
    single = isinstance(examples, QAExample | TextExample)
    many = [examples] if single else list(examples)
    classifies = getattr(model, "task", None) == "text-classification"
    # Whoever asks a reader about texts, or a classifier questions, is told so by what the examples need.
    wanted = {type(example) for example in many}
    if TextExample in wanted or (classifies and QAExample not in wanted):
        classes = classify(model, many, max_length=max_length, show_progress=show_progress)
        return classes[0] if single else classes
    tokenizer = reading_tokenizer(model, max_length)
    predictions: list[Prediction] = []
    with progress_bar(len(many), "answering", "question", show_progress) as bar:
        for first in range(0, len(many), _CHUNK):
            chunk = many[first : first + _CHUNK]
            windows = make_windows(
                tokenizer,
                chunk,
                max_length=max_length,
                doc_stride=doc_stride,
                max_query_length=max_query_length,
            )
            logits = model.logits(windows, show_progress=False)
            for example, own in by_example(windows):
                prediction = rank_answers(
                    chunk[example],
                    windows[own],
                    logits[own],
                    n_best=n_best,
                    max_answer_length=max_answer_length,
                    null_score_diff_threshold=null_score_diff_threshold,
                    distinct_texts=distinct_texts,
                )
                predictions.append(prediction)
            bar.update(len(chunk))
    return predictions[0] if single else predictions


def reading_tokenizer(model: Reader, max_length: int) -> Any:
    """Return what a reader's windows are cut with.

    Raises
    ------
    ValueError
        The model answers no questions, or `max_length` exceeds its positions.
    """
    task = getattr(model, "task", "question-answering")
    if task != "question-answering":
        raise ValueError(f"model must have the head 'question-answering' to answer questions, got {task!r}")
    return window_tokenizer(model, max_length)


def by_example(windows: Sequence[Window]) -> Iterator[tuple[int, slice]]:
    """Yield each example's number and the place of its windows."""
    first = 0
    for example, group in groupby(windows, key=lambda window: window.example):
        count = sum(1 for _ in group)
        yield example, slice(first, first + count)
        first += count
