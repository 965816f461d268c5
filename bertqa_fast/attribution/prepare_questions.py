"""Questions: their windows, and the spans that are explained."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

from bertqa_fast.attribution.prepare import Prepared, Subject, for_each, target_arrays
from bertqa_fast.attribution.spans import Pinned, pin
from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import make_windows

if TYPE_CHECKING:
    from bertqa_fast.model import Model


def prepare_questions(
    model: Model,
    examples: Sequence[QAExample],
    *,
    span: Any,
    contrast: Any,
    merge: bool,
    max_length: int,
    doc_stride: int,
    max_answer_length: int,
    show_progress: bool | None,
) -> Prepared:
    """Cut questions and passages into windows, run them once, and pin every span; see :func:`.spans.pin`."""
    windows = make_windows(model.window_tokenizer, examples, max_length=max_length, doc_stride=doc_stride)
    logits = model.logits(windows, show_progress=show_progress)
    count = len(examples)
    spans = for_each("span", span, count, is_one=_is_pair(span))
    contrasts = for_each("contrast", contrast, count, is_one=_is_pair(contrast))
    pinned: list[Pinned] = []
    first = 0
    for number, group in groupby(windows, key=lambda window: window.example):
        own = list(group)
        pinned.append(
            pin(
                examples[number],
                own,
                logits[first : first + len(own)],
                spans[number],
                contrasts[number],
                merge=merge,
                max_answer_length=max_answer_length,
            )
        )
        first += len(own)
    each = [[chosen, *item.contrasts[at : at + 1]] for item in pinned for at, chosen in enumerate(item.spans)]
    return Prepared(
        windows=[window for item in pinned for window in item.windows],
        owners=[number for number, item in enumerate(pinned) for _ in item.windows],
        subjects=[Subject(span=chosen[0]) for chosen in each],
        best=[item.best for item in pinned],
        targets=target_arrays(each),
    )


def _is_pair(given: Any) -> bool:
    return isinstance(given, list) and len(given) == 2 and all(hasattr(at, "__index__") for at in given)
