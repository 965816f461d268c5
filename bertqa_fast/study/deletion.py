"""Word deletion: how soon a classifier loses the right class when the highest-scored tokens go first.

Tokens are ranked once, by the scores of the whole text (Wu & Ong 2021). A deleted token either becomes [PAD]
and is attended to as before, at its position, as in the published code; or it is taken out of the input, and
what follows moves up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bertqa_fast.data.windows import Window
from bertqa_fast.study.texts import deletable

MODES = ("pad", "remove")
DRAWS = 5
_HELD = 2048  # altered windows that are held at once

Positions = NDArray[np.int64]
ClassLogits = Callable[[Sequence[Window]], Sequence[NDArray[np.floating[Any]]]]


def ranking(scores: ArrayLike, positions: ArrayLike) -> Positions:
    """Return positions by falling score ``[T]``; of equal scores the first in the text comes first."""
    places = np.asarray(positions, dtype=np.int64)
    order = np.argsort(-np.asarray(scores, dtype=np.float64)[places], kind="stable")
    return places[order]


def random_rankings(window: Window, draws: int, seed: Sequence[int], *, reference: bool) -> list[Positions]:
    """Draw orders of a window's tokens.

    Parameters
    ----------
    window : Window
        What is deleted from.
    draws : int
        How many orders.
    seed : sequence of int
        Where the drawing begins.
    reference : bool
        Draw as the published code does, from all positions but the first, so that a [SEP] may go too.
    """
    random = np.random.default_rng(list(seed))
    positions = np.arange(1, len(window.tokens), dtype=np.int64) if reference else deletable(window)
    return [random.permutation(positions) for _ in range(draws)]


def delete(window: Window, positions: ArrayLike, mode: str, pad: int) -> Window:
    """Return a window without some of its tokens.

    Parameters
    ----------
    window : Window
        The whole one, which stays as it is.
    positions : array of int
        Which tokens.
    mode : {"pad", "remove"}
        Their ids become ``pad`` and all else stays; or they are taken out.
    pad : int
        The id of [PAD].

    Raises
    ------
    ValueError
        The mode is unknown.
    """
    gone = np.zeros(len(window.tokens), dtype=np.bool_)
    gone[np.asarray(positions, dtype=np.int64)] = True
    if mode == "pad":
        return replace(window, input_ids=np.where(gone, np.int64(pad), window.input_ids))
    if mode != "remove":
        raise ValueError(f"mode: got {mode!r}, wanted one of: {', '.join(MODES)}")
    kept = np.flatnonzero(~gone)
    arrays = ("input_ids", "token_type_ids", "offsets", "segment", "word_ids", "max_context")
    fields: dict[str, Any] = {name: getattr(window, name)[kept] for name in arrays}
    return replace(window, tokens=[window.tokens[at] for at in kept], **fields)


def deletion_curve(
    class_logits: ClassLogits,
    windows: Sequence[Window],
    labels: ArrayLike,
    rankings: Sequence[Sequence[Positions]],
    k: int,
    *,
    mode: str,
    pad: int,
    advance: Callable[[int], object] | None = None,
) -> NDArray[np.float64]:
    """Return whether texts are still given their class after 0 … k deletions.

    Parameters
    ----------
    class_logits : callable
        Windows → logits ``[C]`` of each.
    windows : sequence of Window
        N whole ones.
    labels : int array of [N]
        Their classes.
    rankings : sequence of sequences of int arrays
        For each text one order of deletion, or several to average over. Of a text with fewer than j tokens
        to delete, all are gone after j deletions.
    k : int
        How many go at most.
    mode, pad
        As in :func:`delete`.
    advance : callable, optional
        Called with the number of texts that were just done.

    Returns
    -------
    float64 ``[N, k + 1]``
        0 or 1; a share where a text has several orders.
    """
    wanted = np.asarray(labels, dtype=np.int64)
    right = np.zeros((len(windows), k + 1))
    for first, last in _parts([1 + k * len(orders) for orders in rankings]):
        altered: list[Window] = []
        for window, orders in zip(windows[first:last], rankings[first:last], strict=True):
            altered.append(window)
            altered += [delete(window, order[:j], mode, pad) for order in orders for j in range(1, k + 1)]
        logits = iter(class_logits(altered))
        for text in range(first, last):
            right[text, 0] = np.argmax(next(logits)) == wanted[text]
            after = [[np.argmax(next(logits)) == wanted[text] for _ in range(k)] for _ in rankings[text]]
            right[text, 1:] = np.mean(after, axis=0)
        if advance is not None:
            advance(last - first)
    return right


def _parts(counts: Sequence[int]) -> list[tuple[int, int]]:
    """Cut texts into stretches whose altered windows, ``counts`` of them, are few enough to hold."""
    parts: list[tuple[int, int]] = []
    first = held = 0
    for at, count in enumerate(counts):
        if at > first and held + count > _HELD:
            parts.append((first, at))
            first, held = at, 0
        held += count
    if first < len(counts):
        parts.append((first, len(counts)))
    return parts
