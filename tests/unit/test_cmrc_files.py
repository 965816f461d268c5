"""CMRC 2018: both formats of its files, and answers that are not where they say."""

from __future__ import annotations

import gzip
import json
import logging
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import bertqa_fast as bf
from bertqa_fast.data.cmrc import Places, place_answers
from bertqa_fast.data.examples import Answer, QAExample

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
PASSAGE = "《跑跑卡丁车》由韩国开发。1843年，船离开了港口；1844年，船又离开了港口。"
QUESTION = "船离开了哪里？"
OWN = [
    {
        "context_id": "TRIAL_1",
        "context_text": PASSAGE,
        "title": "船",
        "qas": [{"query_id": "TRIAL_1_QUERY_0", "query_text": QUESTION, "answers": ["港口", "了港口"]}],
    }
]


def written(folder: Path, content: Any, name: str = "cmrc.json") -> Path:
    raw = json.dumps(content).encode()
    path = folder / name
    path.write_bytes(gzip.compress(raw) if name.endswith(".gz") else raw)
    return path


def squad_style(*answers: tuple[str, int]) -> dict[str, Any]:
    found = [{"text": text, "answer_start": start} for text, start in answers]
    qas = [{"id": "q", "question": QUESTION, "answers": found}]
    return {"version": "v1.0", "data": [{"paragraphs": [{"context": PASSAGE, "qas": qas}]}]}


def own(**changed: Any) -> list[dict[str, Any]]:
    return [OWN[0] | {"qas": [OWN[0]["qas"][0] | changed]}]  # type: ignore[index]


@pytest.mark.parametrize("name", ["cmrc.json", "cmrc.json.gz"])
def test_its_own_format(tmp_path: Path, name: str) -> None:
    (found,) = bf.read_cmrc(written(tmp_path, OWN, name))
    assert found == QAExample(QUESTION, PASSAGE, "TRIAL_1_QUERY_0", ("港口", "了港口"))


def test_questions_alone(tmp_path: Path) -> None:
    alone = own()
    del alone[0]["qas"][0]["answers"]
    assert bf.read_cmrc(written(tmp_path, alone))[0].answers == ()


@pytest.mark.parametrize("name", ["cmrc.json", "cmrc.json.gz"])
def test_squad_s_format(tmp_path: Path, name: str, caplog: pytest.LogCaptureFixture) -> None:
    first = PASSAGE.index("港口")
    path = written(tmp_path, squad_style(("港口", first), ("离开", first - 3)), name)
    assert bf.read_cmrc(path) == bf.read_squad(path)
    assert not caplog.records


def test_misplaced_answers_are_moved_and_counted(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    first, second = PASSAGE.index("港口"), PASSAGE.rindex("港口")
    path = written(
        tmp_path,
        squad_style(("港口", first + 2), ("港口", second - 1), ("船長", 3), ("海", -1), ("韩国", -1)),
    )
    with caplog.at_level(logging.WARNING):
        (found,) = bf.read_cmrc(path)
    assert found.answers == (
        Answer("港口", first),
        Answer("港口", second),
        Answer("船長"),
        Answer("海"),
        Answer("韩国"),
    )
    (record,) = caplog.records
    assert record.getMessage() == (
        f"{path}: of 5 answers, 2 stood elsewhere than they said (moved) and 2 are not in their passage"
    )


@pytest.mark.parametrize("squad", [False, True])
def test_questions_of_no_text_are_left_out(
    tmp_path: Path, squad: bool, caplog: pytest.LogCaptureFixture
) -> None:
    content: Any = squad_style(("港口", PASSAGE.index("港口"))) if squad else own()
    qas = content["data"][0]["paragraphs"][0]["qas"] if squad else content[0]["qas"]
    qas.insert(0, qas[0] | {"id": "blank", "query_id": "blank", "question" if squad else "query_text": "\n"})
    path = written(tmp_path, content)
    (found,) = bf.read_cmrc(path)
    assert found.id != "blank"
    assert caplog.messages == [f"{path}: left out 1 questions of no text"]


@pytest.mark.parametrize(
    ("stated", "start"), [(0, 1), (1, 1), (3, 1), (4, 1), (5, 7), (7, 7), (40, 13), (10, 7), (11, 13)]
)
def test_the_nearest_place_is_taken_and_of_two_the_left_one(stated: int, start: int) -> None:
    example = QAExample("？", "一人二三四五六人七八九十百人", None, (Answer("人", stated),))
    ((placed,), places) = place_answers([example])
    assert placed.answers == (Answer("人", start),)
    assert places == Places(1, int(stated != start), 0)


@given(
    context=st.text("甲乙丙", min_size=1, max_size=30),
    text=st.text("甲乙丙", min_size=1, max_size=3),
    stated=st.none() | st.integers(0, 40),
)
def test_places(context: str, text: str, stated: int | None) -> None:
    ((placed,), places) = place_answers([QAExample("？", context, None, (Answer(text, stated),))])
    (answer,) = placed.answers
    there = [n for n in range(len(context)) if context[n : n + len(text)] == text]
    assert answer.text == text
    assert places.absent == (not there)
    if stated is None or not there:
        assert answer.start is None
        assert places.moved == 0
    else:
        assert answer.start == sorted(there, key=lambda n: (abs(n - stated), n))[0]
        assert places.moved == (answer.start != stated)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("text", "found a str, wanted CMRC 2018: SQuAD's format, or"),
        ({}, "found no 'data' among"),
        ([], "found no questions"),
        ([OWN[0] | {"qas": []}], "found no questions"),
        (["x"], r"\[0\]: found a str"),
        ([{"qas": []}], r"\[0\]: found no 'context_text' among \['qas'\]"),
        ([{"context_text": "p", "qas": {}}], r"\[0\]: found 'qas' of type dict"),
        (own(query_id=3), r"\[0\]\.qas\[0\]: found 'query_id' of type int"),
        (own(query_text=3), r"\[0\]\.qas\[0\]: found 'query_text' of type int"),
        (own(query_text=" "), "found no questions"),
        (own(answers="港口"), r"qas\[0\]: found 'answers' of type str"),
        (own(answers=["港口", {"text": "x"}]), r"qas\[0\]\.answers\[1\]: found a dict"),
    ],
)
def test_what_is_neither_is_refused(tmp_path: Path, content: Any, message: str) -> None:
    path = written(tmp_path, content)
    with pytest.raises(ValueError, match=message) as caught:
        bf.read_cmrc(path)
    assert str(path) in str(caught.value)


@pytest.mark.parametrize(
    ("name", "questions", "places"),
    [
        ("cmrc2018/cmrc2018_dev", 3_219, Places(9_657, 7, 193)),
        ("cmrc2018/cmrc2018_trial", 1_000, Places(1_000, 5, 0)),
        ("cmrc2018/cmrc2018_train_122", 122, Places(122, 0, 0)),
        ("drcd/DRCD_dev", 3_524, Places(7_048, 0, 0)),
        ("xquad/xquad.zh", 1_190, Places(1_190, 0, 0)),
    ],
)
def test_the_published_files(name: str, questions: int, places: Places) -> None:
    path = SHARED / f"{name}.json.gz"
    if not path.is_file():
        pytest.skip(f"no {path}")
    content = json.loads(gzip.decompress(path.read_bytes()))
    paragraphs = [paragraph for article in content["data"] for paragraph in article["paragraphs"]]
    raw = [
        (paragraph["context"], qa) for paragraph in paragraphs for qa in paragraph["qas"] if qa["question"]
    ]
    found = bf.read_cmrc(path)
    assert len({each.id for each in found}) == len(found) == len(raw) == questions
    # By another way than the package's: whatever occurs stands at its place, and the rest has none.
    moved, absent = 0, 0
    for (context, qa), example in zip(raw, found, strict=True):
        assert [answer["text"] for answer in qa["answers"]] == [answer.text for answer in example.answers]
        for stated, answer in zip(qa["answers"], example.answers, strict=True):
            absent += answer.text not in context
            moved += answer.text in context and answer.start != stated["answer_start"]
            assert (answer.start is None) == (answer.text not in context)
            assert answer.start is None or context[answer.start :].startswith(answer.text)
    assert Places(sum(len(qa["answers"]) for _, qa in raw), moved, absent) == places
