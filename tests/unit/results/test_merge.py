"""Windows joined by the max-context rule."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bertqa_fast.attribution.merge import merge_windows
from bertqa_fast.attribution.results import Attribution, LayerAttributions

Make = Callable[..., Any]

QUESTION = ["[CLS]", "q", "[SEP]"]
WORDS = list("abcdefghij")
CONTEXT = " ".join(WORDS)


def window(index: int, first: int, count: int, best: range) -> Any:
    """Return a window over ``count`` passage tokens from ``first``, those in ``best`` its own."""
    segment = np.array([-1, 0, -1] + [1] * count + [-1], dtype=np.int8)
    passage = np.arange(first, first + count)
    return SimpleNamespace(
        index=index,
        tokens=[*QUESTION, *WORDS[first : first + count], "[SEP]"],
        segment=segment,
        offsets=np.array([(0, 0), (0, 1), (0, 0), *((2 * p, 2 * p + 1) for p in passage), (0, 0)]),
        word_ids=np.array([-1, 0, -1, *passage, -1]),
        max_context=np.array([False] * 3 + [p in best for p in passage] + [False]),
        context_first=first,
    )


WINDOWS = [window(0, 0, 6, range(4)), window(1, 2, 6, range(4, 6)), window(2, 4, 6, range(6, 10))]


def result(make: Make, number: int, layer: int = 0, **changes: Any) -> Attribution:
    at = WINDOWS[number]
    count = len(at.tokens)
    scores = 100 * number + np.arange(count)
    fields = {
        "tokens": at.tokens,
        "offsets": at.offsets,
        "segment": at.segment,
        "word_ids": at.word_ids,
        "scores": scores,
        "signed": -scores,
        "values": np.stack([scores, scores], 1),
        "span": (4, 5),
        "layer": layer,
        "window": number,
        "question": "q",
        "context": CONTEXT,
        "value": float(number),
        "delta": [0.1, -0.3, 0.2][number],
        "error": [0.5, 0.1, 0.2][number],
    }
    return make(**(fields | changes))


@pytest.fixture
def results(make_attribution: Make) -> list[Attribution]:
    return [result(make_attribution, number) for number in range(3)]


def test_every_token_comes_from_its_window(results: list[Attribution]) -> None:
    merged = merge_windows(results, WINDOWS, best=1)
    assert merged.tokens == [*QUESTION, *WORDS, "[SEP]"]
    # Window w starts its passage at position 3; token p stands at 3 + p - context_first there.
    passage = [3, 4, 5, 6, 105, 106, 205, 206, 207, 208]
    assert merged.scores.tolist() == [100, 101, 102, *passage, 109]
    assert merged.signed.tolist() == (-merged.scores).tolist()
    assert merged.values is not None
    assert merged.values[:, 1].tolist() == merged.scores.tolist()
    assert [word.text for word in merged.words() if word.segment == 1] == WORDS


def test_span_moves_to_the_passage_numbering(results: list[Attribution]) -> None:
    for best, result_ in enumerate(results):
        merged = merge_windows(results, WINDOWS, best)
        assert result_.span is not None
        assert merged.span is not None
        start, end = result_.span
        assert merged.tokens[merged.span[0] : merged.span[1] + 1] == result_.tokens[start : end + 1]


def test_span_on_special_tokens(make_attribution: Make) -> None:
    for span, wanted in [((0, 0), (0, 0)), ((9, 9), (13, 13))]:
        items = [result(make_attribution, number, span=span) for number in range(3)]
        assert merge_windows(items, WINDOWS, best=1).span == wanted


def test_numbers_of_the_best_window_and_the_worst_gaps(results: list[Attribution]) -> None:
    merged = merge_windows(results, WINDOWS, best=2)
    assert (merged.value, merged.delta, merged.error) == (2.0, -0.3, 0.5)
    assert merged.evaluations == 150
    assert (merged.window, merged.windows, merged.converged) == (2, 3, None)


def test_convergence_is_that_of_all(make_attribution: Make) -> None:
    items = [result(make_attribution, n, converged=n != 1, delta=None, values=None) for n in range(3)]
    merged = merge_windows(items, WINDOWS, best=0)
    assert merged.converged is False
    assert merged.delta is None
    assert merged.values is None


def test_layers_merge_one_by_one(make_attribution: Make) -> None:
    items = [LayerAttributions(result(make_attribution, n, layer) for layer in (-1, 0)) for n in range(3)]
    merged = merge_windows(items, WINDOWS, best=1)
    assert isinstance(merged, LayerAttributions)
    assert merged.layers == (-1, 0)
    assert merged.scores.shape == (2, 14)


def test_one_window_is_itself(results: list[Attribution]) -> None:
    assert merge_windows(results[:1], WINDOWS[:1], best=0) is results[0]


def test_refused(results: list[Attribution]) -> None:
    with pytest.raises(ValueError, match="results must hold one for each window, got 2 for 3"):
        merge_windows(results[:2], WINDOWS, best=0)
    with pytest.raises(ValueError, match="best must be 0 … 2, got 3"):
        merge_windows(results, WINDOWS, best=3)
    with pytest.raises(ValueError, match="other tokens"):
        merge_windows(results[::-1], WINDOWS, best=0)
    with pytest.raises(ValueError, match="cover the passage, got none for token 4"):
        merge_windows(results, [WINDOWS[0], window(1, 2, 6, range(5, 6)), WINDOWS[2]], best=0)
    with pytest.raises(ValueError, match="token 3 twice"):
        merge_windows(results, [WINDOWS[0], window(1, 2, 6, range(3, 6)), WINDOWS[2]], best=0)
