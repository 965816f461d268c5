"""The prediction files of a finished run, in the reference's formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bertqa_fast.runs.heads import has_gold, write_predicted
from bertqa_fast.runs.reader import Run
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.files import write_exact_scores
from bertqa_fast.tasks.registry import get_task


def write_predictions_files(folder: Path, examples: Sequence[Any], task: str) -> dict[str, Any]:
    """Write the predictions, and ``exact_scores.json`` where there is gold.

    Answers go to ``predictions.json`` and ``nbest_predictions.json``, classes to ``predictions.json`` and
    ``probabilities.json``.

    Parameters
    ----------
    folder : Path
        A run folder whose parts are written.
    examples : sequence of QAExample or TextExample
        The run's data.
    task : str
        By whose rules to score.

    Returns
    -------
    dict
        The scores' totals; empty where there is no gold.
    """
    found = Run(folder).predictions()
    answers = write_predicted(iter(found.values()), folder, get_task(task).head)
    scored = [_named(examples[number], number) for number in found]
    if not any(map(has_gold, scored)):
        return {}
    scores = evaluate(scored, answers, task)
    write_exact_scores(scores, folder / "exact_scores.json")
    return scores.to_dict()


def _named(example: Any, number: int) -> Any:
    return example if example.id is not None else replace(example, id=f"#{number}")
