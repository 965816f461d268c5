"""Scores on the published development set.

The golden predictions are a leaderboard submission that the authors of SQuAD publish; their v1.1 scorer gives
EM 86.21 and F1 92.20 on it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.squad import read_squad
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.files import read_predictions


@pytest.fixture(scope="module")
def folder(root: Path) -> Path:
    """Folder of the SQuAD files."""
    place = root.parent / "shared" / "data" / "squad"
    if not place.exists():
        pytest.skip(f"needs the SQuAD files in {place}")
    return place


@pytest.fixture(scope="module")
def dev(folder: Path) -> list[QAExample]:
    return read_squad(folder / "dev-v1.1.json.gz")


@pytest.fixture(scope="module")
def submission(folder: Path) -> dict[str, str]:
    return read_predictions(folder / "predictions-bert-ensemble.json.gz")


def test_the_development_set_is_read_whole(dev: list[QAExample]) -> None:
    assert len(dev) == len({example.id for example in dev}) == 10_570
    assert sum(len(example.answers) for example in dev) == 34_726
    assert len({example.context for example in dev}) == 2_067


@pytest.mark.parametrize("task", ["squad", "squad_v2"])
def test_golden_scores(dev: list[QAExample], submission: dict[str, str], task: str) -> None:
    scores = evaluate(dev, submission, task)
    assert round(scores.exact_match or 0, 2) == 86.21
    assert round(scores.f1 or 0, 2) == 92.20
    assert (scores.count, scores.missing, scores.unknown) == (10_570, 0, 0)


def test_missing_and_unknown_predictions(dev: list[QAExample], submission: dict[str, str]) -> None:
    kept = {key: text for number, (key, text) in enumerate(submission.items()) if number % 2}
    scores = evaluate(dev, kept | {"another": "text"})
    assert (scores.missing, scores.unknown) == (5_285, 1)
    whole = evaluate(dev, submission).per_example
    assert scores.f1 == pytest.approx(sum(100 * whole[key][1] for key in kept) / len(dev))


def test_a_sample_against_torchmetrics(dev: list[QAExample], submission: dict[str, str]) -> None:
    text = pytest.importorskip("torchmetrics.functional.text")
    sample = dev[::35]
    # Another question's answer in every fifth place, so that there is something wrong to score.
    texts = {
        str(e.id): submission[str(sample[(n + 1) % len(sample) if n % 5 == 0 else n].id)]
        for n, e in enumerate(sample)
    }
    wanted = text.squad(
        [{"id": key, "prediction_text": value} for key, value in texts.items()],
        [
            {
                "id": str(e.id),
                "answers": {
                    "text": [a.text for a in e.answers],
                    "answer_start": [a.start for a in e.answers],
                },
            }
            for e in sample
        ],
    )
    found = evaluate(sample, texts)
    assert found.exact_match == pytest.approx(float(wanted["exact_match"]), rel=1e-6)
    assert found.f1 == pytest.approx(float(wanted["f1"]), rel=1e-6)
    assert 60 < (found.f1 or 0) < 85
