"""Labels, batch order and padding of the training data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bertqa_fast.data.examples import Answer, QAExample
from bertqa_fast.data.windows import make_windows
from bertqa_fast.tasks.training_data import batch_order, first_shuffled, label_windows, pad

CONTEXT = "the ships sailed from paris in 1843. Ada's port-wine, it was."


def example(text: str, start: int | None = None, **fields: Any) -> QAExample:
    place = CONTEXT.index(text) if start is None else start
    return QAExample("who ?", CONTEXT, "q", (Answer(text, place),), **fields)


def labelled_text(tokenizer: Any, case: QAExample, **sizes: int) -> list[str]:
    found = label_windows(tokenizer, [case], **sizes)
    return [
        CONTEXT[w.offsets[s, 0] : w.offsets[e, 1]]
        for w, s, e in zip(found.windows, found.starts, found.ends, strict=True)
    ]


@pytest.mark.parametrize("text", ["the", "paris", "1843", "Ada", "port", "wine, it was.", "84", CONTEXT])
def test_answers_are_mapped_to_the_tightest_tokens(tiny_tokenizer: Any, text: str) -> None:
    assert labelled_text(tiny_tokenizer, example(text)) == [text]


def test_answers_inside_a_token_or_with_blanks(tiny_tokenizer: Any) -> None:
    assert labelled_text(tiny_tokenizer, example("hip")) == ["ships"]
    assert labelled_text(tiny_tokenizer, example(" paris ")) == ["paris"]


@given(first=st.integers(0, len(CONTEXT) - 1), count=st.integers(1, 30), room=st.integers(1, 12))
def test_every_window_that_shows_the_whole_answer_marks_it(
    tiny_tokenizer: Any, first: int, count: int, room: int
) -> None:
    text = CONTEXT[first : first + count]
    if not text.strip():
        return
    found = label_windows(tiny_tokenizer, [example(text, first)], max_length=room + 5, doc_stride=3)
    begin, end = first + len(text) - len(text.lstrip()), first + len(text.rstrip())
    (whole,) = make_windows(tiny_tokenizer, [example(text, first)])
    offsets = whole.offsets[whole.segment == 1]
    wanted = {number for number, (a, b) in enumerate(offsets) if b > begin and a < end}
    for window, start, last in zip(found.windows, found.starts, found.ends, strict=True):
        inside = np.flatnonzero(window.segment == 1)
        shown = range(window.context_first, window.context_first + len(inside))
        if wanted <= set(shown):
            marked = range(start - inside[0] + shown[0], last - inside[0] + shown[0] + 1)
            assert set(marked) == wanted
        else:
            assert (start, last) == (0, 0)


def test_unusable_examples_are_dropped_and_counted(tiny_tokenizer: Any) -> None:
    cases = [
        example("paris"),
        example("paris", 3),  # Not at its place.
        example("paris", 10**6),
        example(" ", 3),
        QAExample("who ?", CONTEXT, "none"),
        QAExample("who ?", CONTEXT, "unplaced", ("sailed",)),
        QAExample("who ?", CONTEXT, "elsewhere", ("London",)),
        QAExample("who ?", CONTEXT, "never", is_impossible=True),
    ]
    found = label_windows(tiny_tokenizer, cases)
    assert (found.examples, found.dropped, len(found.windows)) == (2, 6, 2)
    both = label_windows(tiny_tokenizer, cases, unanswerable=True)
    assert (both.examples, both.dropped) == (3, 5)
    assert (both.starts[-1], both.ends[-1]) == (0, 0)


def test_every_epoch_reads_every_window_once() -> None:
    batches = list(batch_order(11, 4, 3, seed=5))
    assert [len(batch) for batch in batches] == [4, 4, 3] * 3
    epochs = [np.concatenate(batches[first : first + 3]) for first in (0, 3, 6)]
    assert all(sorted(epoch) == list(range(11)) for epoch in epochs)
    assert not np.array_equal(epochs[0], epochs[1])
    again = list(batch_order(11, 4, 3, seed=5))
    assert all(np.array_equal(a, b) for a, b in zip(batches, again, strict=True))
    other = np.concatenate(list(batch_order(11, 4, 1, seed=6)))
    assert not np.array_equal(epochs[0], other)


def test_a_limit_is_a_seeded_draw() -> None:
    cases = [QAExample("who ?", CONTEXT, str(number)) for number in range(50)]
    assert first_shuffled(cases, None, 1) == cases
    drawn = first_shuffled(cases, 10, 1)
    assert drawn == first_shuffled(cases, 20, 1)[:10] != cases[:10]
    assert drawn != first_shuffled(cases, 10, 2)
    assert len(first_shuffled(cases, 99, 1)) == 50


def test_padding(tiny_tokenizer: Any) -> None:
    windows = make_windows(tiny_tokenizer, [QAExample("who ?", "ada"), QAExample("who ?", CONTEXT)])
    batch = pad(windows, pad_token_id=7)
    longest = len(windows[1].tokens)
    assert {key: value.shape for key, value in batch.items()} == dict.fromkeys(batch, (2, longest))
    for row, window in enumerate(windows):
        count = len(window.tokens)
        assert batch["input_ids"][row].tolist() == window.input_ids.tolist() + [7] * (longest - count)
        assert batch["token_type_ids"][row, :count].tolist() == window.token_type_ids.tolist()
        assert batch["attention_mask"][row].tolist() == [1] * count + [0] * (longest - count)
