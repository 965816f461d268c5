"""Erasing tokens of a run's windows at every layer, and the tables of what that gives."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.faithful.erasure import (
    ORDERS,
    Erased,
    Sizes,
    average,
    evaluate,
    orders_of,
)
from bertqa_fast.analysis.faithful.intervals import columns_of_mean, means
from bertqa_fast.analysis.faithful.reader import SpanReader, States, target_range
from bertqa_fast.analysis.replay import erasable, erased_windows, first_of
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.attribution.baselines import placeholder
from bertqa_fast.data.windows import Window
from bertqa_fast.runs.scored import ScoredWindow

ERASE = ("state", "mask", "pad")


@dataclass(frozen=True, slots=True)
class Erasing:
    """What is erased, and how.

    Attributes
    ----------
    sizes : Sizes
        How much.
    how : {"state", "mask", "pad"}
        Rows of the hidden state at the layer are set to the baseline's; or ids are replaced at the input.
    part : {"context", "window"}
        Which tokens: the context's, or the question's too.
    draws : int
        Random orders.
    seed : int
        For these.
    """

    sizes: Sizes
    how: str
    part: str
    draws: int
    seed: int


class ErasedRun:
    """The measures of all examples of a run.

    Parameters
    ----------
    reader : SpanReader
        What runs the windows.
    layers : tuple of int
        The run's.
    erasing : Erasing
        What is erased.
    """

    def __init__(self, reader: SpanReader, layers: tuple[int, ...], erasing: Erasing) -> None:
        self._reader = reader
        self._layers = layers
        self._erasing = erasing
        self._token: int | None = None
        if erasing.how != "state":
            self._token = placeholder("erase", erasing.how, reader.model.window_tokenizer)
        self._about: list[tuple[int, str, int]] = []
        self._sizes: list[NDArray[np.float64]] = []  # [layers, orders, sizes, 3] each
        self._summary: list[NDArray[np.float64]] = []  # [layers, orders, 5]
        self._curves: list[NDArray[np.float64]] = []  # [layers, orders, 2, steps + 1]

    def add(self, scored: ScoredWindow, window: Window, span: tuple[int, int]) -> None:
        """Erase the tokens of one window, at every layer."""
        erasing = self._erasing
        positions = erasable(window, erasing.part)
        rng = np.random.default_rng([erasing.seed, scored.example])
        random = [rng.permutation(positions) for _ in range(erasing.draws)]
        counts = erasing.sizes.counts(len(positions))
        marks = np.stack(
            [
                _marks(orders_of(scores, positions, random), counts, len(window.input_ids))
                for scores in scored.scores
            ]
        )
        found = [self._measured(of_layer, counts) for of_layer in self._values(window, span, marks)]
        self._about.append((scored.example, scored.key, len(positions)))
        self._sizes.append(np.array([[order.sizes for order in layer] for layer in found]))
        self._summary.append(np.array([[order.summary for order in layer] for layer in found]))
        self._curves.append(np.array([[order.curves for order in layer] for layer in found]))

    def _values(self, window: Window, span: tuple[int, int], marks: NDArray[np.bool_]) -> NDArray[np.float64]:
        """Return what is left of the target and of log p: ``[layers, …, T]`` becomes ``[layers, …, 2]``."""
        if self._token is not None:
            token = self._token
            return _each_once(
                marks, lambda rows: self._reader.at_windows(erased_windows(window, rows, token), span)
            )
        states, baselines = self._reader.states(window), self._reader.baselines(window)
        found = []
        for layer, of_layer in zip(self._layers, marks, strict=True):
            cut = self._reader.cut(layer)
            found.append(self._at_layer(cut, states[cut + 1], baselines[cut + 1], span, of_layer))
        return np.stack(found)

    def _at_layer(
        self, cut: int, state: States, baseline: States, span: tuple[int, int], marks: NDArray[np.bool_]
    ) -> NDArray[np.float64]:
        def read(rows: NDArray[np.bool_]) -> NDArray[np.float64]:
            erased = (np.where(row[:, None], baseline, state) for row in rows)
            return self._reader.at_states(cut, erased, span)

        return _each_once(marks, read)

    def _measured(self, values: NDArray[np.float64], counts: NDArray[np.int64]) -> list[Erased]:
        """Return the measures of the orders, from values ``[orders, removed or kept, sizes, 2]``."""
        full = values[0, 0, len(self._erasing.sizes.names)]  # the grid begins with nothing erased
        each = [evaluate(self._erasing.sizes, counts, full, *sides) for sides in values]
        return [each[0], average(each[1:-1]), each[-1]]

    def tables(self) -> tuple[Table, ...]:
        """Return the means per layer, those at every size, the curves, and a row for each example."""
        target = self._reader.how.target
        sizes, grid = self._erasing.sizes.names, self._erasing.sizes.grid.tolist()
        summary, at_sizes = means(np.array(self._summary)), means(np.array(self._sizes))
        curves = means(np.array(self._curves))
        places = [(a, o) for a in range(len(self._layers)) for o in range(len(ORDERS))]
        order = Column("order", "by falling score; at random and by rising score, which scores should beat")

        def key(a: int, o: int) -> list[Any]:
            return [self._layers[a], ORDERS[o]]

        def cells(of: Any, a: int, o: int, *rest: Any) -> list[Any]:
            parts = of.mean.shape[2 + len(rest)]
            return [cell for part in range(parts) for cell in of.cells((a, o, *rest, part))]

        wide = [column for one in summary_columns(target) for column in columns_of_mean(one)]
        per_size = [column for one in size_columns(target) for column in columns_of_mean(one)]
        per_step = [column for one in curve_columns(target) for column in columns_of_mean(one)]
        return (
            Table.of(
                "faithfulness",
                "Erasing tokens, by layer",
                ["layer", order, *wide, "examples"],
                [[*key(a, o), *cells(summary, a, o), summary.count[a, o, 0]] for a, o in places],
            ),
            Table.of(
                "faithfulness_sizes",
                "Erasing tokens, by layer and number",
                ["layer", order, Column("size", "share or number of the tokens"), *per_size, "examples"],
                [
                    [*key(a, o), name, *cells(at_sizes, a, o, s), at_sizes.count[a, o, s, 0]]
                    for a, o in places
                    for s, name in enumerate(sizes)
                ],
            ),
            Table.of(
                "faithfulness_curves",
                "Deletion and insertion curves",
                ["layer", order, Column("share", "of the tokens", low=0, high=1), *per_step],
                [
                    [*key(a, o), share, *curves.cells((a, o, 0, s)), *curves.cells((a, o, 1, s))]
                    for a, o in places
                    for s, share in enumerate(grid)
                ],
            ),
            Table.of(
                "faithfulness_examples",
                "Erasing tokens, by example",
                [
                    "example",
                    "id",
                    Column("tokens", "that may be erased", low=1),
                    "layer",
                    order,
                    *summary_columns(target),
                ],
                [
                    [*about, *key(a, o), *values[a, o]]
                    for about, values in zip(self._about, self._summary, strict=True)
                    for a, o in places
                ],
            ),
        )


def _marks(orders: list[NDArray[np.intp]], counts: NDArray[np.int64], length: int) -> NDArray[np.bool_]:
    """Mark what is erased: ``[orders, 2, sizes, T]``, the first so many, and all but these."""
    marks = []
    for order in orders:
        first = first_of(order, counts.tolist(), length)
        every = first_of(order, [len(order)], length)
        marks.append(np.stack([first, every & ~first]))
    return np.stack(marks)


def _each_once(
    marks: NDArray[np.bool_], read: Callable[[NDArray[np.bool_]], NDArray[np.float64]]
) -> NDArray[np.float64]:
    """Read what is marked, ``[..., T]``, and return the values ``[..., 2]``.

    Orders share much: the least important half of the tokens is all but the most important one.
    """
    unique, place = np.unique(marks.reshape(-1, marks.shape[-1]), axis=0, return_inverse=True)
    return read(unique)[place.ravel()].reshape(*marks.shape[:-1], 2)


def size_columns(target: str) -> tuple[Column, ...]:
    """Return what is measured at every size, with direction and range."""
    low, high = target_range(target)
    reach = None if low is None or high is None else high - low
    ends: dict[str, Any] = {"low": None if reach is None else -reach, "high": reach}
    return (
        Column("comprehensiveness", "what the target loses without the tokens", target, "higher", **ends),
        Column("sufficiency", "what the target loses with the tokens alone", target, "lower", **ends),
        Column("log_odds", "change of log p of the answer without the tokens", "nats", "lower"),
    )


def summary_columns(target: str) -> tuple[Column, ...]:
    """Return what is measured of a whole order: means over the fractions, and areas under the curves."""
    low, high = target_range(target)
    averages = tuple(
        Column(f"aopc_{c.name}", f"{c.about}, mean over the fractions", c.unit, c.better, c.low, c.high)
        for c in size_columns(target)
    )
    return (
        *averages,
        Column("deletion_area", "under the deletion curve", target, "lower", low, high),
        Column("insertion_area", "under the insertion curve", target, "higher", low, high),
    )


def curve_columns(target: str) -> tuple[Column, ...]:
    """Return the two curves' columns."""
    low, high = target_range(target)
    return (
        Column("deletion", "target without this share of the tokens", target, "lower", low, high),
        Column("insertion", "target with this share of the tokens alone", target, "higher", low, high),
    )
