"""What an evaluation gives, and how predictions find their examples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bertqa_fast.data.examples import QAExample, TextExample
from bertqa_fast.tasks.answers import Prediction


@dataclass(frozen=True, slots=True)
class Scores:
    """Scores of one data set; what a task does not measure is None.

    Attributes
    ----------
    task : str
        The data set's rules that were used.
    count : int
        Examples, those without a prediction included.
    missing, unknown : int
        Examples without a prediction (they score 0), and predictions for no example (they are ignored).
    per_example : dict of str to (float, float)
        Example's id, or ``#`` and its number where it has none → exact match (0 or 1) and F1 (0 to 1); for
        classes both are 1 for the right class and 0 for another.
    exact_match, f1 : float or None
        Means over all examples, in per cent.
    accuracy, macro_f1 : float or None
        The same for classes.
    details : dict of str to float
        Further numbers of the task, such as the parts with and without an answer.
    """

    task: str
    count: int
    missing: int
    unknown: int
    per_example: dict[str, tuple[float, float]] = field(repr=False)
    exact_match: float | None = None
    f1: float | None = None
    accuracy: float | None = None
    macro_f1: float | None = None
    details: dict[str, float] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Return the totals, without `per_example` and without what is None, for JSON."""
        named = {
            "task": self.task,
            "exact_match": self.exact_match,
            "f1": self.f1,
            "accuracy": self.accuracy,
            "macro_f1": self.macro_f1,
            "count": self.count,
            "missing": self.missing,
            "unknown": self.unknown,
        }
        return {key: value for key, value in named.items() if value is not None} | self.details


@dataclass(frozen=True, slots=True)
class Matched:
    """Examples and their predictions, brought together.

    Attributes
    ----------
    examples : dict
        Key → example, in order; the key is the id, or ``#`` and the number where there is none.
    answers : dict
        Key → predicted text or label, for the examples that have a prediction.
    null_differences : dict of str to float
        Key → how far "no answer" scored above the best span, where that is known.
    spans : dict of str to str
        Key → text of the best span, also where "no answer" was predicted, where that is known.
    unknown : int
        Predictions that no example wants.
    classes : tuple of int or str
        All classes of the model, where the predictions know them.
    """

    examples: dict[str, Any]
    answers: dict[str, str | int]
    null_differences: dict[str, float]
    spans: dict[str, str]
    unknown: int
    classes: tuple[int | str, ...] = ()

    @property
    def missing(self) -> int:
        """Number of examples without a prediction."""
        return len(self.examples) - len(self.answers)


def null_difference(prediction: Prediction) -> float:
    """Return how far the score of "no answer" lies above the best span's.

    Raises
    ------
    ValueError
        The prediction has no null score.
    """
    if prediction.null_score is None:
        raise ValueError(f"predictions must have a null_score, got None for {prediction.id!r}")
    best = _best_span(prediction)
    return prediction.null_score - (prediction.score if best is None else best.start_logit + best.end_logit)


def match(
    examples: Sequence[QAExample | TextExample],
    predictions: Mapping[str, str | int] | Sequence[Any],
    null_scores: Mapping[str, float] | None = None,
) -> Matched:
    """Bring predictions to their examples, by id, and where there are no ids by position.

    Raises
    ------
    TypeError, ValueError
        Naming ``examples`` (none, or an id twice), ``predictions`` (of another type, or an id twice).
    """
    if not examples:
        raise ValueError("examples must hold at least one, got none")
    by_key: dict[str, Any] = {}
    for number, example in enumerate(examples):
        key = _key(example.id, number)
        if key in by_key:
            raise ValueError(f"examples must have ids of their own, got {key!r} twice")
        by_key[key] = example

    answers: dict[str, str | int] = {}
    differences = dict(null_scores or {})
    spans: dict[str, str] = {}
    classes: dict[int | str, None] = {}
    if isinstance(predictions, Mapping):
        for key, value in predictions.items():
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise TypeError(f"predictions must map ids to texts or labels, got {value!r:.60} for {key!r}")
            answers[key] = value
    elif isinstance(predictions, str) or not isinstance(predictions, Sequence):
        got = type(predictions).__name__
        raise TypeError(f"predictions must be a list of predictions or a dict id -> text, got {got}")
    else:
        for number, prediction in enumerate(predictions):
            key = _key(getattr(prediction, "id", None), number)
            if key in answers:
                raise ValueError(f"predictions must have ids of their own, got {key!r} twice")
            if not isinstance(prediction, Prediction):
                answers[key] = _label(prediction)
                classes |= dict.fromkeys(getattr(prediction, "probabilities", ()))
                continue
            answers[key] = prediction.text
            best = _best_span(prediction)
            if prediction.null_score is not None and best is not None:
                differences.setdefault(key, null_difference(prediction))
                spans[key] = best.text
    known = {key: answers[key] for key in by_key if key in answers}
    return Matched(by_key, known, differences, spans, len(answers) - len(known), tuple(classes))


def _key(name: str | None, number: int) -> str:
    return f"#{number}" if name is None else name


def _label(prediction: Any) -> str | int:
    label = getattr(prediction, "label", None)
    if isinstance(label, bool) or not isinstance(label, str | int):
        got = type(prediction).__name__
        raise TypeError(f"predictions must hold Prediction or have a label, got {got}")
    return label


def _best_span(prediction: Prediction) -> Any:
    """Return the best entry that is a span, not "no answer"; spans of the passage are never empty."""
    return next((entry for entry in prediction.n_best if entry.text), None)
