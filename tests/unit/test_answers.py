"""Ranking spans: against a search through all of them, one by one."""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.tasks.answers import rank_answers

EXAMPLE = QAExample(
    "who wrote it ?", "the ships sailed from the port in the year 9 . ada wrote it , it ?", "q"
)
SIZES = {"max_length": 16, "doc_stride": 4}


def random_logits(windows: list[Window], seed: int, levels: int) -> list[Any]:
    """Draw logits from a few whole numbers, so that there are ties."""
    generator = np.random.default_rng(seed)
    return [
        tuple(generator.integers(-levels, levels + 1, (2, len(window.tokens))).astype(np.float32))
        for window in windows
    ]


def slow_rank(windows: list[Window], logits: list[Any], longest: int) -> list[tuple[float, int, int, int]]:
    """Return (score, window, start, end) of every allowed span, best first, ties by place."""
    spans = []
    for number, (window, (starts, ends)) in enumerate(zip(windows, logits, strict=True)):
        for start, end in product(range(len(window.tokens)), repeat=2):
            in_context = window.segment[start] == 1 and window.segment[end] == 1
            if in_context and window.max_context[start] and start <= end < start + longest:
                spans.append((float(starts[start]) + float(ends[end]), number, start, end))
    return sorted(spans, key=lambda span: (-span[0], *span[1:]))


@given(
    seed=st.integers(0, 10**6),
    levels=st.sampled_from([0, 1, 3, 1000]),
    n_best=st.integers(1, 40),
    longest=st.integers(1, 40),
    size=st.integers(9, 30),
    stride=st.integers(1, 12),
)
def test_ranking_is_that_of_a_full_search(
    tiny_tokenizer: Any, seed: int, levels: int, n_best: int, longest: int, size: int, stride: int
) -> None:
    windows = make_windows(tiny_tokenizer, [EXAMPLE], max_length=size, doc_stride=stride)
    logits = random_logits(windows, seed, levels)
    found = rank_answers(EXAMPLE, windows, logits, n_best=n_best, max_answer_length=longest)
    wanted = slow_rank(windows, logits, longest)[:n_best]
    places = [(e.start_logit + e.end_logit, e.window, e.start_token, e.end_token) for e in found.n_best]
    assert places == wanted
    weights = [math.exp(score - wanted[0][0]) for score, *_ in wanted]
    for entry, weight in zip(found.n_best, weights, strict=True):
        assert entry.probability == pytest.approx(weight / sum(weights), rel=1e-9)
        assert entry.text == EXAMPLE.context[entry.start_char : entry.end_char]
        assert entry.start_char == windows[entry.window].offsets[entry.start_token, 0]
        assert entry.end_char == windows[entry.window].offsets[entry.end_token, 1]
    best = found.n_best[0]
    assert (found.text, found.start_token, found.end_token) == (best.text, best.start_token, best.end_token)
    assert (found.start_char, found.end_char, found.window) == (best.start_char, best.end_char, best.window)
    assert (found.id, found.score, found.probability) == ("q", wanted[0][0], best.probability)
    assert found.null_score == min(float(start[0] + end[0]) for start, end in logits)


def test_text_is_cut_by_offsets(tiny_tokenizer: Any) -> None:
    example = QAExample("when ?", "In  Paris,\tADA (1843) wrote it.")
    (window,) = make_windows(tiny_tokenizer, [example])
    start, end = np.zeros((2, len(window.tokens)), dtype=np.float32)
    start[window.tokens.index("ada")] = end[window.tokens.index("##3") + 1] = 9
    found = rank_answers(example, [window], [(start, end)])
    assert found.text == "ADA (1843)"
    assert example.context[found.start_char : found.end_char] == found.text


def test_distinct_texts_keep_the_best_of_each(tiny_tokenizer: Any) -> None:
    windows = make_windows(tiny_tokenizer, [EXAMPLE], **SIZES)
    logits = random_logits(windows, 3, 2)
    everything = rank_answers(EXAMPLE, windows, logits, n_best=1000)
    found = rank_answers(EXAMPLE, windows, logits, n_best=30, distinct_texts=True)
    wanted = list(dict.fromkeys(entry.text for entry in everything.n_best))
    assert [entry.text for entry in found.n_best] == wanted[:30]
    assert len(everything.n_best) > len(wanted) > 30


@pytest.mark.parametrize(
    ("threshold", "null", "says_null"),
    [(None, 100.0, False), (0.0, 5.0, True), (0.0, 4.0, False), (2.0, 5.0, False), (-3.0, 2.0, True)],
)
def test_no_answer(tiny_tokenizer: Any, threshold: float | None, null: float, says_null: bool) -> None:
    windows = make_windows(tiny_tokenizer, [EXAMPLE], **SIZES)
    logits = random_logits(windows, 0, 0)
    logits[1][0][:] = -9
    logits[0][0][9] = logits[0][1][9] = 2  # The best span's score is 4.
    for number, (start, end) in enumerate(logits):
        start[0], end[0] = null + number, number
    found = rank_answers(EXAMPLE, windows, logits, n_best=5, null_score_diff_threshold=threshold)
    assert found.null_score == null  # The lowest over the windows.
    assert (found.text == "") == says_null
    assert len(found.n_best) == (5 if threshold is None else 6)
    assert sum(entry.probability for entry in found.n_best) == pytest.approx(1)
    scores = [entry.start_logit + entry.end_logit for entry in found.n_best]
    assert scores == sorted(scores, reverse=True)
    if says_null:
        assert (found.start_char, found.end_char, found.start_token, found.end_token) == (0, 0, 0, 0)
        assert (found.score, found.window) == (null, 0)
        assert found.probability == next(e.probability for e in found.n_best if e.text == "")
    else:
        assert found.score == 4
        assert found.probability == next(e.probability for e in found.n_best if e.text)


def test_bad_arguments_are_named(tiny_tokenizer: Any) -> None:
    windows = make_windows(tiny_tokenizer, [EXAMPLE, EXAMPLE], **SIZES)
    logits = random_logits(windows, 0, 1)
    mine = [number for number, window in enumerate(windows) if window.example == 0]
    own, own_logits = [windows[n] for n in mine], [logits[n] for n in mine]
    for options, error, message in (
        ({"n_best": 0}, ValueError, "n_best must be 1 or more, got 0"),
        ({"max_answer_length": 2.0}, TypeError, "max_answer_length must be an int"),
    ):
        with pytest.raises(error, match=message):
            rank_answers(EXAMPLE, own, own_logits, **options)
    with pytest.raises(ValueError, match="windows must be those of one example"):
        rank_answers(EXAMPLE, windows, logits)
    with pytest.raises(ValueError, match="windows must be those of one example"):
        rank_answers(EXAMPLE, [], [])
    with pytest.raises(ValueError, match="logits must hold a pair for each"):
        rank_answers(EXAMPLE, own, own_logits[1:])
    with pytest.raises(ValueError, match="logits of window 0 must have shape"):
        rank_answers(EXAMPLE, own, [(s[1:], e) for s, e in own_logits])
    own_logits[1][1][0] = np.nan
    with pytest.raises(ValueError, match="logits of window 1 must be finite"):
        rank_answers(EXAMPLE, own, own_logits)
