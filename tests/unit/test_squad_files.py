"""SQuAD files, read and written."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bertqa_fast.data.examples import Answer, QAExample
from bertqa_fast.data.squad import read_squad, write_squad

QA = {"id": "1", "question": "Who?", "answers": [{"text": "Ada", "answer_start": 0}]}


def squad(*qas: Any, context: Any = "Ada wrote it.") -> dict[str, Any]:
    return {
        "version": "1.1",
        "data": [{"title": "t", "paragraphs": [{"context": context, "qas": list(qas)}]}],
    }


def written(folder: Path, content: Any, name: str = "squad.json") -> Path:
    path = folder / name
    raw = (content if isinstance(content, str) else json.dumps(content)).encode()
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


@pytest.mark.parametrize("name", ["squad.json", "squad.json.gz"])
def test_reads_v1(tmp_path: Path, name: str) -> None:
    twice = QA | {"id": "2", "answers": [{"text": "Ada", "answer_start": 0}] * 2}
    found = read_squad(written(tmp_path, squad(QA, twice), name))
    assert found == [
        QAExample("Who?", "Ada wrote it.", "1", (Answer("Ada", 0),)),
        QAExample("Who?", "Ada wrote it.", "2", (Answer("Ada", 0), Answer("Ada", 0))),
    ]


def test_reads_v2(tmp_path: Path) -> None:
    hopeless = {
        "id": "3",
        "question": "When?",
        "answers": [],
        "is_impossible": True,
        "plausible_answers": [{}],
    }
    found = read_squad(str(written(tmp_path, squad(QA | {"is_impossible": False}, hopeless))))
    assert [example.is_impossible for example in found] == [False, True]
    assert found[1].answers == ()


def test_answers_out_of_place_are_kept(tmp_path: Path) -> None:
    answers = [{"text": "Bob", "answer_start": 0}, {"text": "Ada", "answer_start": -1}, {"text": "it"}]
    (found,) = read_squad(written(tmp_path, squad(QA | {"answers": answers})))
    assert found.answers == (Answer("Bob", 0), Answer("Ada"), Answer("it"))


def test_a_byte_order_mark_and_numbers_as_ids_are_fine(tmp_path: Path) -> None:
    (found,) = read_squad(written(tmp_path, "\ufeff" + json.dumps(squad(QA | {"id": 12}))))
    assert found.id == "12"


@pytest.mark.parametrize(
    ("content", "found"),
    [
        ("{", "wanted JSON, found something else"),
        ([], "found a list, wanted SQuAD"),
        ({"rows": []}, "found no 'data' among"),
        ({"data": {}}, "'data' of type dict"),
        ({"data": []}, "found no questions"),
        ({"data": [{"paragraphs": []}]}, "found no questions"),
        ({"data": [{"plot": "…"}]}, r"data\[0\]: found no 'paragraphs' among \['plot'\]"),
        (squad(QA, context=None), r"paragraphs\[0\]: found 'context' of type NoneType"),
        (squad({"question": "Who?"}), r"qas\[0\]: found no 'id'"),
        (squad(QA, {"id": "2"}), r"qas\[1\]: found no 'question'"),
        (squad(QA | {"answers": ["Ada"]}), r"answers\[0\]: found a str"),
        (squad(QA | {"answers": [{"text": "Ada", "answer_start": "0"}]}), "answer_start '0'"),
        (squad(QA | {"is_impossible": "no"}), "is_impossible 'no'"),
        (squad(QA | {"question": " "}), r"qas\[0\]: question must hold some text"),
        (squad(QA, context=""), "context must hold some text"),
    ],
)
def test_what_is_not_squad_is_refused(tmp_path: Path, content: Any, found: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ValueError, match=found) as caught:
        read_squad(path)
    assert str(path) in str(caught.value)


def test_damaged_files_are_refused(tmp_path: Path) -> None:
    path = written(tmp_path, squad(QA), "squad.json.gz")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ValueError, match=r"squad\.json\.gz: wanted a gzipped JSON file"):
        read_squad(path)
    path.write_bytes(b"{}")
    with pytest.raises(ValueError, match="damaged gzip"):
        read_squad(path)
    plain = tmp_path / "latin.json"
    plain.write_bytes(b'{"data": "\xe9"}')
    with pytest.raises(ValueError, match="wanted JSON in UTF-8"):
        read_squad(plain)
    with pytest.raises(FileNotFoundError):
        read_squad(tmp_path / "absent.json")


TEXT = st.text(min_size=1).filter(lambda text: text.strip() and text.isprintable())


@given(
    st.lists(
        st.builds(
            QAExample,
            question=TEXT,
            context=st.sampled_from(["Ada wrote it.", "梵語", "<b>&\"'"]),
            answers=st.lists(st.builds(Answer, text=st.text("ab"), start=st.integers(0, 9))).map(tuple),
            is_impossible=st.booleans(),
        ),
        min_size=1,
    )
)
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, examples: list[QAExample]
) -> None:
    named = [
        QAExample(e.question, e.context, str(n), e.answers, e.is_impossible) for n, e in enumerate(examples)
    ]
    path = tmp_path_factory.mktemp("squad") / "made.json.gz"
    assert read_squad(write_squad(named, path, version="2.0")) == named


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = write_squad([QAExample("Who?", "Ada.", "1")], tmp_path / "made.json")
    before = path.read_bytes()
    for bad in (
        QAExample("Who?", "Ada."),
        QAExample("Who?", "Ada.", "1", ("Ada",)),
        QAExample("Who?", "Ada.", "1", is_impossible=True),
    ):
        with pytest.raises(ValueError, match=r"examples must|answers must|version 1"):
            write_squad([bad], path)
    assert path.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["made.json"]
