"""From logits to classes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.examples import TextExample
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.data.windows import Window
from bertqa_fast.progress import progress_bar
from bertqa_fast.tasks.class_labels import Label
from bertqa_fast.tasks.limits import window_tokenizer

_CHUNK = 1024  # Texts whose windows are held at once: enough to sort them by length, few enough to forget.


class Classifier(Protocol):
    """What `bertqa_fast.predict` needs of a model that classifies; its ``task`` says that it does."""

    @property
    def task(self) -> str:
        """The head, ``"text-classification"``."""

    @property
    def tokenizer(self) -> Any:
        """The fast tokenizer."""

    @property
    def config(self) -> Any:
        """The model's configuration."""

    @property
    def labels(self) -> tuple[Label, ...]:
        """The classes in their order: names, or numbers where they have none."""

    def class_logits(
        self, windows: Sequence[Window], *, show_progress: bool | None = None
    ) -> Sequence[NDArray[np.floating[Any]]]:
        """Return logits ``[C]`` of each window, in order."""


@dataclass(frozen=True, slots=True)
class ClassPrediction:
    """The class of one text.

    Attributes
    ----------
    id : str or None
        The example's id.
    label : int or str
        The class of the largest logit, of equal ones the first: its name, or its number where it has none.
    index : int
        Its number among the model's classes, from 0.
    probabilities : dict of int or str to float
        Class → softmax of the logits, in the order of the classes.
    logits : tuple of float
        In the same order, ``C`` of them.
    """

    id: str | None
    label: Label
    index: int
    probabilities: dict[Label, float]
    logits: tuple[float, ...]

    @property
    def probability(self) -> float:
        """The probability of the predicted class."""
        return self.probabilities[self.label]

    def ranked(self) -> list[dict[str, Any]]:
        """Return ``label``, ``probability`` and ``logit`` of every class, best first, for JSON."""
        entries = [
            {"label": label, "probability": probability, "logit": logit}
            for (label, probability), logit in zip(self.probabilities.items(), self.logits, strict=True)
        ]
        return sorted(entries, key=lambda entry: -entry["logit"])

    def to_dict(self) -> dict[str, Any]:
        """Return its fields, the classes as :meth:`ranked` gives them and in their order, for JSON."""
        return {
            "id": self.id,
            "label": self.label,
            "index": self.index,
            "labels": list(self.probabilities),
            "classes": self.ranked(),
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Return the prediction that :meth:`to_dict` gave this of.

        Raises
        ------
        KeyError, TypeError
            `data` is something else.
        """
        by_label = {entry["label"]: entry for entry in data["classes"]}
        classes = [by_label[label] for label in data["labels"]]
        return cls(
            id=data["id"],
            label=data["label"],
            index=data["index"],
            probabilities={entry["label"]: entry["probability"] for entry in classes},
            logits=tuple(entry["logit"] for entry in classes),
        )


def rank_classes(
    example: TextExample, logits: NDArray[np.floating[Any]], labels: Sequence[Label]
) -> ClassPrediction:
    """Choose the class of one text.

    Parameters
    ----------
    example : TextExample
        The text.
    logits : float ``[C]``
        What the model gives for its window.
    labels : sequence of int or str
        The classes, ``C`` different ones.

    Raises
    ------
    ValueError
        `labels` are alike, or `logits` do not fit them or are not finite.
    """
    if len(set(labels)) != len(labels) or not labels:
        raise ValueError(f"labels must be different classes, got {list(labels)}")
    if np.shape(logits) != (len(labels),):
        raise ValueError(f"logits must have shape {(len(labels),)}, got {np.shape(logits)}")
    values = np.asarray(logits, dtype=np.float64)
    if not np.isfinite(values).all():
        raise ValueError("logits must be finite, got NaN or infinity")
    powers = np.exp(values - values.max())
    shares = (powers / powers.sum()).tolist()
    index = int(values.argmax())
    return ClassPrediction(
        id=example.id,
        label=labels[index],
        index=index,
        probabilities=dict(zip(labels, shares, strict=True)),
        logits=tuple(values.tolist()),
    )


def classify(
    model: Classifier,
    examples: Sequence[TextExample],
    *,
    max_length: int = 384,
    show_progress: bool | None = None,
) -> list[ClassPrediction]:
    """Classify texts; see `bertqa_fast.tasks.predict.predict`, which comes here with them."""
    task = getattr(model, "task", None)
    if task != "text-classification":
        raise ValueError(f"model must have the head 'text-classification' to classify texts, got {task!r}")
    for example in examples:
        if not isinstance(example, TextExample):
            raise TypeError(f"examples must hold TextExample for a classifier, got {type(example).__name__}")
    tokenizer = window_tokenizer(model, max_length)
    labels = model.labels
    predictions: list[ClassPrediction] = []
    with progress_bar(len(examples), "classifying", "text", show_progress) as bar:
        for first in range(0, len(examples), _CHUNK):
            chunk = examples[first : first + _CHUNK]
            windows = make_text_windows(tokenizer, chunk, max_length=max_length)
            logits = model.class_logits(windows, show_progress=False)
            predictions += [
                rank_classes(example, values, labels) for example, values in zip(chunk, logits, strict=True)
            ]
            bar.update(len(chunk))
    return predictions
