"""Join the windows of one example by the max-context rule.

A passage longer than the window is cut into windows that overlap, and most of its tokens are scored more
than once. Each is taken from the window that shows the most text around it, as in BERT's own SQuAD code.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.layer_results import LayerAttributions
from bertqa_fast.attribution.result import Attribution

if TYPE_CHECKING:
    from bertqa_fast.data.windows import Window

Result = TypeVar("Result", Attribution, LayerAttributions)


def merge_windows(results: Sequence[Result], windows: Sequence[Window], best: int) -> Result:
    """Join one example's results into one over ``[CLS] question [SEP] whole passage [SEP]``.

    The question, the special tokens, the span and the target's values are those of the best window; each
    passage token is that of the window with the most context around it. ``delta`` and ``error`` are the
    largest in magnitude over the windows, ``evaluations`` their sum.

    Parameters
    ----------
    results : sequence of Attribution or LayerAttributions
        One for each window, in the order of ``windows``.
    windows : sequence of Window
        All windows of the example.
    best : int
        Index into both: the window with the best answer.

    Raises
    ------
    ValueError
        There are no windows, the lengths differ, ``best`` is out of range, the results are not those of these
        windows, or a passage token belongs to no window or to two.
    """
    if not results or len(results) != len(windows):
        raise ValueError(
            f"results must hold one for each window, got {len(results)} for {len(windows)} windows"
        )
    if not 0 <= best < len(windows):
        raise ValueError(f"best must be 0 … {len(windows) - 1}, got {best}")
    if len(results) == 1:
        return results[0]
    if isinstance(results[0], LayerAttributions):
        layers = results[0].layers
        return LayerAttributions(
            merge_windows([result[layer] for result in results], windows, best) for layer in layers
        )
    return _merge(results, windows, best)


def _merge(results: Sequence[Attribution], windows: Sequence[Window], best: int) -> Attribution:
    for result, window in zip(results, windows, strict=True):
        if result.tokens != list(window.tokens):
            raise ValueError(
                f"results must be those of the windows, got other tokens at window {window.index}"
            )
    source, position = _sources(windows, best)

    def gather(name: str) -> NDArray[Any]:
        parts = [getattr(result, name) for result in results]
        starts = np.cumsum([0, *(len(part) for part in parts[:-1])])
        return np.concatenate(parts)[starts[source] + position]

    top = results[best]
    deltas = [result.delta for result in results if result.delta is not None]
    errors = [result.error for result in results if result.error is not None]
    converged = [result.converged for result in results]
    return dataclasses.replace(
        top,
        tokens=[results[w].tokens[t] for w, t in zip(source, position, strict=True)],
        offsets=gather("offsets"),
        segment=gather("segment"),
        word_ids=gather("word_ids"),
        scores=gather("scores"),
        signed=gather("signed"),
        values=None if any(result.values is None for result in results) else gather("values"),
        span=None if top.span is None else _moved_span(top.span, windows[best], len(source)),
        delta=max(deltas, key=abs) if len(deltas) == len(results) else None,
        error=max(errors) if len(errors) == len(results) else None,
        evaluations=sum(result.evaluations for result in results),
        converged=None if None in converged else all(converged),
        windows=len(results),
    )


def _context(window: Window) -> NDArray[np.intp]:
    """Positions of the window's passage tokens, which stand together."""
    return np.flatnonzero(window.segment == 1)


def _sources(windows: Sequence[Window], best: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """For each merged token, the window that it comes from and its position there."""
    total = max(window.context_first + len(_context(window)) for window in windows)
    source = np.full(total, -1, dtype=np.intp)
    position = np.zeros(total, dtype=np.intp)
    for number, window in enumerate(windows):
        context = _context(window)
        mine = context[window.max_context[context]]
        at = window.context_first + mine - context[0]
        if (source[at] != -1).any():
            raise ValueError(
                f"windows must claim each passage token once, got token {at[source[at] != -1][0]} twice"
            )
        source[at] = number
        position[at] = mine
    if (source == -1).any():
        raise ValueError(
            f"windows must cover the passage, got none for token {np.flatnonzero(source == -1)[0]}"
        )
    context = _context(windows[best])
    before = np.arange(context[0])
    after = np.arange(context[-1] + 1, len(windows[best].tokens))
    outside = np.full(len(before), best), np.full(len(after), best)
    return (
        np.concatenate([outside[0], source, outside[1]]),
        np.concatenate([before, position, after]),
    )


def _moved_span(span: tuple[int, int], window: Window, total: int) -> tuple[int, int]:
    """Return the span's positions in the numbering of the whole passage."""
    context = _context(window)

    def moved(position: int) -> int:
        if position < context[0]:
            return position
        if position > context[-1]:
            return total - (len(window.tokens) - position)
        return int(position + window.context_first)

    return moved(span[0]), moved(span[1])
