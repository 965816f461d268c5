"""Accuracy and macro-F1 of classes."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from bertqa_fast.data.labelled import Columns, read_columns, read_sst
from bertqa_fast.tasks.class_labels import Label, in_order, is_number
from bertqa_fast.tasks.scores import Matched, Scores
from bertqa_fast.tasks.task import Task

_HEAD = "text-classification"
_MISSING = ""  # no label is blank


def score_classes(task: str, labels: tuple[Label, ...], matched: Matched) -> Scores:
    """Score all texts; ``details`` has the F1 of every class as ``f1_<label>``.

    Labels are compared as they are written, so that 1 and ``"1"`` are one. F1 is that of scikit-learn: its
    macro average is over the classes that a gold label or a prediction names.

    Parameters
    ----------
    task : str
        The data set.
    labels : tuple of int or str
        Its classes; empty where they are whatever the examples have.
    matched : Matched
        Examples with labels, and predicted labels. A missing prediction is a wrong one of no class.

    Raises
    ------
    ValueError
        An example has no label, or a label is none of the data set's or of the model's.
    """
    golds: dict[str, str] = {}
    for key, example in matched.examples.items():
        if getattr(example, "label", None) is None:
            raise ValueError(f"examples must have labels to be scored, got none for {key!r}")
        golds[key] = str(example.label)
    _check(task, labels, golds, matched)
    answers = {key: str(matched.answers.get(key, _MISSING)) for key in golds}
    names = [str(label) for label in in_order({*golds.values(), *answers.values()} - {_MISSING})]
    per_example = {key: (float(gold == answers[key]),) * 2 for key, gold in golds.items()}

    from sklearn.metrics import f1_score  # takes a second to import

    f1 = f1_score(list(golds.values()), list(answers.values()), labels=names, average=None, zero_division=0.0)
    return Scores(
        task,
        len(golds),
        matched.missing,
        matched.unknown,
        per_example,
        accuracy=100.0 * sum(right for right, _ in per_example.values()) / len(per_example),
        macro_f1=100.0 * float(f1.mean()),
        details={f"f1_{name}": 100.0 * float(value) for name, value in zip(names, f1, strict=True)},
    )


def _check(task: str, labels: tuple[Label, ...], golds: dict[str, str], matched: Matched) -> None:
    """Refuse labels that cannot be meant: nothing would match, and the scores would look like bad ones."""
    answers = {key: str(label) for key, label in matched.answers.items()}
    for known, whose in ((labels, task), (matched.classes, "the model")):
        if not known:
            continue
        names = {str(label) for label in known}
        for what, found in (("examples", golds), ("predictions", answers)):
            for key, label in found.items():
                if label not in names:
                    wanted = ", ".join(map(str, known))
                    raise ValueError(
                        f"{what} must have labels of {whose} ({wanted}), got {label!r} for {key!r}"
                    )
    if labels or matched.classes:
        return
    # Nothing says what classes there are: names beside numbers at least are a mistake.
    numbers = {is_number(label) for label in golds.values()}
    for key, label in answers.items():
        if is_number(label) not in numbers:
            example = next(iter(golds.values()))
            raise ValueError(
                f"predictions must have labels as the examples have them (such as {example!r}), "
                f"got {label!r} for {key!r}"
            )


def _task(name: str, labels: tuple[Label, ...], columns: Columns | None = None) -> Task:
    read: Callable[[str | Path], list[Any]] = read_sst
    if columns is not None:
        read = partial(read_columns, columns=columns)
    score = partial(score_classes, name, labels)
    return Task(name, _HEAD, read, score, labels=labels, columns=columns)


TASKS = (
    _task("sst2", (0, 1)),
    _task("sst5", (0, 1, 2, 3, 4)),
    _task("chnsenticorp", (0, 1), Columns(text="text_a", label="label")),
    _task("tsv", (), Columns()),
)
