"""Roles of the most important words, by hand and by a slow loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from sklearn.feature_extraction.text import ENGLISH_STOP_WORDS

from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.analysis.registry import chosen
from bertqa_fast.analysis.roles import draw, word_roles
from bertqa_fast.runs.reader import Run

MakeRun = Callable[..., Run]
Write = Callable[..., Any]

QUESTION = "Where did Ada sail , and why ?"
#          0   1    2      3       4  5    6    7 8   9    10   11 12   13   14   15
CONTEXT = "the ship sail ##ed with Ada from a big port , long ago , she left Spain"
#  words:  0   1    2             3    4   5    6 7   8    9 10   11  12 13  14   15
ANSWER = (8, 9)  # "big port": words 7 and 8
WORDS = CONTEXT.replace(" ##", "").split()


def run_of(make_run: MakeRun, written: Write, *tops: list[str], **rest: Any) -> Run:
    """Make a run of one example whose layers have the words of ``tops`` on top, the first most of all."""
    tokens = ["[CLS]", *QUESTION.split(), "[SEP]", *CONTEXT.split(), "[SEP]"]
    begin = len(QUESTION.split()) + 2
    scores = np.full((len(tops), len(tokens)), 0.1)
    scores[:, :begin] = 50  # the question does not count
    for row, top in enumerate(tops):
        for rank, word in enumerate(top):
            scores[row, begin + CONTEXT.split().index(word)] = 20 - rank
    return make_run(written(QUESTION, CONTEXT, scores, answer=ANSWER, **rest))


def shares(run: Run, layer: int = -1, **options: Any) -> dict[str, float]:
    table = word_roles(run, **options).table("roles").where(layer=layer)
    return dict(zip(table.column("role"), table.column("share"), strict=True))


def test_by_hand(make_run: MakeRun, written: Write) -> None:
    run = run_of(
        make_run, written, ["port", "Ada", "from", "left", ","], ["the", "ship", "with", "she", "big"]
    )
    # Answer: port. Query: Ada, in the question; "," is not. Contextual: Ada (3 words away), from, "," (next).
    assert shares(run) == pytest.approx({"answer": 20, "query": 20, "contextual": 60})
    assert shares(run, counting="query") == pytest.approx({"answer": 20, "query": 20, "contextual": 40})
    # With 4 words on either side "with" (word 3) is in; "the", "ship" and "she" (word 13) are not.
    assert shares(run, layer=0, window=4) == pytest.approx({"answer": 20, "query": 0, "contextual": 20})
    # With 5 "she" is in too.
    assert shares(run, layer=0, window=5) == pytest.approx({"answer": 20, "query": 0, "contextual": 40})


def test_the_contextual_words_are_an_option(make_run: MakeRun, written: Write) -> None:
    run = run_of(make_run, written, ["port", "Ada", "from", "long", ","])
    got = {name: shares(run, contextual=name)["contextual"] for name in ("beside", "around", "content")}
    # "from" is a stop-word, "," punctuation; "around" has the answer's "port" too.
    assert got == pytest.approx({"beside": 80, "around": 100, "content": 40})
    assert shares(run, contextual="sentence", window=1)["contextual"] == pytest.approx(80)
    assert shares(run, window=1)["contextual"] == pytest.approx(20)


def test_the_answers_sentence(make_run: MakeRun, written: Write) -> None:
    context = "she left . ada took the ship home . all wept"
    count = len(context.split()) + 5
    run = make_run(written("who ?", context, [np.ones(count)], answer=(3, 3)))
    # Of eleven words "took the ship home" share the sentence of "ada".
    assert shares(run, k=11, contextual="sentence")["contextual"] == pytest.approx(100 * 4 / 11)


def test_stop_words_of_the_question(make_run: MakeRun, written: Write) -> None:
    question, context = "is the Ship in it ?", "ship in the bay ?"
    run = make_run(written(question, context, [np.ones(14)], answer=(3, 3)))
    assert shares(run)["query"] == pytest.approx(20)  # ship, whatever its case
    assert shares(run, stop_words="none")["query"] == pytest.approx(60)  # in, the; never "?"


def test_pieces_are_added_up(make_run: MakeRun, written: Write) -> None:
    #                    [CLS] who [SEP] ada winter ##bourne sailed [SEP]
    scores = [[9.0, 9.0, 9.0, 5.0, 3.0, 3.0, 1.0, 9.0]]
    run = make_run(written("who", "ada winter ##bourne sailed", scores, answer=(1, 2)))
    assert shares(run, k=1) == pytest.approx({"answer": 100, "query": 0, "contextual": 0})


@pytest.mark.parametrize("counting", ["both", "query"])
def test_a_slow_loop(make_run: MakeRun, written: Write, counting: str) -> None:
    """Random windows, counted word by word with plain Python."""
    rng = np.random.default_rng(1)
    vocabulary = [*WORDS, "Ben", "##s", "1843", "of", "river", "##bank", "crew"]
    windows, wanted = [], []
    for _ in range(12):
        question = " ".join(rng.choice(WORDS, 5))
        pieces = ["ada", *rng.choice(vocabulary, int(rng.integers(8, 30)))]
        scores = rng.gamma(0.5, size=(2, len(pieces) + 8)).astype(np.float32)
        heads = [at for at, piece in enumerate(pieces) if not piece.startswith("##")]
        first = heads[int(rng.integers(len(heads)))]
        windows.append(written(question, " ".join(pieces), scores, answer=(first, first)))

        words: list[list[int]] = []
        for at, piece in enumerate(pieces):
            if piece.startswith("##"):
                words[-1].append(at)
            else:
                words.append([at])
        texts = ["".join(pieces[at].removeprefix("##") for at in word).lower() for word in words]
        asked = {text.lower() for text in question.split()} - ENGLISH_STOP_WORDS - {","}
        place = next(number for number, word in enumerate(words) if first in word)
        for row in scores:
            sums = [sum(float(row[7 + at]) for at in word) for word in words]
            top = sorted(range(len(words)), key=lambda at: (-sums[at], at))[:5]
            answer = query = near = 0
            for at in top:
                is_query = texts[at] in asked
                query += is_query
                if counting == "both" or not is_query:
                    answer += at == place
                    near += at != place and abs(at - place) <= 5
            wanted.append([20 * answer, 20 * query, 20 * near])
    result = word_roles(make_run(*windows), counting=counting)
    table = result.table("roles")
    each = np.array(wanted, dtype=float).reshape(12, 2, 3)
    assert result.examples == 12
    np.testing.assert_allclose(np.reshape(table.column("share"), (2, 3)), each.mean(axis=0))
    half = 1.959964 * each.std(axis=0, ddof=1) / np.sqrt(12)
    np.testing.assert_allclose(np.reshape(table.column("upper"), (2, 3)), each.mean(axis=0) + half, rtol=1e-6)


def test_trends_stand_beside_the_published_ones(make_run: MakeRun, written: Write) -> None:
    run = run_of(
        make_run,
        written,
        ["Ada", "sail", "ship", "the", "with"],
        ["Ada", "port", "ship", "the", "with"],
        ["big", "port", "ship", "the", "with"],
    )
    trends = word_roles(run).table("roles_trend")
    own = {row[0]: row[1:] for row in trends.where(source="this run").rows}
    # "sail" is a piece of "sailed", which the question does not have: 20, 20, 0 per cent at depths 0, 1/2, 1.
    assert own["query"][1:3] == (20, 0)
    assert own["query"][3:] == (pytest.approx(-0.866025), pytest.approx(-20), "down", "down")
    assert own["answer"][1:] == (0, 40, pytest.approx(1), pytest.approx(40), "up", "up")
    paper = trends.where(role="answer").rows[1]
    assert paper[1].startswith("Ramnath et al. 2020")
    assert paper[2:4] == (26.99, 34.63)
    published = {row[0]: row[6] for row in trends.rows[1::3]}
    assert published == {"answer": "up", "query": "down", "contextual": "up"}


def test_published_shares_of_the_same_depth(make_run: MakeRun, written: Write) -> None:
    run = run_of(make_run, written, *[["port"]] * 3)  # the embeddings and both layers
    table = word_roles(run).table("roles").where(role="answer")
    assert table.column("paper") == [None, 30.75, 34.63]  # layers 5 and 11 of 12
    assert table.column("reproduction") == [38.10, 40.74, 42.94]
    assert len(word_roles(run).table("roles_published")) == 3 * 12 + 6 * 13


def test_examples_without_an_answer(make_run: MakeRun, written: Write) -> None:
    scores = [np.ones(7)]
    nothing = written("who", "ada left home", scores, answer=(-3, -3))
    run = make_run(nothing, written("who", "ada left home", scores, answer=(0, 0)))
    result = word_roles(run)
    assert result.examples == 1
    assert "1 examples without an answer" in result.notes[-1]
    with pytest.raises(CannotAnalyzeError, match="roles needs answers in the contexts"):
        word_roles(run, limit=1)


def test_refusals(make_run: MakeRun, written: Write) -> None:
    run = run_of(make_run, written, ["port"])
    for option in ("counting", "contextual", "stop_words"):
        with pytest.raises(ValueError, match=f"{option} must be one of .*got 'some'"):
            word_roles(run, **{option: "some"})
    for option in ("k", "window"):
        with pytest.raises(ValueError, match=f"{option} must be 1 or more, got 0"):
            word_roles(run, **{option: 0})  # type: ignore[arg-type]


def test_figure(make_run: MakeRun, written: Write) -> None:
    run = run_of(make_run, written, ["port"], ["Ada"], ["big"])
    result = word_roles(run)
    assert [analysis.name for analysis in chosen("roles")] == ["roles"]
    figure = draw(result)["roles"]
    lines = {line.get_label(): line for line in figure.axes[0].get_lines()}
    assert list(lines) == [
        "answer",
        "query",
        "contextual",
        *(f"paper, {n}" for n in ("answer", "query", "contextual")),
    ]
    table = result.table("roles")
    for name in ("answer", "query", "contextual"):
        drawn = lines[name].get_ydata()
        np.testing.assert_allclose(drawn, table.where(role=name).column("share"))
        assert lines[f"paper, {name}"].get_color() == lines[name].get_color()
        assert lines[f"paper, {name}"].get_linestyle() == "--"
    np.testing.assert_allclose(lines["paper, answer"].get_ydata(), [np.nan, 30.75, 34.63])
