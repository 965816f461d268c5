"""Files of predictions as the reference names and lays them out, read and written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from bertqa_fast.data.jsonfiles import read_json, write_json, write_json_members
from bertqa_fast.tasks.answers import Prediction
from bertqa_fast.tasks.classify import ClassPrediction
from bertqa_fast.tasks.scores import Scores, null_difference

Named = TypeVar("Named", Prediction, ClassPrediction)


def write_predictions(predictions: Iterable[Prediction], path: str | Path) -> Path:
    """Write id → text, as the official scorers read it; whole or not at all.

    Raises
    ------
    ValueError
        A prediction has no id, or two have the same.
    """
    return write_json_members(((key, p.text) for key, p in named(predictions)), path)


def write_nbest(predictions: Iterable[Prediction], path: str | Path) -> Path:
    """Write id → list of the n best, best first; whole or not at all.

    An entry has the reference's ``text``, ``probability``, ``start_logit`` and ``end_logit``, and beside them
    the place of the span. Predictions are taken one after the other.

    Raises
    ------
    ValueError
        A prediction has no id, or two have the same.
    """
    return write_json_members(
        ((key, [entry.to_dict() for entry in p.n_best]) for key, p in named(predictions)), path
    )


def write_null_scores(predictions: Iterable[Prediction], path: str | Path) -> Path:
    """Write id → how far the score of "no answer" lies above the best span's; whole or not at all.

    The official SQuAD v2 scorer takes such a file as ``--na-prob-file``.

    Raises
    ------
    ValueError
        A prediction has no id or no null score, or two have the same id.
    """
    return write_json_members(((key, null_difference(p)) for key, p in named(predictions)), path)


def write_exact_scores(scores: Scores, path: str | Path) -> Path:
    """Write id → 0 or 1, whether the prediction matches a gold answer exactly; whole or not at all."""
    return write_json({key: int(exact) for key, (exact, _) in scores.per_example.items()}, path)


def read_predictions(path: str | Path) -> dict[str, str]:
    """Read a predictions file, id → text; ``.gz`` is unpacked.

    Raises
    ------
    ValueError
        The file is something else; the message names it.
    """
    found = read_json(path)
    if not isinstance(found, dict):
        raise ValueError(f"{path}: found a {type(found).__name__}, wanted predictions: {{id: text, …}}")
    for key, text in found.items():
        if not isinstance(text, str):
            raise ValueError(f"{path}: found {text!r} for {key!r}, wanted predictions: {{id: text, …}}")
    return found


def named(predictions: Iterable[Named]) -> Iterator[tuple[str, Named]]:
    """Yield predictions with their ids.

    Raises
    ------
    ValueError
        One has no id, or two have the same.
    """
    seen: set[str] = set()
    for number, prediction in enumerate(predictions):
        if prediction.id is None:
            raise ValueError(f"predictions must have ids to be written, got none for number {number}")
        if prediction.id in seen:
            raise ValueError(f"predictions must have ids of their own, got {prediction.id!r} twice")
        seen.add(prediction.id)
        yield prediction.id, prediction
