"""The prediction files of a finished run, in the reference's formats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.jsonfiles import write_json
from bertqa_fast.runs.reader import Run
from bertqa_fast.tasks.answers import Prediction
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.files import write_exact_scores, write_nbest


def write_predictions_files(folder: Path, examples: Sequence[QAExample], task: str) -> dict[str, Any]:
    """Write ``predictions.json``, ``nbest_predictions.json``, and ``exact_scores.json`` where there is gold.

    Parameters
    ----------
    folder : Path
        A run folder whose parts are written.
    examples : sequence of QAExample
        The run's data.
    task : str
        By whose rules to score.

    Returns
    -------
    dict
        The scores' totals; empty where there is no gold.
    """
    found = Run(folder).predictions()
    texts: dict[str, str] = {}

    def noted() -> Iterator[Prediction]:
        """Yield the predictions one after the other, and keep their texts alone."""
        for prediction in found.values():
            texts[str(prediction.id)] = prediction.text
            yield prediction

    write_nbest(noted(), folder / "nbest_predictions.json")
    write_json(texts, folder / "predictions.json")
    scored = [_named(examples[number], number) for number in found]
    if not any(example.answers or example.is_impossible for example in scored):
        return {}
    scores = evaluate(scored, texts, task)
    write_exact_scores(scores, folder / "exact_scores.json")
    return scores.to_dict()


def _named(example: QAExample, number: int) -> QAExample:
    return example if example.id is not None else replace(example, id=f"#{number}")
