"""DuoRC: its files, which answers are trained on, and scores by each convention, reckoned by hand."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

import bertqa_fast as bf
from bertqa_fast.data.examples import Answer, QAExample
from bertqa_fast.tasks.registry import get_task
from bertqa_fast.tasks.training_data import label_windows

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data" / "duorc"
PLOT = "the ships sailed from paris in 1843. ada left the port."
QA = {"id": "q1", "question": "who left?", "answers": ["Ada herself", "ada"], "no_answer": False}


def written(folder: Path, content: Any, name: str = "duorc.json") -> Path:
    raw = json.dumps(content).encode()
    path = folder / name
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


def films(*questions: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": "f", "title": "t", "plot": PLOT, "qa": list(questions)}]


@pytest.mark.parametrize("name", ["duorc.json", "duorc.json.gz"])
def test_questions_come_as_they_stand(tmp_path: Path, name: str) -> None:
    without = {"id": "q2", "question": "why?", "answers": [], "no_answer": True}
    found = bf.read_duorc(written(tmp_path, films(QA, without), name))
    assert found == [
        QAExample("who left?", PLOT, "q1", ("Ada herself", "ada")),
        QAExample("why?", PLOT, "q2", (), is_impossible=True),
    ]


def test_questions_alone_and_empty_lists(tmp_path: Path) -> None:
    alone = {"id": "q1", "question": "who?"}
    empty = {"id": "q2", "question": "who?", "answers": []}
    first, second = bf.read_duorc(written(tmp_path, films(alone, empty)))
    assert (first.answers, first.is_impossible) == ((), False)
    assert (second.answers, second.is_impossible) == ((), True)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ({"data": []}, "found a dict, wanted DuoRC"),
        ([], "found no questions"),
        (films(), "found no questions"),
        (["x"], r"\[0\]: found a str"),
        ([{"qa": []}], r"\[0\]: found no 'plot' among \['qa'\]"),
        ([{"plot": "p", "qa": {}}], r"\[0\]: found 'qa' of type dict"),
        (films(QA, {"question": "who?"}), r"\[0\]\.qa\[1\]: found no 'id'"),
        (films(QA | {"id": 3}), r"qa\[0\]: found 'id' of type int"),
        (films(QA | {"answers": "ada"}), r"qa\[0\]: found 'answers' of type str"),
        (films(QA | {"answers": ["ada", {"text": "x"}]}), r"qa\[0\]\.answers\[1\]: found a dict"),
        (films(QA | {"no_answer": "no"}), r"qa\[0\]: found 'no_answer' of type str"),
        (films(QA | {"question": " "}), r"qa\[0\]: question must hold some text"),
    ],
)
def test_what_is_not_duorc_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ValueError, match=message) as caught:
        bf.read_duorc(path)
    assert str(path) in str(caught.value)


def example(name: str, *answers: str | Answer, impossible: bool = False) -> QAExample:
    return QAExample("who ?", PLOT, name, answers, is_impossible=impossible)  # type: ignore[arg-type]


TRAINING = [
    example("first", "paris", "ada"),
    example("second", "Ada herself", "ada"),
    example("nowhere", "Ada herself"),
    example("none", impossible=True),
]


@pytest.mark.parametrize(
    ("task", "wanted"),
    [
        ("duorc", {"first": "paris", "second": "ada", "none": ""}),
        ("duorc_reference", {"first": "paris"}),
        ("duorc_found", {"first": "paris", "second": "ada"}),
    ],
)
def test_what_is_trained_on(tiny_tokenizer: Any, task: str, wanted: dict[str, str]) -> None:
    rules = get_task(task)
    found = label_windows(tiny_tokenizer, TRAINING, unanswerable=rules.unanswerable, learn=rules.learn)
    assert (found.examples, found.dropped) == (len(wanted), 4 - len(wanted))
    labelled = [
        PLOT[window.offsets[start, 0] : window.offsets[end, 1]]
        for window, start, end in zip(found.windows, found.starts, found.ends, strict=True)
    ]
    assert labelled == list(wanted.values())


SCORED = [
    example("several", "ada", "ada lovelace"),  # the second is not in the plot
    example("nowhere", "the captain", "captain ahab"),
    example("blank", "!", "1843"),
    example("none", impossible=True),
    example("missing", "paris"),
]
SAID = {"several": "Ada Lovelace!", "nowhere": "captain", "blank": "in 1843", "none": "", "other": "x"}
# Precision 1/2 and recall 1 against "ada" and against "1843"; an article does not count.
CONVENTIONS: dict[str, dict[str, tuple[float, float]]] = {
    "duorc": {
        "several": (0, 2 / 3),
        "nowhere": (1, 1),
        "blank": (0, 2 / 3),
        "none": (1, 1),
        "missing": (0, 0),
    },
    "duorc_reference": {
        "several": (1, 1),
        "nowhere": (1, 1),
        "blank": (0, 2 / 3),
        "none": (1, 1),
        "missing": (0, 0),
    },
    "duorc_found": {"several": (0, 2 / 3), "blank": (0, 2 / 3), "missing": (0, 0)},
}


@pytest.mark.parametrize("task", CONVENTIONS)
def test_scores_of_each_convention(task: str) -> None:
    wanted = CONVENTIONS[task]
    found = bf.evaluate(SCORED, SAID, task)
    assert found.task == task
    assert list(found.per_example) == list(wanted)
    for key, scores in wanted.items():
        assert found.per_example[key] == pytest.approx(scores), key
    exact, f1 = (100 * sum(scores[n] for scores in wanted.values()) / len(wanted) for n in (0, 1))
    assert (found.exact_match, found.f1) == pytest.approx((exact, f1))
    assert (found.count, found.missing, found.unknown) == (len(wanted), 1, 1)


def test_parts_of_the_questions() -> None:
    found = bf.evaluate(SCORED, SAID, "duorc").details
    counts = {name: number for name, number in found.items() if name.endswith("count")}
    assert counts == {"has_answer_count": 4, "no_answer_count": 1, "found_count": 3}
    assert found["no_answer_exact_match"] == 100
    assert found["has_answer_f1"] == pytest.approx(100 * (2 / 3 + 1 + 2 / 3) / 4)
    assert found["found_f1"] == pytest.approx(100 * (2 / 3 + 2 / 3) / 3)
    assert bf.evaluate(SCORED, SAID, "duorc_found").details == {"left_out": 2}


def test_an_unanswerable_question_wants_the_empty_answer() -> None:
    none = [example("none", impossible=True)]
    for task in ("duorc", "duorc_reference"):
        assert bf.evaluate(none, {"none": "ada"}, task).f1 == 0
        assert bf.evaluate(none, {"none": ""}, task).f1 == 100
    assert get_task("duorc").unanswerable
    assert not get_task("duorc_reference").unanswerable


def test_nothing_left_to_score() -> None:
    found = bf.evaluate([example("nowhere", "the captain")], {"nowhere": "captain"}, "duorc_found")
    assert found.to_dict() == {"task": "duorc_found", "count": 0, "missing": 0, "unknown": 0, "left_out": 1}


@pytest.mark.parametrize(
    ("name", "questions", "unanswerable", "nowhere"), [("train", 117, 1, 51), ("dev", 68, 2, 37)]
)
def test_the_published_sample(name: str, questions: int, unanswerable: int, nowhere: int) -> None:
    path = SHARED / f"SelfRC_{name}.json"
    if not path.is_file():
        pytest.skip(f"no {path}")
    found = bf.read_duorc(path)
    assert len(found) == questions
    assert len({each.id for each in found}) == questions
    assert sum(each.is_impossible for each in found) == unanswerable
    # Counted by another way than the package's.
    absent = [
        each for each in found if each.answers and all(a.text not in each.context for a in each.answers)
    ]
    assert len(absent) == nowhere
    gold = {str(each.id): each.answers[0].text if each.answers else "" for each in found}
    for task in CONVENTIONS:
        scores = bf.evaluate(found, gold, task)
        assert scores.f1 == 100
        assert scores.count == (questions - nowhere - unanswerable if task == "duorc_found" else questions)
