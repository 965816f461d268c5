"""Words, the largest of them and the answer's sentence, against cases written out by hand."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import bertqa_fast as bf
from bertqa_fast.analysis.words import largest, sentence_around, words_of
from bertqa_fast.data.windows import make_windows
from bertqa_fast.runs.reader import Run
from bertqa_fast.runs.scored import ScoredWindow
from bertqa_fast.tokenizer import load_tokenizer

MakeRun = Callable[..., Run]
Write = Callable[..., Any]


@pytest.fixture
def window(make_run: MakeRun, written: Write) -> Callable[..., ScoredWindow]:
    """Make one window; token t has the score 2^t, so that a sum says which tokens are in it."""

    def make(question: str, context: str, **rest: Any) -> ScoredWindow:
        count = len(question.split()) + len(context.split()) + 3
        return next(make_run(written(question, context, [2.0 ** np.arange(count)], **rest)).scored())

    return make


def test_whole_words(window: Callable[..., ScoredWindow]) -> None:
    scored = window("who ##se ?", "the poly ##ni ##a fell .")
    words = words_of(scored)
    assert words.texts == ["whose", "?", "the", "polynia", "fell", "."]
    assert words.segment.tolist() == [0, 0, 1, 1, 1, 1]
    # [CLS] who ##se ? [SEP] the poly ##ni ##a fell . [SEP]
    assert words.sums(scored.scores)[0].tolist() == [2 + 4, 8, 32, 64 + 128 + 256, 512, 1024]
    assert words_of(scored, 1).texts == ["the", "polynia", "fell", "."]


def test_pieces_that_join_each_other_but_not_the_head(window: Callable[..., ScoredWindow]) -> None:
    scored = window("who ##se ?", "the poly ##ni ##a fell ##ing ham ##let ##s .")
    words = words_of(scored, 1, merge="reference")
    assert words.texts == ["the", "poly", "nia", "fell", "ing", "ham", "lets", "."]
    assert words.sums(scored.scores)[0].tolist() == [
        2**5,
        2**6,
        2**7 + 2**8,
        2**9,
        2**10,
        2**11,
        2**12 + 2**13,
        2**14,
    ]
    assert words_of(scored, 0, merge="reference").texts == ["who", "se", "?"]
    assert words_of(scored, merge="reference").texts[:4] == ["who", "se", "?", "the"]


def test_an_unknown_merge(window: Callable[..., ScoredWindow]) -> None:
    with pytest.raises(ValueError, match="merge must be one of whole, reference, got 'head'"):
        words_of(window("who ?", "ada ."), 1, merge="head")


@given(
    hnp.arrays(np.float64, (2, 6), elements=st.sampled_from([0.0, 1.0, 2.0, 3.0])),
    st.integers(min_value=1, max_value=8),
)
def test_largest_of_equal_ones_the_first(scores: np.ndarray, k: int) -> None:
    wanted = [sorted(range(6), key=lambda at: (-row[at], at))[:k] for row in scores]
    assert largest(scores, k).tolist() == wanted


#          1   2 3     5 6   7   8   9    10 11 12 13 14   15  16 17
CONTEXT = "one . two three four five six seven . eight nine . ten"
SENTENCES = [
    # answer (tokens of the context), rule, the sentence's other words
    ((3, 3), "sentence", "two four five six seven"),
    ((3, 3), "reference", "two four five six"),  # the token before the full stop is left out
    ((2, 7), "sentence", ""),
    ((0, 0), "sentence", ""),
    ((12, 12), "sentence", ""),
    ((9, 9), "reference", ""),
]


@pytest.mark.parametrize(("answer", "rule", "wanted"), SENTENCES)
def test_the_answers_sentence(
    window: Callable[..., ScoredWindow], answer: tuple[int, int], rule: str, wanted: str
) -> None:
    scored = window("who .", CONTEXT, answer=answer)
    chosen = sentence_around(scored, rule)
    assert [scored.tokens[at] for at in np.flatnonzero(chosen)] == wanted.split()


@pytest.mark.parametrize(
    ("rule", "wanted"),
    [("sentence", "a b c d e f h i j k l m"), ("reference", "c d e f h i j k")],
)
def test_a_sentence_without_full_stops(window: Callable[..., ScoredWindow], rule: str, wanted: str) -> None:
    scored = window("who", "a b c d e f g h i j k l m", answer=(6, 6))
    chosen = sentence_around(scored, rule)
    assert [scored.tokens[at] for at in np.flatnonzero(chosen)] == wanted.split()


def test_four_tokens_stay_inside_the_context(window: Callable[..., ScoredWindow]) -> None:
    near = window("who", "a b c d", answer=(1, 1))
    assert np.flatnonzero(sentence_around(near, "reference")).tolist() == [3, 5, 6]


def test_no_answer_no_sentence(window: Callable[..., ScoredWindow]) -> None:
    scored = window("who", "ada .", answer=(-3, -3))  # the [CLS] token
    assert scored.span == (0, 0)
    assert not sentence_around(scored).any()


PASSAGE = "It sailed in May. Ada's café sold 14  letters (in Paris). The end."


@pytest.fixture
def read(tokenizer_folder: Callable[[str], Path]) -> Callable[..., ScoredWindow]:
    """Make the window of a kind of tokenizer over the passage above, around an answer; token t has 2^t."""

    def make(kind: str, answer: str) -> ScoredWindow:
        example = bf.QAExample("Who sailed?", PASSAGE)
        [window] = make_windows(load_tokenizer(tokenizer_folder(kind)), [example])
        at, scores = PASSAGE.index(answer), 2.0 ** np.arange(len(window.tokens))[None]
        held = (window.offsets[:, 1] > at) & (window.offsets[:, 0] < at + len(answer))
        place = np.flatnonzero(held & (window.segment == 1))
        return ScoredWindow(
            example=0,
            id=None,
            window=0,
            layers=(0,),
            scores=scores,
            signed=scores,
            tokens=window.tokens,
            segment=window.segment,
            word_ids=window.word_ids,
            offsets=window.offsets,
            span=(int(place[0]), int(place[-1])),
            question=example.question,
            context=PASSAGE,
        )

    return make


OTHERS = ["byte-level", "byte-level, spaces kept", "xlm-roberta", "albert", "unigram", "metaspace bpe"]


@pytest.mark.parametrize("kind", ["wordpiece cased", *OTHERS])
def test_the_sentence_by_any_tokenizer(read: Callable[..., ScoredWindow], kind: str) -> None:
    scored = read(kind, "14")
    chosen = np.flatnonzero(sentence_around(scored))
    places = {place for a, b in scored.offsets[chosen].tolist() for place in range(a, b)}
    assert "".join(PASSAGE[place] for place in sorted(places)) in (
        "Ada'scafésoldletters(inParis",
        "Ada'scafésoldletters(inParis)",
    )


@pytest.mark.parametrize("kind", OTHERS)
def test_pieces_without_their_head_by_any_tokenizer(read: Callable[..., ScoredWindow], kind: str) -> None:
    scored = read(kind, "14")
    words = words_of(scored, 1, merge="reference")
    wanted = []
    # A word's first piece alone, and what follows it together; white space is no piece.
    for number in range(scored.word_ids.max() + 1):
        own = (
            (scored.word_ids == number)
            & (scored.segment == 1)
            & (scored.offsets[:, 1] > scored.offsets[:, 0])
        )
        edges = scored.offsets[own].tolist()
        wanted += [PASSAGE[slice(*edges[0])]] if edges else []
        wanted += [PASSAGE[edges[1][0] : edges[-1][1]]] if len(edges) > 1 else []
    assert words.texts == wanted
    assert all(words.texts)
