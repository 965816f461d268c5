"""Parts of speech of the most important words, with a tagger that knows a dozen words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bertqa_fast.analysis import taggers
from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.analysis.pos import draw, parts_of_speech
from bertqa_fast.analysis.taggers import GROUPS, PENN, Tagger
from bertqa_fast.runs.reader import Run

MakeRun = Callable[..., Run]
Write = Callable[..., Any]

TAGS = {"the": "DT", "red": "JJ", "ship": "NN", "sailed": "VBD", "slowly": "RB", ",": ",", "etc": "FW"}
#          0   1   2    3    4    5      6 7
CONTEXT = "the red ship sail ##ed slowly , etc"
SCORES = np.array(
    [
        # [CLS] who [SEP] the red ship sail ##ed slowly , etc [SEP]
        [9, 9, 9, 1, 5, 8, 3, 3, 2, 4, 1, 9],  # sailed 6, ship 8, red 5, "," 4, slowly 2
        [9, 9, 9, 8, 1, 1, 1, 1, 4, 5, 6, 9],  # the 8, etc 6, "," 5, slowly 4, sailed 2
    ],
    dtype=np.float64,
)


def tag_known_words(words: tuple[str, ...]) -> list[str]:
    return [TAGS.get(word, "NNP") for word in words]


@pytest.fixture(autouse=True)
def _stub(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(taggers, "TAGGERS", {"stub": lambda: Tagger("stub", tag_known_words, PENN, "CD")})


def shares(run: Run, layer: int, **options: Any) -> dict[str, float]:
    table = parts_of_speech(run, **options).table("pos").where(layer=layer)
    found = dict(zip(table.column("group"), table.column("share"), strict=True))
    assert list(found) == list(GROUPS)
    return {group: share for group, share in found.items() if share}


def test_by_hand(make_run: MakeRun, written: Write) -> None:
    run = make_run(written("who", CONTEXT, SCORES, answer=(1, 2)))
    once = dict.fromkeys(("entity", "verb", "adjective", "punctuation", "adverb"), 20)
    assert shares(run, -1) == pytest.approx(once)
    once = dict.fromkeys(("stop-word", "other", "punctuation", "adverb", "verb"), 20)
    assert shares(run, 0) == pytest.approx(once)
    assert shares(run, -1, k=2) == pytest.approx({"entity": 50, "verb": 50})


def test_the_published_merge(make_run: MakeRun, written: Write) -> None:
    run = make_run(written("who", CONTEXT, SCORES))
    # "sail" and "ed" are words of their own, unknown to the tagger: 8, 5, 4, 3, 3.
    got = shares(run, -1, merge="reference")
    assert got == pytest.approx({"entity": 60, "adjective": 20, "punctuation": 20})


def test_mean_and_interval(make_run: MakeRun, written: Write) -> None:
    run = make_run(*(written("who", CONTEXT, scores) for scores in (SCORES, SCORES[::-1], SCORES)))
    table = parts_of_speech(run).table("pos").where(layer=-1, group="entity")
    half = 1.959964 * np.std([20, 0, 20], ddof=1) / np.sqrt(3)
    assert table.rows[0][2:5] == pytest.approx((40 / 3, 40 / 3 - half, 40 / 3 + half))
    assert table.column("examples") == [3]
    limited = parts_of_speech(run, limit=1)
    assert limited.examples == 1
    assert limited.table("pos").where(layer=-1, group="entity").rows[0][2:5] == (20, None, None)


def test_answers_and_whole_contexts(make_run: MakeRun, written: Write) -> None:
    run = make_run(
        written("who", CONTEXT, SCORES, answer=(1, 2)),  # red ship
        written("who", CONTEXT, SCORES, answer=(2, 3)),  # ship sailed
        written("who", CONTEXT, SCORES, answer=(-3, -3)),  # none
    )
    table = parts_of_speech(run).table("pos_around")
    answers, contexts = table.where(where="answers"), table.where(where="contexts")
    found = dict(zip(answers.column("group"), answers.column("share"), strict=True))
    assert found == {**dict.fromkeys(GROUPS, 0), "entity": 50, "adjective": 25, "verb": 25}
    assert set(answers.column("examples")) == {2}
    assert set(contexts.column("examples")) == {3}
    assert contexts.column("share") == pytest.approx([100 / 7] * 7)
    assert answers.where(group="entity").column("paper") == [82.04]


def test_which_tagger_is_written_down(make_run: MakeRun, written: Write) -> None:
    result = parts_of_speech(make_run(written("who", CONTEXT, SCORES)))
    assert result.settings["tagger"] == "stub"
    assert result.notes[0].startswith("Tagged by stub")


def test_refusals(make_run: MakeRun, written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make_run(written("who", CONTEXT, SCORES))
    with pytest.raises(ValueError, match="merge must be one of whole, reference, got 'head'"):
        parts_of_speech(run, merge="head")
    with pytest.raises(ValueError, match="k must be 1 or more, got 0"):
        parts_of_speech(run, k=0)
    monkeypatch.setattr(taggers, "TAGGERS", {})
    with pytest.raises(CannotAnalyzeError, match="pip install"):
        parts_of_speech(run)


def test_figure(make_run: MakeRun, written: Write) -> None:
    result = parts_of_speech(make_run(written("who", CONTEXT, SCORES)))
    lines = {line.get_label(): line.get_ydata() for line in draw(result)["pos"].axes[0].get_lines()}
    assert list(lines) == list(GROUPS)
    for group in GROUPS:
        np.testing.assert_allclose(lines[group], result.table("pos").where(group=group).column("share"))
