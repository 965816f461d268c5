"""Windows of a run, rebuilt: what the model reads again is what was explained."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.analysis.replay import (
    Answering,
    erasable,
    erased_states,
    erased_windows,
    example_of,
    first_of,
    pace,
    rebuild,
)
from bertqa_fast.data.windows import make_windows
from bertqa_fast.runs.reader import Run

MakeRun = Callable[..., Run]


def test_windows_and_answers_are_those_of_the_run(
    attributed: MakeRun, random_reader: Any, mixed_examples: list[bf.QAExample]
) -> None:
    model = random_reader().model
    long = bf.QAExample(
        "who wrote it?", "ships sailed from paris in the year 1843. " * 5 + "it was written by ada.", "last"
    )
    run = attributed([*mixed_examples, long], max_length=48, doc_stride=12)
    answer = Answering(run)
    found = list(rebuild(run, model, "flips"))
    assert [scored.id for scored, _ in found] == [example.id for example in [*mixed_examples, long]]
    assert [window.index for _, window in found] == [scored.window for scored, _ in found]
    assert len(make_windows(model.window_tokenizer, [long], max_length=48, doc_stride=12)) > 2
    for scored, window in found:
        assert len(window.tokens) <= 48
        prediction = answer(scored, window, model.logits([window])[0])
        assert (prediction.start_token, prediction.end_token) == scored.span
    predictions = run.predictions()
    assert [answer(s, w, model.logits([w])[0]).text for s, w in found] == [
        predictions[scored.example].text for scored, _ in found
    ]
    assert len(list(rebuild(run, model, "flips", 2))) == 2


def test_the_longest_answer_counts(attributed: MakeRun, random_reader: Any) -> None:
    run = attributed(max_answer_length=1)
    model = random_reader().model
    for scored, window in rebuild(run, model, "flips"):
        prediction = Answering(run)(scored, window, model.logits([window])[0])
        assert prediction.start_token == prediction.end_token == (scored.span or (0, 0))[0]


def test_runs_that_cannot_be_read_again(attributed: MakeRun, random_reader: Any) -> None:
    run = attributed(windows="merge")
    with pytest.raises(CannotAnalyzeError, match=r"flips lets the model .* merged; attribute with --windows"):
        next(rebuild(run, random_reader().model, "flips"))
    # The same run as if it had been cut otherwise.
    about = json.loads((run.folder / "run.json").read_text())
    about["identity"]["settings"] |= {"windows": "best", "max_length": 24}
    (run.folder / "run.json").write_text(json.dumps(about))
    with pytest.raises(CannotAnalyzeError, match=r"is cut into other windows than .* has; give"):
        list(rebuild(Run(run.folder), random_reader().model, "flips"))


def test_erasing(random_reader: Any, mixed_examples: list[bf.QAExample]) -> None:
    [window] = make_windows(random_reader().model.window_tokenizer, mixed_examples[1:2])
    assert window.tokens == [
        "[CLS]",
        "who",
        "?",
        "[SEP]",
        "ada",
        "wrote",
        "it",
        "in",
        "the",
        "year",
        ".",
        "[SEP]",
    ]
    assert erasable(window, "context").tolist() == [4, 5, 6, 7, 8, 9, 10]
    assert erasable(window, "window").tolist() == [1, 2, 4, 5, 6, 7, 8, 9, 10]
    with pytest.raises(ValueError, match="part must be one of context, window, got 'all'"):
        erasable(window, "all")
    marks = first_of(np.array([5, 2, 9]), [1, 2, 7], 12)
    assert [np.flatnonzero(mark).tolist() for mark in marks] == [[5], [2, 5], [2, 5, 9]]
    states = np.arange(1, 25, dtype=np.float32).reshape(12, 2)
    for mark, erased in zip(marks, erased_states(states, -states, marks), strict=True):
        assert erased.dtype == np.float32
        np.testing.assert_array_equal(erased[mark], -states[mark])
        np.testing.assert_array_equal(erased[~mark], states[~mark])
    for mark, erased in zip(marks, erased_windows(window, marks, 4), strict=True):
        assert set(erased.input_ids[mark]) == {4}
        np.testing.assert_array_equal(erased.input_ids[~mark], window.input_ids[~mark])
        assert erased.tokens == window.tokens
        assert erased.input_ids.dtype == np.int64


def test_examples_and_pace(attributed: MakeRun) -> None:
    scored = next(attributed().scored())
    assert example_of(scored, ["ada"]) == bf.QAExample(scored.question, scored.context, "middle", ("ada",))
    assert pace(3, 1.5) == "3 examples in 1.5 s: 2 examples/s."
