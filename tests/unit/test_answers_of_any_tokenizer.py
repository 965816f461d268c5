"""Answers, labels and pinned spans where tokens hold spaces or bytes: they lie on tokens that show text."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.attribution.spans import pin
from bertqa_fast.data.windows import Window, make_windows, with_text
from bertqa_fast.tasks.answers import rank_answers
from bertqa_fast.tasks.training_data import label_windows
from bertqa_fast.tokenizer import load_tokenizer

from ..tokenizer_kinds import KINDS

CONTEXT = "  It  left in May\n\nwith Ada, 😀 Bob and 14 crates; the café (Paris) paid. "
SIZES = {"max_length": 30, "doc_stride": 7}


@pytest.fixture(params=KINDS)
def tokenizer(request: pytest.FixtureRequest, tokenizer_folder: Callable[[str], Path]) -> Any:
    return load_tokenizer(tokenizer_folder(request.param))


def example(*answers: Any) -> bf.QAExample:
    return bf.QAExample("Who left?", CONTEXT, "q", answers)


def drawn(windows: list[Window], seed: int) -> list[Any]:
    generator = np.random.default_rng(seed)
    return [tuple(generator.standard_normal((2, len(w.tokens)), dtype=np.float32)) for w in windows]


def slow_best(windows: list[Window], logits: list[Any], longest: int) -> list[tuple[float, str]]:
    """Return score and text of every span that begins and ends with text, best first."""
    spans = []
    for window, (starts, ends) in zip(windows, logits, strict=True):
        own = [at for at in range(len(window.tokens)) if window.segment[at] == 1]
        for start, end in product(own, own):
            if not start <= end < start + longest or not window.max_context[start]:
                continue
            (a, b), (c, d) = window.offsets[start], window.offsets[end]
            if a < b and c < d:
                spans.append((float(starts[start]) + float(ends[end]), CONTEXT[a:d]))
    return sorted(spans, key=lambda span: -span[0])


@pytest.mark.parametrize("seed", range(4))
def test_answers_begin_and_end_with_text(tokenizer: Any, seed: int) -> None:
    windows = make_windows(tokenizer, [example()], **SIZES)
    logits = drawn(windows, seed)
    found = rank_answers(example(), windows, logits, n_best=40, max_answer_length=6)
    wanted = slow_best(windows, logits, 6)[:40]
    assert [entry.text for entry in found.n_best] == [text for _, text in wanted]
    for entry in found.n_best:
        assert entry.text == CONTEXT[entry.start_char : entry.end_char] == entry.text.strip() != ""


def test_a_window_of_white_space_alone_has_an_answer(tokenizer_folder: Callable[[str], Path]) -> None:
    tokenizer = load_tokenizer(tokenizer_folder("byte-level"))
    of = bf.QAExample("Who?", "a" + " " * 60 + "b")
    windows = make_windows(tokenizer, [of], max_length=20, doc_stride=10)
    empty = [window for window in windows if not with_text(window)[window.segment == 1].any()]
    assert empty
    alone = [empty[0]]
    assert rank_answers(of, alone, drawn(alone, 0)).text == ""
    assert rank_answers(of, windows, drawn(windows, 0)).text in ("a", "b", of.context)


@pytest.mark.parametrize("text", ["Ada", "14", "Bob and 14", "Paris", "left in", "May\n\nwith", "😀"])
@pytest.mark.parametrize("margin", [0, 1])
def test_labels_and_gold_spans(tokenizer: Any, text: str, margin: int) -> None:
    """The tokens of the answer's first and last characters, also where white space around is annotated."""
    start = CONTEXT.index(text)
    if margin and not (CONTEXT[start - 1] + CONTEXT[start + len(text)]).isspace():
        return
    of = example(bf.Answer(CONTEXT[start - margin : start + len(text) + margin], start - margin))
    [window] = make_windows(tokenizer, [of])
    inside = [
        at
        for at in range(len(window.tokens))
        if window.segment[at] == 1
        and any(start <= place < start + len(text) for place in range(*window.offsets[at]))
    ]
    wanted = inside[0], inside[-1]
    labels = label_windows(tokenizer, [of])
    assert (labels.starts[0], labels.ends[0]) == wanted
    pinned = pin(of, [window], drawn([window], 0), "gold", None, max_answer_length=30, merge=False)
    assert pinned.spans == [wanted]
