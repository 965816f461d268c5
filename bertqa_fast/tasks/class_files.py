"""Files of predicted classes, written and read."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from bertqa_fast.data.jsonfiles import read_json, write_json_members
from bertqa_fast.tasks.class_labels import Label
from bertqa_fast.tasks.classify import ClassPrediction
from bertqa_fast.tasks.files import named


def write_labels(predictions: Iterable[ClassPrediction], path: str | Path) -> Path:
    """Write id → class, its name or its number; whole or not at all.

    Raises
    ------
    ValueError
        A prediction has no id, or two have the same.
    """
    return write_json_members(((key, p.label) for key, p in named(predictions)), path)


def write_probabilities(predictions: Iterable[ClassPrediction], path: str | Path) -> Path:
    """Write id → list of all classes, best first, each with ``label``, ``probability`` and ``logit``.

    Raises
    ------
    ValueError
        A prediction has no id, or two have the same.
    """
    return write_json_members(((key, p.ranked()) for key, p in named(predictions)), path)


def read_labels(path: str | Path) -> dict[str, Label]:
    """Read a predictions file, id → class; ``.gz`` is unpacked.

    Raises
    ------
    ValueError
        The file is something else; the message names it.
    """
    found = read_json(path)
    wanted = "wanted predictions: {id: label, …}"
    if not isinstance(found, dict):
        raise ValueError(f"{path}: found a {type(found).__name__}, {wanted}")
    for key, label in found.items():
        if isinstance(label, bool) or not isinstance(label, int | str):
            raise ValueError(f"{path}: found {label!r} for {key!r}, {wanted}")
    return found
