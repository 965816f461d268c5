"""A run follows the rules of its task, and its bar counts the new work alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bertqa_fast.data.examples import QAExample
from bertqa_fast.progress import progress_bar
from bertqa_fast.runs import attribute as attribute_module
from bertqa_fast.runs.reader import Run

Make = Callable[..., Any]

# The stand-in answers "Ada" to all of them.
DATA = [
    QAExample("Who sailed 0?", "Ada sailed.", "in", ("Ada", "Ada herself")),
    QAExample("Who sailed 1?", "Ada sailed.", "out", ("Ada herself",)),
    QAExample("Who sailed 2?", "Ada sailed.", "none", (), is_impossible=True),
]


@pytest.mark.parametrize(
    ("task", "exact", "count", "threshold"),
    [
        ("squad", {"in": 1, "out": 0, "none": 0}, 3, None),
        ("squad_v2", {"in": 1, "out": 0, "none": 0}, 3, 0.0),
        ("duorc", {"in": 1, "out": 0, "none": 0}, 3, 0.0),
        ("duorc_reference", {"in": 1, "out": 0, "none": 0}, 3, None),
        ("duorc_found", {"in": 1}, 1, None),
    ],
)
def test_runs_are_predicted_and_scored_by_their_task(
    tmp_path: Path,
    run: Make,
    monkeypatch: pytest.MonkeyPatch,
    task: str,
    exact: dict[str, int],
    count: int,
    threshold: float | None,
) -> None:
    predict, given = attribute_module.predict, []

    def noted(*arguments: Any, null_score_diff_threshold: float | None = None, **options: Any) -> Any:
        given.append(null_score_diff_threshold)
        return predict(*arguments, **options)

    monkeypatch.setattr(attribute_module, "predict", noted)
    about = run(tmp_path / "run", data=DATA, task=task)
    assert set(given) == {threshold}
    assert about["data"]["task"] == about["identity"]["data"]["task"] == task
    stored = Run(tmp_path / "run")
    assert stored.exact_scores() == exact
    assert stored.scores()["EM"] == pytest.approx(100 * sum(exact.values()) / count)
    assert about["scores"]["count"] == count
    with pytest.raises(
        ValueError, match=f'data.task: "{task}" there, "other" here'.replace("other", other(task))
    ):
        run(tmp_path / "run", data=DATA, task=other(task), resume=True)


def other(task: str) -> str:
    return "squad" if task != "squad" else "duorc"


def test_predictions_are_read_a_part_at_a_time(tmp_path: Path, run: Make) -> None:
    run(tmp_path / "run", 40)
    stored = Run(tmp_path / "run").predictions()
    assert len(stored) == 40
    assert list(stored) == list(range(40))
    assert (stored[39].id, stored[0].id, stored[17].id) == ("q39", "q0", "q17")
    assert 40 not in stored
    assert -1 not in stored
    with pytest.raises(KeyError):
        stored[40]
    # A part that nobody asks for is not read.
    (tmp_path / "run" / "predictions" / "part-00002.json").write_text("{")
    assert Run(tmp_path / "run").predictions()[31].id == "q31"


def test_prediction_files_hold_every_example(tmp_path: Path, run: Make) -> None:
    run(tmp_path / "run", 20)
    texts = json.loads((tmp_path / "run" / "predictions.json").read_text())
    nbest = json.loads((tmp_path / "run" / "nbest_predictions.json").read_text())
    assert list(texts) == list(nbest) == [f"q{n}" for n in range(20)]
    assert nbest["q7"] == [json.loads(json.dumps(nbest["q0"][0]))]


def test_the_bar_of_a_resumed_run_counts_new_work(
    tmp_path: Path, run: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    bars = []

    def noted(*arguments: Any, **options: Any) -> Any:
        bars.append(progress_bar(*arguments, **options))
        return bars[-1]

    monkeypatch.setattr(attribute_module, "progress_bar", noted)
    run(tmp_path / "run", 40, limit=17, show_progress=True)
    run(tmp_path / "run", 40, resume=True, show_progress=True)
    assert [(bar.total, bar.initial, bar.n) for bar in bars] == [(17, 0, 17), (40, 17, 40)]
    # tqdm's rate is that of n - initial.
    assert bars[1].format_dict["initial"] == 17
