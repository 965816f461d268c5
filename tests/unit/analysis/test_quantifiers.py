"""Quantifier questions: which, their numbers, their answers; by hand."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bertqa_fast.analysis import taggers
from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.analysis.quantifiers import draw, is_quantifier, quantifier_questions
from bertqa_fast.analysis.taggers import PENN, Tagger
from bertqa_fast.runs.reader import Run

MakeRun = Callable[..., Run]
Write = Callable[..., Any]

QUESTION = "How many ships ?"
#          0    1     2   3   4   5    6   7     8  9   10
CONTEXT = "Ada sold 12 of 120 big ##s and seven for 1 ."
TOKENS = CONTEXT.split()  # numbers: 12, 120, seven and 1
FOUND, OTHERS, OF_TOP = "numbers found", "other numbers found", "numbers of the top words"


def scores(question: str, *tops: str) -> np.ndarray:
    """Give the tokens of each row's ``top`` 20, 19, … and all others 0.1; the question has 50."""
    begin = len(question.split()) + 2
    rows = np.full((len(tops), begin + len(TOKENS) + 1), 0.1)
    rows[:, :begin] = 50
    for row, top in zip(rows, tops, strict=True):
        for rank, token in enumerate(top.split()):
            row[begin + TOKENS.index(token)] = 20 - rank
    return rows


def shares(run: Run, layer: int = -1, **options: Any) -> dict[str, float]:
    table = quantifier_questions(run, **options).table("quantifiers").where(layer=layer)
    return dict(zip(table.column("measure"), table.column("share"), strict=True))


@pytest.mark.parametrize(
    ("question", "anywhere", "adjacent"),
    [
        ("how many ships sailed", True, True),
        ("In 1843 , HOW Much did she pay", True, True),
        ("how did many ships sail", True, False),
        ("many asked how", True, False),
        ("how often", False, False),
        ("so many ships", False, False),
        ("how manyfold", False, False),
    ],
)
def test_which_questions(question: str, anywhere: bool, adjacent: bool) -> None:
    assert is_quantifier(question.split()) is anywhere
    assert is_quantifier(question.split(), "adjacent") is adjacent


def test_by_hand(make_run: MakeRun, written: Write) -> None:
    # The answer is "120" (token 4). "12" is a part of its text, as the published rule has it, and so is "1".
    rows = scores(QUESTION, "120 Ada seven big of", "12 seven Ada sold for", "seven Ada sold for .")
    run = make_run(written(QUESTION, CONTEXT, rows, answer=(4, 4)))
    # 120 and seven: (2 - 1) / 4; beside the answer one of three; two of five words.
    assert shares(run, -1) == pytest.approx({FOUND: 25, OTHERS: 100 / 3, OF_TOP: 40})
    # 12 and seven: (2 - 1) / 4, though "12" is not the answer; beside the answer two of three.
    assert shares(run, 0) == pytest.approx({FOUND: 25, OTHERS: 200 / 3, OF_TOP: 40})
    # seven: 1 / 4.
    assert shares(run, 1) == pytest.approx({FOUND: 25, OTHERS: 100 / 3, OF_TOP: 20})
    assert shares(run, -1, k=1) == pytest.approx({FOUND: 0, OTHERS: 0, OF_TOP: 100})


def test_one_is_subtracted_once(make_run: MakeRun, written: Write) -> None:
    rows = scores(QUESTION, "120 12 1 seven Ada")
    run = make_run(written(QUESTION, CONTEXT, rows, answer=(4, 4)))
    assert shares(run) == pytest.approx({FOUND: 75, OTHERS: 100, OF_TOP: 80})


def test_no_answer_in_the_context(make_run: MakeRun, written: Write) -> None:
    run = make_run(written(QUESTION, CONTEXT, scores(QUESTION, "120 12 1 seven Ada"), answer=(-5, -5)))
    assert shares(run) == pytest.approx({FOUND: 100, OTHERS: 100, OF_TOP: 80})


def test_questions_with_one_number_have_no_ratio(make_run: MakeRun, written: Write) -> None:
    few = written("how many ?", "ada had 7 ships", [np.ones(10)], answer=(2, 2))
    run = make_run(few, written(QUESTION, CONTEXT, scores(QUESTION, "seven Ada sold big of"), answer=(4, 4)))
    table = quantifier_questions(run).table("quantifiers")
    assert dict(zip(table.column("measure"), table.column("examples"), strict=True)) == {
        FOUND: 1,
        OTHERS: 1,
        OF_TOP: 2,
    }
    assert table.where(measure=OF_TOP).column("share") == [pytest.approx((100 / 4 + 100 / 5) / 2)]
    assert table.where(measure=FOUND).rows[0][2:5] == (25, None, None)


def test_the_published_merge(make_run: MakeRun, written: Write) -> None:
    # [CLS] how many [SEP] ada had 19 ##43 ships 7 [SEP]: "1943" is a number, 19 and 43 are two.
    row = [9.0, 9, 9, 9, 1, 1, 5, 4, 1, 8, 9]
    run = make_run(written("how many", "ada had 19 ##43 ships 7", [row], answer=(5, 5)))
    assert shares(run, k=1) == pytest.approx({FOUND: 50, OTHERS: 100, OF_TOP: 100})
    got = shares(run, k=1, merge="reference")
    assert got == pytest.approx({FOUND: 0, OTHERS: 0, OF_TOP: 100})
    questions = quantifier_questions(run, merge="reference").table("quantifiers_questions")
    assert questions.column("numbers") == [3]


def test_numbers_by_a_tagger(make_run: MakeRun, written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def tag(words: tuple[str, ...]) -> list[str]:
        return ["CD" if word in ("Ada", "120", "sold") else "NN" for word in words]

    run = make_run(written(QUESTION, CONTEXT, scores(QUESTION, "Ada sold 120 seven of"), answer=(4, 4)))
    monkeypatch.setattr(taggers, "TAGGERS", {"stub": lambda: Tagger("stub", tag, PENN, "CD")})
    result = quantifier_questions(run, numbers="tagger")
    assert result.settings["tagger"] == "stub"
    assert result.table("quantifiers").column("share") == pytest.approx([200 / 3, 100, 60])
    assert quantifier_questions(run).settings["tagger"] is None
    monkeypatch.setattr(taggers, "TAGGERS", {})
    with pytest.raises(CannotAnalyzeError, match="quantifiers with numbers=tagger needs"):
        quantifier_questions(run, numbers="tagger")


def answered(make_run: MakeRun, written: Write) -> Run:
    rows = scores(QUESTION, "120 Ada seven big of")
    other = "who sailed ?"
    return make_run(
        written(QUESTION, CONTEXT, rows, probability=0.9, id="a"),
        written(other, CONTEXT, scores(other, "Ada"), probability=0.5, id="b"),
        written(QUESTION, CONTEXT, rows, probability=0.6, id="c"),
        written(QUESTION, CONTEXT, rows, probability=0.3),
    )


def test_answers_beside_the_other_questions(make_run: MakeRun, written: Write) -> None:
    run = answered(make_run, written)
    exact = {"a": 1, "b": 0, "c": 0, "#3": 0}
    (run.folder / "exact_scores.json").write_text(json.dumps(exact))
    own, other, paper = quantifier_questions(run).table("quantifiers_answers").rows
    assert own[1:3] == ("quantifier", 3)
    assert own[3:] == pytest.approx((100 / 3, 60, (30**2 + 0 + 30**2) / 3, 60))
    assert other[1:] == ("other", 1, 0, 50, 0, 50)
    assert paper[1:] == ("quantifier", 799, 87.35, 85, None, None)


def test_which_they_are(make_run: MakeRun, written: Write) -> None:
    result = quantifier_questions(answered(make_run, written), limit=3)
    table = result.table("quantifiers_questions")
    assert result.examples == 3
    assert table.column("example") == [0, 2]
    assert table.column("id") == ["a", "c"]
    assert table.column("question") == [QUESTION, QUESTION]
    assert table.column("answer") == ["Ada", "Ada"]
    assert table.column("probability") == [0.9, 0.6]
    assert table.column("exact") == [None, None]  # not scored
    assert table.column("numbers") == [4, 4]
    assert "Exact match is not known" in result.notes[-1]


def test_refusals(make_run: MakeRun, written: Write) -> None:
    run = make_run(written("who sailed ?", CONTEXT, scores("who sailed ?", "Ada")))
    with pytest.raises(CannotAnalyzeError, match=r"none of 1 in .* is one"):
        quantifier_questions(run)
    for option in ("question", "numbers", "merge"):
        with pytest.raises(ValueError, match=f"{option} must be one of .*got 'some'"):
            quantifier_questions(run, **{option: "some"})
    with pytest.raises(ValueError, match="k must be 1 or more"):
        quantifier_questions(run, k=0)


def test_figure(make_run: MakeRun, written: Write) -> None:
    rows = scores(QUESTION, "120 Ada seven big of", "Ada sold big of .", "12 seven 1 120 Ada")
    result = quantifier_questions(make_run(written(QUESTION, CONTEXT, rows, answer=(4, 4))))
    lines = {line.get_label(): line for line in draw(result)["quantifiers"].axes[0].get_lines()}
    assert list(lines) == [FOUND, OTHERS, OF_TOP, f"paper, {FOUND}"]
    np.testing.assert_allclose(lines[FOUND].get_ydata(), [25, 0, 75])
    np.testing.assert_allclose(lines[f"paper, {FOUND}"].get_ydata(), [np.nan, np.nan, 15.5])
