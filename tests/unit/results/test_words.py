"""Tokens joined to words, and the largest of either."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bertqa_fast.attribution.results import Token, Word

Make = Callable[..., Any]


def test_words_are_slices_of_the_texts_and_sum_their_tokens(make_attribution: Make) -> None:
    words = make_attribution().words()
    assert [word.text for word in words] == ["Who", "sailed", "?", "Ada", "Winterbourne", "sailed", "."]
    assert words[4] == Word("Winterbourne", 4, 16, 1, 4.0, -1.0)


def test_words_and_special_tokens_hold_every_score(make_attribution: Make) -> None:
    item = make_attribution()
    specials = item.scores[item.segment < 0].sum()
    assert sum(word.score for word in item.words()) + specials == pytest.approx(item.scores.sum())


@pytest.mark.parametrize(("reduce", "score", "signed"), [("mean", 2.0, -0.5), ("max", 3.0, -2.0)])
def test_other_reductions(make_attribution: Make, reduce: str, score: float, signed: float) -> None:
    word = make_attribution().words(reduce)[4]
    assert (word.score, word.signed) == (score, signed)


def test_one_word_number_in_two_segments_makes_two_words(make_attribution: Make) -> None:
    item = make_attribution(
        tokens=["a", "b"],
        offsets=[(0, 1), (0, 1)],
        segment=[0, 1],
        word_ids=[0, 0],
        scores=[1, 2],
        signed=[0, 0],
        span=None,
        question="a",
        context="b",
    )
    assert [(word.text, word.segment) for word in item.words()] == [("a", 0), ("b", 1)]


def test_unknown_reduction(make_attribution: Make) -> None:
    with pytest.raises(ValueError, match="reduce must be one of sum, mean, max, got 'median'"):
        make_attribution().words("median")


def test_top_tokens(make_attribution: Make) -> None:
    top = make_attribution().top(4)
    assert [(token.text, token.index) for token in top] == [
        ("ada", 5),
        ("winter", 6),
        ("sailed", 2),
        ("sailed", 8),
    ]
    assert top[0] == Token("ada", 5, 0, 3, 1, 4.0, 2.0)


def test_top_words_and_bounds(make_attribution: Make) -> None:
    item = make_attribution()
    assert [word.text for word in item.top(2, of="words")] == ["Ada", "Winterbourne"]
    assert item.top(0) == []
    assert len(item.top(100)) == 11
    assert len(item.top(np.int64(2))) == 2


@pytest.mark.parametrize(
    ("k", "of", "error"), [(-1, "tokens", ValueError), (1.5, "tokens", TypeError), (1, "x", ValueError)]
)
def test_top_refused(make_attribution: Make, k: Any, of: str, error: type[Exception]) -> None:
    with pytest.raises(error, match="must"):
        make_attribution().top(k, of=of)
