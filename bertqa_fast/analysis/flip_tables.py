"""Tables and figures of decision flips."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.analysis.estimates import bootstrap_interval, wilson_interval
from bertqa_fast.analysis.figures import over_layers
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.attribution.naming import layer_tick

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ORDERS = {"most": slice(0, 1), "random": slice(1, -1), "least": slice(-1, None)}
NAMES = {"most": "most important first", "least": "least important first", "random": "random"}
_LATER = -1  # fewer tokens than k: nothing can be said


@dataclass
class Example:
    """One example's flips, noted order by order.

    Attributes
    ----------
    key : str
        Its id.
    tokens : int
        How many may be erased.
    before : str
        The answer while nothing is.
    changed : int8 array of [layers, orders, k]
        Whether the answer changes (0 or 1; -1 where there are fewer than k tokens).
    after : dict
        (layer, order), by place, to the answer where it changes first.
    """

    key: str
    tokens: int
    before: str
    changed: NDArray[np.int8]
    after: dict[tuple[int, int], str] = field(default_factory=dict)

    def note(self, layer: int, order: int, changed: Sequence[bool], answers: Sequence[str]) -> None:
        """Note what became of the answer at the first steps of an order, as many as there are."""
        self.changed[layer, order, : len(changed)] = changed
        if any(changed):
            self.after[layer, order] = answers[list(changed).index(True)]


@dataclass
class Flips:
    """All examples' flips; orders are most, every random draw, and least.

    Attributes
    ----------
    layers : tuple of int
        The layers.
    k : tuple of int
        Numbers of erased tokens, rising.
    draws : int
        Random orders of each example.
    examples : list of Example
        In the order of the run.
    """

    layers: tuple[int, ...]
    k: tuple[int, ...]
    draws: int
    examples: list[Example] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.examples)

    def open(self, key: str, tokens: int, before: str) -> Example:
        """Add an example, nothing of which is known yet."""
        shape = (len(self.layers), 2 + self.draws, len(self.k))
        example = Example(key, tokens, before, np.full(shape, _LATER, dtype=np.int8))
        self.examples.append(example)
        return example

    def changed(self) -> NDArray[np.int8]:
        """Return ``[examples, layers, orders, k]``, as :attr:`Example.changed` has it."""
        return np.stack([example.changed for example in self.examples])

    def first(self) -> NDArray[np.float64]:
        """Return the first k that changes the answer, ``[examples, layers, orders]``; NaN where none does."""
        flipped = self.changed() == 1
        steps = np.array(self.k, dtype=np.float64)[flipped.argmax(axis=-1)]
        return np.where(flipped.any(axis=-1), steps, np.nan)


def tables(flips: Flips) -> tuple[Table, ...]:
    """Return the shares at each k, the first k, and every example's."""
    return _shares(flips), _first(flips), _examples(flips)


def _shares(flips: Flips) -> Table:
    changed = flips.changed()
    rows = []
    for at, layer, order, places in _groups(flips):
        for step, k in enumerate(flips.k):
            cells = changed[:, at, places, step]
            known = cells[cells[:, 0] != _LATER]
            share = known.mean() if len(known) else np.nan
            low, high = wilson_interval(share, len(known))
            rows.append((layer, order, k, len(known), 100 * share, 100 * low, 100 * high))
    columns: list[Column | str] = [
        "layer",
        Column("order", "which tokens are erased first"),
        Column("k", "tokens erased", low=1),
        "examples",
        *_interval("flipped", "share of examples whose answer changes"),
    ]
    return Table.of("flips", "Answers that change", columns, rows)


def _first(flips: Flips) -> Table:
    first = flips.first()
    rows: list[tuple[Any, ...]] = []
    for at, layer, order, places in _groups(flips):
        values = first[:, at, places]
        flipped = values[np.isfinite(values)]
        never = float(np.isnan(values).mean())
        numbers: list[Any] = [100 * never, *(100 * end for end in wilson_interval(never, len(values)))]
        for statistic in (np.median, np.mean):
            numbers.append(statistic(flipped) if flipped.size else np.nan)
            numbers += bootstrap_interval(values, statistic)
        rows.append((layer, order, len(values), *numbers))
    columns: list[Column | str] = [
        "layer",
        Column("order", "which tokens are erased first"),
        "examples",
        *_interval("never", "share of examples whose answer no k changes"),
        *_interval("median_k", "median of the first k that changes it", unit="", high=None),
        *_interval("mean_k", "mean of the first k that changes it", unit="", high=None),
    ]
    return Table.of("flips_first", "How soon they change", columns, rows)


def _examples(flips: Flips) -> Table:
    first = flips.first()
    orders = ["most", *(f"random {draw}" for draw in range(1, flips.draws + 1)), "least"]
    rows = [
        (example.key, layer, order, example.tokens, k, example.before, example.after.get((at, place)))
        for number, example in enumerate(flips.examples)
        for at, layer in enumerate(flips.layers)
        for place, order in enumerate(orders)
        for k in [None if np.isnan(first[number, at, place]) else int(first[number, at, place])]
    ]
    columns: list[Column | str] = [
        "example",
        "layer",
        "order",
        Column("tokens", "how many may be erased", low=1),
        Column("first_k", "tokens erased when the answer first changes; empty: it never does", low=1),
        Column("before", "the answer"),
        Column("after", "the answer then"),
    ]
    return Table.of("flips_examples", "Every example", columns, rows)


def _groups(flips: Flips) -> Iterator[tuple[int, int, str, slice]]:
    for at, layer in enumerate(flips.layers):
        for order, places in ORDERS.items():
            yield at, layer, order, places


def _interval(name: str, about: str, unit: str = "%", high: float | None = 100) -> list[Column]:
    told = {
        name: about,
        f"{name}_low": "lower end of its interval",
        f"{name}_high": "upper end of its interval",
    }
    return [Column(heading, text, unit, low=0, high=high) for heading, text in told.items()]


def draw(result: Result) -> Mapping[str, Figure]:
    """Draw the share of changed answers over k, and at a middle k over the layers."""
    table = result.table("flips")
    layers, steps = (list(dict.fromkeys(table.column(name))) for name in ("layer", "k"))
    k = steps[(len(steps) - 1) // 2]
    chosen = {order: table.where(order=order, k=k) for order in ORDERS}
    bands = {
        NAMES[order]: (part.column("flipped_low"), part.column("flipped_high"))
        for order, part in chosen.items()
    }
    return {
        "flips_over_k": _over_k(table, layers),
        "flips_over_layers": over_layers(
            {NAMES[order]: part.column("flipped") for order, part in chosen.items()},
            [layer_tick(layer) for layer in layers],
            title=f"Answers that change without {k} token{'s' if k > 1 else ''}",
            label="answers that change, %",
            bands=bands,
            low=0,
        ),
    }


def _over_k(table: Table, layers: Sequence[int]) -> Figure:
    import matplotlib as mpl
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.4, 3.4), layout="constrained")
    panels = figure.subplots(1, len(ORDERS), sharey=True)
    colours = mpl.colormaps["viridis"](np.linspace(0.9, 0.05, len(layers)))
    for axes, order in zip(panels, ORDERS, strict=True):
        for layer, colour in zip(layers, colours, strict=True):
            part = table.where(layer=layer, order=order)
            shares = [np.nan if value is None else value for value in part.column("flipped")]
            axes.plot(
                part.column("k"),
                shares,
                marker="o",
                markersize=3,
                linewidth=1.2,
                color=colour,
                label=layer_tick(layer),
            )
        axes.set_xscale("log")
        axes.set_xticks(part.column("k"), [str(k) for k in part.column("k")], fontsize=8)
        axes.minorticks_off()
        axes.tick_params(labelsize=8)
        axes.set_xlabel("tokens erased", fontsize=9)
        axes.set_title(NAMES[order], fontsize=9)
        axes.grid(axis="y", color="#dddddd", linewidth=0.6)
        axes.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylim(0, 100)
    panels[0].set_ylabel("answers that change, %", fontsize=9)
    panels[-1].legend(
        title="layer", fontsize=7, title_fontsize=7, frameon=False, loc="upper left", bbox_to_anchor=(1, 1)
    )
    return figure
