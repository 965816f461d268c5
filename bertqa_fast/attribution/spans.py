"""Which window of an example is explained, and at which positions its target is pinned.

Positions are pinned once, before integration: they never move along the path.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import Window, with_text
from bertqa_fast.tasks.answers import Logits, rank_answers

Span = tuple[int, int]


@dataclass(frozen=True)
class Pinned:
    """Windows of one example to explain, each with its span, and which of them holds the best answer.

    ``contrasts`` is empty, or one span for each window.
    """

    windows: list[Window]
    spans: list[Span]
    contrasts: list[Span]
    best: int


def pin(
    example: QAExample,
    windows: Sequence[Window],
    logits: Sequence[Logits],
    span: Any,
    contrast: Any,
    *,
    merge: bool,
    max_answer_length: int,
) -> Pinned:
    """Choose windows and pin spans.

    Parameters
    ----------
    span, contrast : str or pair
        ``"predicted"``, ``"gold"``, or (start, end) positions in the window with the best answer, both
        inclusive; ``contrast`` may be None.
    merge : bool
        Explain every window (those that do not hold the span explain their own best one), not the best alone.

    Raises
    ------
    ValueError
        For positions outside the window, or a gold answer that is not in the passage.
    """
    prediction = rank_answers(example, windows, logits, n_best=1, max_answer_length=max_answer_length)
    predicted = _at(windows, prediction.window), (prediction.start_token, prediction.end_token)
    best, chosen = _resolve("span", span, example, windows, predicted, None)
    other = None if contrast is None else _resolve("contrast", contrast, example, windows, predicted, best)[1]
    if other is not None and other == chosen:
        raise ValueError(f"contrast: got the span itself, {other}, wanted another one")
    if not merge or len(windows) == 1:
        return Pinned([windows[best]], [chosen], [] if other is None else [other], 0)
    if other is not None:
        raise ValueError("contrast: it needs one window, wanted windows='best'")
    spans = []
    for number, window in enumerate(windows):
        if number == best:
            spans.append(chosen)
            continue
        if windows[best].segment[chosen[0]] != 1 and chosen[1] < np.flatnonzero(window.segment == 1)[0]:
            spans.append(chosen)  # in the question, which stands at the same place in every window
            continue
        same = _positions(window, *_characters(windows[best], chosen))
        spans.append(same or _own_best(example, window, logits[number], max_answer_length))
    return Pinned(list(windows), spans, [], best)


def _at(windows: Sequence[Window], index: int) -> int:
    return next(number for number, window in enumerate(windows) if window.index == index)


def _resolve(
    name: str,
    wanted: Any,
    example: QAExample,
    windows: Sequence[Window],
    predicted: tuple[int, Span],
    fixed: int | None,
) -> tuple[int, Span]:
    """Return (window, span). ``fixed`` is the window that the span has to lie in, if there is one."""
    if isinstance(wanted, str):
        if wanted == "predicted":
            if fixed not in (None, predicted[0]):
                raise ValueError(f"{name}: the predicted answer lies in another window than the span")
            return predicted
        if wanted == "gold":
            return _gold(name, example, windows, fixed)
        raise ValueError(f"{name}: got {wanted!r}, wanted 'predicted', 'gold' or a pair of token positions")
    number = predicted[0] if fixed is None else fixed
    length = len(windows[number].input_ids)
    try:
        start, end = (int(position.__index__()) for position in wanted)
    except (TypeError, ValueError, AttributeError):
        raise ValueError(f"{name}: got {wanted!r}, wanted a pair of token positions (start, end)") from None
    if not 0 <= start <= end < length:
        raise ValueError(f"{name}: got ({start}, {end}), wanted 0 <= start <= end < {length}")
    return number, (start, end)


def _gold(name: str, example: QAExample, windows: Sequence[Window], fixed: int | None) -> tuple[int, Span]:
    for answer in example.answers:
        first = example.context.find(answer.text) if answer.start is None else answer.start
        if not answer.text or example.context[first : first + len(answer.text)] != answer.text or first < 0:
            continue
        numbers = range(len(windows)) if fixed is None else [fixed]
        found = [(n, _positions(windows[n], first, first + len(answer.text))) for n in numbers]
        held = [(n, positions) for n, positions in found if positions is not None]
        if held:
            # The window that shows the most text around the answer's first token.
            return next((h for h in held if windows[h[0]].max_context[h[1][0]]), held[0])
    where = "its passage" if fixed is None else "the window of the span"
    raise ValueError(f"{name}: got 'gold', but example {example.id!r} has no answer in {where}")


def _characters(window: Window, span: Span) -> tuple[int, int]:
    return int(window.offsets[span[0], 0]), int(window.offsets[span[1], 1])


def _positions(window: Window, first: int, last: int) -> Span | None:
    """Return the context tokens of a window that cover the characters; None where it does not hold them."""
    context = np.flatnonzero(window.segment == 1)
    starts, ends = window.offsets[context, 0], window.offsets[context, 1]
    covering = context[(starts < last) & (ends > first) & with_text(window)[context]]
    if first >= last or len(covering) == 0 or starts[0] > first or ends[-1] < last:
        return None
    return int(covering[0]), int(covering[-1])


def _own_best(example: QAExample, window: Window, logits: Logits, max_answer_length: int) -> Span:
    alone = replace(window, max_context=window.segment == 1)
    prediction = rank_answers(example, [alone], [logits], n_best=1, max_answer_length=max_answer_length)
    return prediction.start_token, prediction.end_token
