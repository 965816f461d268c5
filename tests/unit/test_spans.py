"""Where a target is pinned: in which window, at which positions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.attribution.spans import Pinned, pin
from bertqa_fast.data.windows import Window, make_windows

PASSAGE = "ada wrote it in paris when ships sailed from the port in the year"
LAST_IN = PASSAGE.rindex("in ")
MARGIN = 5  # [CLS] who wrote it [SEP]


def example(*answers: Any, context: str = PASSAGE) -> bf.QAExample:
    return bf.QAExample("who wrote it", context, "q", answers)


@pytest.fixture
def cut(tiny_tokenizer: Any) -> Any:
    """Cut the example into windows; every token is one word."""

    def make(of: bf.QAExample, room: int = 64) -> list[Window]:
        return make_windows(tiny_tokenizer, [of], max_length=room, doc_stride=3)

    return make


def logits_for(windows: list[Window], window: int, start: int, end: int) -> list[Any]:
    """Logits whose best pair is (start, end) of one window."""
    out = []
    for number, w in enumerate(windows):
        s, e = np.zeros((2, len(w.tokens)), dtype=np.float32)
        if number == window:
            s[start] = e[end] = 9
        out.append((s, e))
    return out


def pin_one(of: bf.QAExample, windows: list[Window], best: Any = (0, 6, 7), **settings: Any) -> Pinned:
    given: dict[str, Any] = {"span": "predicted", "contrast": None, "merge": False} | settings
    span, contrast = given.pop("span"), given.pop("contrast")
    return pin(of, windows, logits_for(windows, *best), span, contrast, max_answer_length=30, **given)


def test_the_predicted_answer(cut: Any) -> None:
    windows = cut(example())
    assert pin_one(example(), windows).spans == [(6, 7)]


def test_the_window_with_the_best_answer(cut: Any) -> None:
    windows = cut(example(), 12)
    assert len(windows) > 2
    held = np.flatnonzero(windows[2].max_context)
    pinned = pin_one(example(), windows, (2, held[0], held[0]))
    assert pinned.windows == [windows[2]]
    assert pinned.spans == [(held[0], held[0])]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("paris", "paris"),
        (bf.Answer("in", LAST_IN), "in"),
        (bf.Answer("in the year", LAST_IN), "in the year"),
        ("wrote it in", "wrote it in"),
        ("sail", "sailed"),
    ],
)
def test_the_gold_answer(cut: Any, answer: Any, words: str) -> None:
    of = example(answer)
    [window] = pin_one(of, cut(of), span="gold").windows
    [(start, end)] = pin_one(of, cut(of), span="gold").spans
    assert PASSAGE[window.offsets[start, 0] : window.offsets[end, 1]] == words


def test_the_first_gold_answer_that_is_there(cut: Any) -> None:
    of = example("london", "", bf.Answer("paris", 3), "port")
    [(start, end)] = pin_one(of, cut(of), span="gold").spans
    assert (start, end) == (MARGIN + 10, MARGIN + 10)


def test_the_gold_answer_in_a_later_window(cut: Any) -> None:
    of = example("year")
    windows = cut(of, 12)
    pinned = pin_one(of, windows, span="gold")
    assert pinned.windows == [windows[-1]]
    [(start, end)] = pinned.spans
    assert windows[-1].tokens[start : end + 1] == ["year"]


@pytest.mark.parametrize("answers", [(), ("london",), (bf.Answer("paris", 1),), ("",)])
def test_no_gold_answer(cut: Any, answers: Any) -> None:
    of = example(*answers)
    with pytest.raises(ValueError, match="span: got 'gold', but example 'q' has no answer in its passage"):
        pin_one(of, cut(of), span="gold")


@pytest.mark.parametrize("span", [(6, 7), [6, 7], (np.int64(6), np.int32(7)), np.array([6, 7])])
def test_positions(cut: Any, span: Any) -> None:
    assert pin_one(example(), cut(example()), span=span).spans == [(6, 7)]


@pytest.mark.parametrize("span", [(7, 6), (-1, 2), (0, 99), (99, 99)])
def test_positions_outside(cut: Any, span: Any) -> None:
    with pytest.raises(ValueError, match=r"span: got \(.*wanted 0 <= start <= end < 20"):
        pin_one(example(), cut(example()), span=span)


@pytest.mark.parametrize("span", [3, (1,), (1, 2, 3), (1.5, 2), None, "best", ("a", "b")])
def test_what_is_no_span(cut: Any, span: Any) -> None:
    with pytest.raises(ValueError, match=r"span: got .*wanted"):
        pin_one(example(), cut(example()), span=span)


def test_a_contrast_lies_in_the_same_window(cut: Any) -> None:
    of = example("year")
    pinned = pin_one(of, cut(of), span="gold", contrast="predicted")
    assert pinned.contrasts == [(6, 7)]
    with pytest.raises(ValueError, match="contrast: the predicted answer lies in another window"):
        pin_one(of, cut(of, 12), span="gold", contrast="predicted")
    with pytest.raises(ValueError, match="contrast: got 'gold', but example 'q' has no answer in the window"):
        pin_one(of, cut(of, 12), contrast="gold")


def test_a_contrast_is_another_span(cut: Any) -> None:
    with pytest.raises(ValueError, match=r"contrast: got the span itself, \(6, 7\)"):
        pin_one(example(), cut(example()), contrast=(6, 7))


def test_joined_windows_are_pinned_at_the_same_words(cut: Any) -> None:
    """Windows that hold the span explain it; the others explain their own best answer."""
    windows = cut(example(), 12)
    pinned = pin_one(example(), windows, (0, MARGIN + 3, MARGIN + 4), merge=True)
    assert pinned.windows == windows
    assert pinned.best == 0
    texts = [w.tokens[a : b + 1] for w, (a, b) in zip(windows, pinned.spans, strict=True)]
    assert texts[:2] == [["in", "paris"], ["in", "paris"]]
    for window, (start, end) in zip(windows, pinned.spans, strict=True):
        assert window.segment[start] == window.segment[end] == 1


def test_joined_windows_have_no_contrast(cut: Any) -> None:
    with pytest.raises(ValueError, match="contrast: it needs one window, wanted windows='best'"):
        pin_one(example(), cut(example(), 12), merge=True, contrast=(0, 0))
