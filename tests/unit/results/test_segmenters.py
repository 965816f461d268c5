"""Words by a segmenter in the tokenizer's place."""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib.util import find_spec
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

Make = Callable[..., Any]

QUESTION, CONTEXT = "谁离开？", "小明1843年 离开了港口。"
WORDS = {QUESTION: ["谁", "离开", "？"], CONTEXT: ["小明", "1843", "年", " ", "离开", "了", "港口", "。"]}


def chinese(make: Make, pieces: list[tuple[str, int, int]], context: str = CONTEXT) -> Any:
    """Attribute tokens of the context, with their characters, after a question of four characters."""
    asked = [(character, n, n + 1) for n, character in enumerate(QUESTION)]
    special = ("[SEP]", 0, 0)
    tokens = [("[CLS]", 0, 0), *asked, special, *pieces, special]
    segment = [-1, *[0] * len(asked), -1, *[1] * len(pieces), -1]
    return make(
        tokens=[token for token, *_ in tokens],
        offsets=[place for _, *place in tokens],
        segment=segment,
        word_ids=[-1, *range(len(asked)), -1, *range(len(pieces)), -1],
        scores=np.arange(len(tokens)),
        signed=-np.arange(len(tokens)),
        span=None,
        question=QUESTION,
        context=context,
    )


PIECES = [
    ("小", 0, 1),
    ("明", 1, 2),
    ("18", 2, 4),
    ("##43", 4, 6),
    ("年", 6, 7),
    *((character, n, n + 1) for n, character in enumerate("离开了港口。", 8)),
]


def test_characters_are_the_words_without_one(make_attribution: Make) -> None:
    words = chinese(make_attribution, PIECES).words()
    assert [word.text for word in words][:6] == [*"谁离开？小明"]


def test_words_of_both_texts(make_attribution: Make) -> None:
    item = chinese(make_attribution, PIECES)
    words = item.words(segmenter=WORDS.__getitem__)
    assert [(word.text, word.segment) for word in words] == [
        *((text, 0) for text in WORDS[QUESTION]),
        *((text, 1) for text in WORDS[CONTEXT] if text != " "),
    ]
    assert [(word.start_char, word.end_char) for word in words[3:6]] == [(0, 2), (2, 6), (6, 7)]
    # Tokens 6 and 7 are 小 and 明, 8 and 9 the year.
    assert [(word.score, word.signed) for word in words[3:5]] == [(13, -13), (17, -17)]
    assert [word.score for word in item.words("max", WORDS.__getitem__)[3:5]] == [7, 9]
    assert sum(word.score for word in words) == sum(word.score for word in item.words())


def test_a_token_across_two_words_joins_them(make_attribution: Make) -> None:
    pieces = [("小", 0, 1), ("明18", 1, 4), ("##43年", 4, 7), *PIECES[5:]]
    words = chinese(make_attribution, pieces).words(segmenter=WORDS.__getitem__)
    assert [word.text for word in words][3:5] == ["小明1843年", "离开"]


def test_what_the_segmenter_leaves_out_stands_alone(make_attribution: Make) -> None:
    kept = {QUESTION: ["离开"], CONTEXT: ["1843", "港口"]}
    words = chinese(make_attribution, PIECES).words(segmenter=kept.__getitem__)
    assert [word.text for word in words] == [
        *["谁", "离开", "？", "小", "明", "1843", "年", "离", "开", "了", "港口", "。"]
    ]


def cut(text: str, places: list[int]) -> list[tuple[int, int]]:
    edges = sorted({0, len(text), *(place % (len(text) + 1) for place in places)})
    return list(pairwise(edges))


@given(
    text=st.text("甲乙丙1a ", min_size=1, max_size=20).filter(str.strip),
    tokens=st.lists(st.integers(0, 99), max_size=8),
    words=st.lists(st.integers(0, 99), max_size=8),
)
def test_words_part_where_no_word_goes_on(
    make_attribution: Make, text: str, tokens: list[int], words: list[int]
) -> None:
    pieces = [(text[a:b], a, b) for a, b in cut(text, tokens) if text[a:b].strip()]
    held = [(a, b) for a, b in cut(text, words) if text[a:b].strip()]
    given_words = [text[a:b] for a, b in cut(text, words)]
    item = chinese(make_attribution, pieces, text)
    found = [w for w in item.words(segmenter=lambda t: given_words if t == text else list(t)) if w.segment]
    ends = [
        here
        for (_, _, here), (_, after, _) in pairwise(pieces)
        if not any(
            any(a < q and p < b for _, p, q in pieces if q <= here)
            and any(a < q and p < b for _, p, q in pieces if p >= after)
            for a, b in held
        )
    ]
    assert [word.end_char for word in found] == [*ends, pieces[-1][2]]
    assert sum(word.score for word in found) == sum(range(6, 6 + len(pieces)))


@pytest.mark.parametrize(
    ("segmenter", "error", "message"),
    [
        ("thulac", ValueError, "segmenter must be callable or one of jieba, got 'thulac'"),
        (3, TypeError, "segmenter must be callable or one of jieba, got int"),
        (lambda text: ["离开", "谁"], ValueError, "words of the text in order, got '谁' after 3"),
        (lambda text: [text, 1], TypeError, "segmenter must give words of type str, got int"),
    ],
)
def test_refused(make_attribution: Make, segmenter: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        chinese(make_attribution, PIECES).words(segmenter=segmenter)


def test_without_jieba(make_attribution: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    from bertqa_fast.attribution import segmenters

    monkeypatch.setitem(sys.modules, "jieba", None)
    segmenters._jieba.cache_clear()
    with pytest.raises(ImportError, match=r"pip install 'bertqa_fast\[jieba\]'"):
        chinese(make_attribution, PIECES).words(segmenter="jieba")


@pytest.mark.skipif(find_spec("jieba") is None, reason="jieba is not installed")
def test_with_jieba(make_attribution: Make) -> None:
    words = [word.text for word in chinese(make_attribution, PIECES).words(segmenter="jieba")]
    assert "".join(words) == QUESTION + CONTEXT.replace(" ", "")
    assert {"离开", "港口"} <= set(words)
