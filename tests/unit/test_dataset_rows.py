"""Rows of Hugging Face data sets as examples, and what is refused."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

import bertqa_fast as bf
from bertqa_fast.data.squad import write_squad

datasets = pytest.importorskip("datasets")

SQUAD = [
    {
        "id": f"q{number}",
        "title": "Ships",
        "question": f"Who sailed {number}?",
        "context": "Ada sailed, Grace did not.",
        "answers": {"text": ["Ada", "Ada"], "answer_start": [0, 0]},
    }
    for number in range(3)
]


def of_rows(rows: list[dict[str, Any]], **features: Any) -> Any:
    dataset = datasets.Dataset.from_list(rows)
    for name, feature in features.items():
        dataset = dataset.cast_column(name, feature)
    return dataset


def test_rows_are_what_the_file_gives(tmp_path: Path) -> None:
    examples = list(bf.from_dataset(of_rows(SQUAD)))
    assert bf.read_squad(write_squad(examples, tmp_path / "squad.json")) == examples
    assert examples[1] == bf.QAExample(
        "Who sailed 1?", "Ada sailed, Grace did not.", "q1", (bf.Answer("Ada", 0), bf.Answer("Ada", 0))
    )


def test_a_sequence() -> None:
    examples = bf.from_dataset(of_rows(SQUAD))
    assert len(examples) == 3
    assert examples[-1] == examples[2] == list(examples)[2]
    assert examples[1:] == [examples[1], examples[2]]
    with pytest.raises(IndexError):
        examples[3]


def test_a_row_is_read_when_it_is_asked_for() -> None:
    rows = [*SQUAD, SQUAD[0] | {"question": " "}]
    examples = bf.from_dataset(of_rows(rows))
    assert examples[2].id == "q2"
    with pytest.raises(ValueError, match=r"dataset: row 3: question must hold some text.* from 'question'"):
        examples[3]


def test_shuffled_and_formatted_rows() -> None:
    dataset = of_rows(SQUAD).select([2, 0]).with_format("numpy")
    assert [example.id for example in bf.from_dataset(dataset)] == ["q2", "q0"]


@pytest.mark.parametrize(
    "answers", [["Ada"], [{"text": "Ada"}], {"text": ["Ada"]}, {"text": ["Ada"], "answer_start": [-1]}]
)
def test_answers_without_a_place(answers: Any) -> None:
    examples = bf.from_dataset(of_rows([SQUAD[0] | {"answers": answers}]))
    assert examples[0].answers == (bf.Answer("Ada"),)


@pytest.mark.parametrize(
    ("answers", "message"),
    [
        ("Ada", "answers must be a list"),
        ({"texts": ["Ada"]}, "answers must have a list 'text'"),
        ({"text": ["Ada"], "answer_start": [0, 1]}, "answers must have a start for each, got 1 and 2"),
    ],
)
def test_other_answers_are_refused(answers: Any, message: str) -> None:
    with pytest.raises((TypeError, ValueError), match=f"row 0: {message}"):
        bf.from_dataset(of_rows([SQUAD[0] | {"answers": answers}]))[0]


def test_questions_without_an_answer() -> None:
    rows = of_rows([SQUAD[0], SQUAD[1] | {"answers": {"text": [], "answer_start": []}}])
    assert [example.is_impossible for example in bf.from_dataset(rows, task="squad_v2")] == [False, True]
    assert [example.is_impossible for example in bf.from_dataset(rows)] == [False, False]
    bare = rows.remove_columns(["answers", "id"])
    first = bf.from_dataset(bare, task="squad_v2")[0]
    assert (first.answers, first.is_impossible, first.id) == ((), False, None)


def test_class_labels_go_by_name_or_number() -> None:
    names = datasets.ClassLabel(names=["bad", "good"])
    rows = of_rows(
        [{"sentence": "a fine film", "label": label, "idx": 7} for label in (1, 0, -1)], label=names
    )
    assert [example.label for example in bf.from_dataset(rows)] == ["good", "bad", None]
    assert [example.label for example in bf.from_dataset(rows, label_names=False)] == [1, 0, None]
    assert bf.from_dataset(rows, columns={"id": "idx"})[0] == bf.TextExample("a fine film", None, "good", "7")
    assert bf.from_dataset(rows, columns={"label": None})[0].label is None


@pytest.mark.parametrize(
    "pair", [("sentence1", "sentence2"), ("premise", "hypothesis"), ("text", "text_pair")]
)
def test_pairs_of_texts(pair: tuple[str, str]) -> None:
    rows = of_rows([{pair[0]: "Ada sailed.", pair[1]: "She swam.", "label": 3}])
    assert bf.from_dataset(rows)[0] == bf.TextExample("Ada sailed.", "She swam.", 3)


def test_columns_of_other_names() -> None:
    rows = of_rows([{"question": "Who?", "sentence": "Ada sailed.", "label": 0}])
    found = bf.from_dataset(rows, columns={"text": "question", "text_pair": "sentence"})
    assert found[0] == bf.TextExample("Who?", "Ada sailed.", 0)
    assert found.columns == {"text": "question", "text_pair": "sentence", "label": "label"}


@pytest.mark.parametrize(
    ("columns", "task", "message"),
    [
        ({"title": "title"}, None, "columns: got the field 'title', wanted some of question, context, id"),
        ({"answers": "gold"}, None, "no column 'gold' for answers, it has id, title, question"),
        ({"question": None}, None, "no column None for question"),
        ({}, "sst2", "no column 'text' for text, it has id, title"),
        ({"context": "answers"}, None, "columns: context is to be read from 'answers', got .* wanted texts"),
        ({}, "squid", "task must be one of"),
    ],
)
def test_columns_that_are_not_there(columns: dict[str, str | None], task: str | None, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        bf.from_dataset(of_rows(SQUAD), columns=columns, task=task)


def test_other_things_than_a_split_are_refused() -> None:
    splits = datasets.DatasetDict({"train": of_rows(SQUAD), "validation": of_rows(SQUAD)})
    with pytest.raises(TypeError, match="got DatasetDict; choose one of its splits: train, validation"):
        bf.from_dataset(splits)
    with pytest.raises(TypeError, match="got IterableDataset; load it"):
        bf.from_dataset(of_rows(SQUAD).to_iterable_dataset())
    with pytest.raises(TypeError, match=r"dataset must be .* got list"):
        bf.from_dataset(SQUAD)


def test_without_the_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(ImportError, match=r"pip install 'bertqa_fast\[datasets\]'"):
        bf.from_dataset([])


def test_models_take_rows_as_they_take_lists(random_reader: Any) -> None:
    model = random_reader().model
    examples = bf.from_dataset(of_rows(SQUAD))
    assert bf.predict(model, examples) == bf.predict(model, list(examples))
    assert bf.evaluate(examples, bf.predict(model, examples)) == bf.evaluate(
        list(examples), bf.predict(model, list(examples))
    )
