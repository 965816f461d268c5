"""A data set's rules: what model it needs, how its files are read and how predictions are scored."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bertqa_fast.data.examples import Answer, QAExample
from bertqa_fast.data.labelled import Columns
from bertqa_fast.tasks.gold import first_answer
from bertqa_fast.tasks.scores import Matched, Scores


@dataclass(frozen=True, slots=True)
class Task:
    """One data set.

    Attributes
    ----------
    name : str
        What users call it.
    head : str
        ``"question-answering"`` or ``"text-classification"``.
    read : callable
        Path → list of examples.
    score : callable
        Matched examples and predictions → Scores.
    unanswerable : bool
        Questions may have no answer: training labels them with the first token, prediction may answer "".
    learn : callable
        Example → the gold answer that training points at, with its place; None leaves the example out.
    labels : tuple of int or str
        The classes in their order; empty where there are none, or the training data decide.
    columns : Columns or None
        Where its tables have what; None where it has files of its own format.
    """

    name: str
    head: str
    read: Callable[[str | Path], list[Any]]
    score: Callable[[Matched], Scores]
    unanswerable: bool = False
    learn: Callable[[QAExample], Answer | None] = first_answer
    labels: tuple[int | str, ...] = ()
    columns: Columns | None = None
