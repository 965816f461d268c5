"""Score predictions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from bertqa_fast.data.examples import QAExample, TextExample
from bertqa_fast.tasks.registry import get_task
from bertqa_fast.tasks.scores import Scores, match

__all__ = ["Scores", "evaluate"]


def evaluate(
    examples: Any,
    predictions: Any,
    task: str = "squad",
    *,
    null_scores: Mapping[str, float] | None = None,
) -> Scores:
    """Score predictions by the rules of a data set.

    Parameters
    ----------
    examples : example or sequence of examples
        With their gold answers or labels.
    predictions : Prediction, sequence of predictions, or dict
        In any order; a dict maps ids to texts (or labels).
    task : str
        ``"squad"``, ``"squad_v2"``, …: whose rules to follow.
    null_scores : mapping of str to float, optional
        Id → score of "no answer" (larger means surer), for the best thresholds of SQuAD v2; taken from the
        predictions where these know it.

    Returns
    -------
    Scores
        An example without a prediction scores 0 and is counted in ``missing``; a prediction for no example is
        ignored and counted in ``unknown``.

    Raises
    ------
    TypeError, ValueError
        Naming ``task`` (with a list of those that there are), ``examples`` or ``predictions``.
    """
    rules = get_task(task)
    if isinstance(examples, QAExample | TextExample):
        examples = [examples]
        if not isinstance(predictions, Mapping | Sequence):
            predictions = [predictions]
    return rules.score(match(examples, predictions, null_scores))
