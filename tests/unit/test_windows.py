"""Windows: against the loop that the run_squad script describes, token by token."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import Window, make_windows

ADA = QAExample("Who wrote it?", "It was written by Ada\u00a0in 1843.", "ada")


def test_one_window_by_hand(tiny_tokenizer: Any) -> None:
    (window,) = make_windows(tiny_tokenizer, [ADA])
    wanted = "[CLS] who wrote it ? [SEP] it was written by ada in 1 ##8 ##4 ##3 . [SEP]"
    assert " ".join(window.tokens) == wanted
    assert window.input_ids.tolist() == tiny_tokenizer.convert_tokens_to_ids(window.tokens)
    assert window.segment.tolist() == [-1, 0, 0, 0, 0, -1, *[1] * 11, -1]
    assert window.token_type_ids.tolist() == [0] * 6 + [1] * 12
    assert window.word_ids.tolist() == [-1, 0, 1, 2, 3, -1, 0, 1, 2, 3, 4, 5, 6, 6, 6, 6, 7, -1]
    assert window.max_context.tolist() == [False] * 6 + [True] * 11 + [False]
    assert (window.example, window.index, window.context_first) == (0, 0, 0)
    assert window.offsets[[0, 5, -1]].tolist() == [[0, 0]] * 3
    for array, dtype in (
        (window.input_ids, np.int64),
        (window.token_type_ids, np.int64),
        (window.offsets, np.int32),
        (window.segment, np.int8),
        (window.word_ids, np.int32),
        (window.max_context, np.bool_),
    ):
        assert array.dtype == dtype


def test_offsets_point_into_the_texts(tiny_tokenizer: Any) -> None:
    example = QAExample("WHO  wrote\tÍt ?", " Ada's, ships\u2009sailed\n(1843) É. ")
    for window in make_windows(tiny_tokenizer, [example], max_length=16, doc_stride=3):
        for token, (first, end), segment in zip(window.tokens, window.offsets, window.segment, strict=True):
            text = (example.question, example.context, "")[segment][first:end] if segment >= 0 else ""
            plain = text.lower().replace("é", "e").replace("í", "i")
            assert plain == ("" if segment < 0 else token.removeprefix("##"))


def slow_windows(length: int, room: int, stride: int) -> tuple[list[tuple[int, int]], list[int]]:
    """Return (start, length) of the windows and each token's owner, one token and one window at a time."""
    spans, start = [], 0
    while start < length:
        count = min(room, length - start)
        spans.append((start, count))
        if start + count == length:
            break
        start += min(count, stride)
    owners = []
    for token in range(length):
        best, owner = -1.0, -1
        for number, (first, count) in enumerate(spans):
            last = first + count - 1
            if first <= token <= last:
                score = min(token - first, last - token) + 0.01 * count
                if score > best:
                    best, owner = score, number
        owners.append(owner)
    return spans, owners


@given(
    words=st.integers(1, 90), question=st.integers(1, 6), room=st.integers(1, 30), stride=st.integers(1, 40)
)
def test_windows_are_those_of_the_reference(
    tiny_tokenizer: Any, words: int, question: int, room: int, stride: int
) -> None:
    example = QAExample(" ".join(["who"] * question), " ".join("abcdefghij"[i % 10] for i in range(words)))
    windows = make_windows(tiny_tokenizer, [example], max_length=room + question + 3, doc_stride=stride)
    spans, owners = slow_windows(words, room, stride)
    assert [(w.context_first, int((w.segment == 1).sum())) for w in windows] == spans
    assert [w.index for w in windows] == list(range(len(spans)))
    for number, window in enumerate(windows):
        first, count = spans[number]
        assert len(window.tokens) == question + 3 + count
        mine = window.max_context[window.segment == 1].tolist()
        assert mine == [owner == number for owner in owners[first : first + count]]
        assert not window.max_context[window.segment != 1].any()
        assert window.word_ids[window.segment == 1].tolist() == list(range(first, first + count))


def test_several_examples_keep_their_order(tiny_tokenizer: Any) -> None:
    other = QAExample("when ?", ADA.context)
    windows = make_windows(tiny_tokenizer, [ADA, other, ADA], max_length=12, doc_stride=2)
    assert [w.example for w in windows] == sorted(w.example for w in windows)
    assert {w.example for w in windows} == {0, 1, 2}
    alone = make_windows(tiny_tokenizer, [other], max_length=12, doc_stride=2)
    assert [w.tokens for w in windows if w.example == 1] == [w.tokens for w in alone]
    assert make_windows(tiny_tokenizer, []) == []


def test_long_questions_are_cut_only_when_asked(tiny_tokenizer: Any) -> None:
    (window,) = make_windows(tiny_tokenizer, [ADA], max_query_length=2)
    assert window.tokens[:4] == ["[CLS]", "who", "wrote", "[SEP]"]
    with pytest.raises(ValueError, match=r"question of example 'ada' has 4 tokens, and wanted are at most 3"):
        make_windows(tiny_tokenizer, [ADA], max_length=7)
    assert len(make_windows(tiny_tokenizer, [ADA], max_length=8)) == 11


def test_the_tokenizer_s_own_limits_do_not_matter(tiny_tokenizer_folder: Any) -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(str(tiny_tokenizer_folder))
    wanted = make_windows(tokenizer, [ADA])
    tokenizer.backend_tokenizer.enable_truncation(max_length=3)
    tokenizer.backend_tokenizer.enable_padding(length=40)
    assert [w.tokens for w in make_windows(tokenizer, [ADA])] == [w.tokens for w in wanted]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"max_length": 0}, ValueError, "max_length must be 1 or more, got 0"),
        ({"max_length": 3}, ValueError, "wanted are at most 0"),
        ({"doc_stride": 0}, ValueError, "doc_stride must be 1 or more, got 0"),
        ({"doc_stride": 1.5}, TypeError, "doc_stride must be an int, got float"),
        ({"doc_stride": True}, TypeError, "doc_stride must be an int, got bool"),
        ({"max_query_length": 0}, ValueError, "max_query_length must be 1 or more"),
        ({"examples": ["Who?"]}, TypeError, "examples must hold QAExample, got str"),
        (
            {"examples": [QAExample("Who?", "\u200b\x01")]},
            ValueError,
            "context of example 0 has no tokens",
        ),
        ({"examples": [QAExample("\x01", "Ada", "x")]}, ValueError, "question of example 'x' has no tokens"),
        ({"tokenizer": object()}, TypeError, "tokenizer must be a fast one"),
    ],
)
def test_bad_arguments_are_named(
    tiny_tokenizer: Any, options: dict[str, Any], error: type, message: str
) -> None:
    given_ = {"tokenizer": tiny_tokenizer, "examples": [ADA]} | options
    with pytest.raises(error, match=message):
        make_windows(given_.pop("tokenizer"), given_.pop("examples"), **given_)


def test_windows_compare_by_identity(tiny_tokenizer: Any) -> None:
    first, second = (make_windows(tiny_tokenizer, [ADA])[0] for _ in range(2))
    assert first == first
    assert first != second
    assert isinstance(hash(first), int)
    assert isinstance(first, Window)
