"""The prediction files of a finished run, in the reference's formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bertqa_fast.data.examples import QAExample
from bertqa_fast.runs.reader import Run
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.files import write_exact_scores, write_nbest, write_predictions


def write_predictions_files(folder: Path, examples: Sequence[QAExample]) -> dict[str, Any]:
    """Write ``predictions.json``, ``nbest_predictions.json``, and ``exact_scores.json`` where there is gold.

    Parameters
    ----------
    folder : Path
        A run folder whose parts are written.
    examples : sequence of QAExample
        The run's data.

    Returns
    -------
    dict
        The scores' totals; empty where there is no gold.
    """
    found = Run(folder).predictions()
    predictions = [found[number] for number in sorted(found)]
    write_predictions(predictions, folder / "predictions.json")
    write_nbest(predictions, folder / "nbest_predictions.json")
    scored = [examples[number] for number in sorted(found)]
    if not any(example.answers or example.is_impossible for example in scored):
        return {}
    task = "squad_v2" if any(example.is_impossible for example in examples) else "squad"
    named = {prediction.id: prediction.text for prediction in predictions}
    scores = evaluate(_with_ids(scored, sorted(found)), named, task)
    write_exact_scores(scores, folder / "exact_scores.json")
    return scores.to_dict()


def _with_ids(examples: Sequence[QAExample], numbers: Sequence[int]) -> list[QAExample]:
    return [
        example if example.id is not None else replace(example, id=f"#{number}")
        for example, number in zip(examples, numbers, strict=True)
    ]
