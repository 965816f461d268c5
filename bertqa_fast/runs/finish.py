"""The prediction files of a finished run, in the reference's formats."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from bertqa_fast.data.examples import QAExample
from bertqa_fast.runs.reader import Run
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.files import write_exact_scores, write_nbest, write_predictions


def write_predictions_files(folder: Path, examples: Sequence[QAExample]) -> None:
    """Write ``predictions.json``, ``nbest_predictions.json``, and ``exact_scores.json`` where there is gold.

    Parameters
    ----------
    folder : Path
        A run folder whose parts are written.
    examples : sequence of QAExample
        The run's data.
    """
    found = Run(folder).predictions()
    predictions = [found[number] for number in sorted(found)]
    write_predictions(predictions, folder / "predictions.json")
    write_nbest(predictions, folder / "nbest_predictions.json")
    scored = [examples[number] for number in sorted(found)]
    if any(example.answers or example.is_impossible for example in scored):
        task = "squad_v2" if any(example.is_impossible for example in scored) else "squad"
        named = {prediction.id: prediction.text for prediction in predictions}
        write_exact_scores(
            evaluate(_with_ids(scored, sorted(found)), named, task), folder / "exact_scores.json"
        )


def _with_ids(examples: Sequence[QAExample], numbers: Sequence[int]) -> list[QAExample]:
    return [
        example if example.id is not None else replace(example, id=f"#{number}")
        for example, number in zip(examples, numbers, strict=True)
    ]
