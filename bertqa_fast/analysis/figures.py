"""Figures that several analyses share: layers against layers, and measures over layers.

Functions from data to :class:`matplotlib.figure.Figure`; none touches pyplot's global state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def layer_matrix(
    cells: ArrayLike,
    ticks: Sequence[str],
    *,
    title: str,
    label: str,
    low: float,
    high: float,
    colours: str = "Blues",
) -> Figure:
    """Draw a square of cells, layers against layers, with two decimals in each.

    Parameters
    ----------
    cells : array of [layers, layers]
        What is drawn; NaN stays empty.
    ticks : sequence of str
        The layers' names.
    title, label : str
        The heading, and what the colours mean.
    low, high : float
        Where the colours begin and end.
    colours : str
        matplotlib's name of the colour map.
    """
    from matplotlib.figure import Figure

    values = np.asarray(cells, dtype=float)
    size = 1.6 + 0.42 * len(ticks)
    figure = Figure(figsize=(size + 0.7, size), layout="constrained")
    axes = figure.subplots()
    image = axes.imshow(values, cmap=colours, vmin=low, vmax=high)
    axes.set_xticks(range(len(ticks)), ticks, fontsize=8)
    axes.set_yticks(range(len(ticks)), ticks, fontsize=8)
    axes.set_xlabel("layer", fontsize=8)
    axes.set_ylabel("layer", fontsize=8)
    middle = (low + high) / 2
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            ink = "white" if value > middle else "black"
            text = f"{value:.2f}".removeprefix("0") if row != column else "0"
            axes.text(column, row, text, ha="center", va="center", fontsize=7, color=ink)
    bar = figure.colorbar(image, ax=axes, fraction=0.046, pad=0.03)
    bar.set_label(label, fontsize=8)
    bar.ax.tick_params(labelsize=7)
    axes.set_title(title, fontsize=10)
    return figure


def over_layers(
    series: Mapping[str, Sequence[float | None]],
    ticks: Sequence[str],
    *,
    title: str,
    label: str,
    bands: Mapping[str, tuple[Sequence[Any], Sequence[Any]]] | None = None,
    low: float | None = None,
    across: str = "layer",
) -> Figure:
    """Draw a line for each series, from the first layer to the last.

    Parameters
    ----------
    series : mapping
        Name to values, one for each layer; None leaves a gap. A name that begins with ``paper`` is dashed;
        ``paper, x`` has the colour of ``x`` before it.
    ticks : sequence of str
        The layers' names.
    title, label : str
        The heading, and what is drawn upwards.
    bands : mapping, optional
        Name of a series to the lower and upper ends of its interval.
    low : float or None
        Where the vertical axis begins.
    across : str
        What the ticks are.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(7.0, 3.6), layout="constrained")
    axes = figure.subplots()
    places = np.arange(len(ticks))
    colours: dict[str, Any] = {}
    for name, values in series.items():
        numbers = np.array([np.nan if value is None else value for value in values], dtype=float)
        style = "--" if name.startswith("paper") else "-"
        colours[name] = colours.get(name.removeprefix("paper, "), f"C{len(colours) % 10}")
        axes.plot(
            places,
            numbers,
            style,
            marker="o",
            markersize=3.5,
            linewidth=1.5,
            label=name,
            color=colours[name],
        )
        if bands and name in bands:
            low_end, high_end = (
                np.array([np.nan if v is None else v for v in end], dtype=float) for end in bands[name]
            )
            axes.fill_between(places, low_end, high_end, color=colours[name], alpha=0.15, linewidth=0)
    axes.set_xticks(places, ticks, fontsize=8)
    axes.set_xlabel(across, fontsize=9)
    axes.set_ylabel(label, fontsize=9)
    axes.tick_params(labelsize=8)
    axes.yaxis.set_major_locator(MaxNLocator(6))
    if low is not None:
        axes.set_ylim(bottom=low)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right center", fontsize=8, frameon=False)
    axes.set_title(title, fontsize=10)
    return figure
