"""Figures of a grid: functions from data to :class:`matplotlib.figure.Figure`.

``look="own"`` has a diverging map that colour-blind readers can tell apart, the same limit on both sides,
and layers from 0, lowest at the bottom; a cell whose 95 % interval leaves 0 out is outlined.
``look="reference"`` is the picture of the published script (``visualize_att_zone.py`` of
ymcui/mrc-model-analysis).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.options import check_choice
from bertqa_fast.zones.question_types import changes_by_type
from bertqa_fast.zones.tables import WORDS, changes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bertqa_fast.zones.result import ZoneGrid

LOOKS = ("own", "reference")
REFERENCE_ZONES = ("all", "q2", "q2p", "p2q", "p2")
_MARKED = "outlined: the 95 % interval leaves 0 out"


def draw(grid: ZoneGrid, metric: str, look: str = "own") -> Figure:
    """Draw a grid's changes; see :meth:`.result.ZoneGrid.plot`."""
    check_choice("look", look, LOOKS)
    if look == "reference":
        if grid.by_head:
            raise ValueError("look: got 'reference', which has no place for heads, wanted 'own'")
        return reference_map(grid, metric)
    return head_maps(grid, metric) if grid.by_head else zone_map(grid, metric)


def zone_map(grid: ZoneGrid, metric: str) -> Figure:
    """Draw layers against zones, with the change in points in every cell."""
    found = changes(grid, metric)
    panels = {"": (found.change[:, :, 0], found.significant[:, :, 0])}
    title = f"{_title(metric)}, {found.count} questions"
    return _panels(panels, grid, [zone.upper() for zone in grid.zones], "zone", title, numbers=True)


def head_maps(grid: ZoneGrid, metric: str) -> Figure:
    """Draw a panel for each zone: layers against the heads that were masked one at a time."""
    found = changes(grid, metric)
    panels = {
        zone.upper(): (found.change[:, at], found.significant[:, at]) for at, zone in enumerate(grid.zones)
    }
    title = f"{_title(metric)}, one head at a time, {found.count} questions"
    return _panels(panels, grid, [str(head) for head in grid.heads], "head", title)


def type_maps(grid: ZoneGrid, metric: str) -> Figure:
    """Draw a panel for each type of question: layers against zones, all heads masked together.

    Raises
    ------
    ValueError
        Heads were masked one at a time.
    """
    if grid.by_head:
        raise ValueError("grid: heads are masked one at a time, wanted one of zone_grid(heads=None)")
    panels = {
        f"{name} ({found.count})": (found.change[:, :, 0], found.significant[:, :, 0])
        for name, found in changes_by_type(grid, metric).items()
        if found.count
    }
    title = f"{_title(metric)}, by type of question"
    return _panels(panels, grid, [zone.upper() for zone in grid.zones], "zone", title)


def reference_map(grid: ZoneGrid, metric: str) -> Figure:
    """Draw the published picture: seismic from -10 to 2 about 0, zones in its order, layers from 1.

    A zone that the grid does not have stays empty.
    """
    import matplotlib as mpl
    from matplotlib.colors import ListedColormap
    from matplotlib.figure import Figure

    found = changes(grid, metric)
    values = np.full((len(grid.layers), len(REFERENCE_ZONES)), np.nan)
    for at, zone in enumerate(REFERENCE_ZONES):
        if zone in grid.zones:
            values[:, at] = found.change[:, grid.zones.index(zone), 0]
    # The script's plotting library keeps 0 in the middle by cutting the map off where the larger side ends.
    colours = ListedColormap(mpl.colormaps["seismic"](np.linspace(0, (2 + 10) / 20, 256)))
    figure = Figure(figsize=(3, 4), layout="constrained")
    axes = figure.subplots()
    image = axes.pcolormesh(values, cmap=colours, vmin=-10, vmax=2)
    axes.set_xticks(np.arange(len(REFERENCE_ZONES)) + 0.5, [zone.upper() for zone in REFERENCE_ZONES])
    axes.set_yticks(np.arange(len(grid.layers)) + 0.5, [str(layer + 1) for layer in grid.layers])
    axes.tick_params(labelsize=8)
    figure.colorbar(image, ax=axes)
    return figure


def figures(grid: ZoneGrid) -> Mapping[str, Figure]:
    """Return the figures that a grid's folder holds, by name."""
    drawn: dict[str, Figure] = {}
    for metric in grid.metrics:
        drawn[f"zones_{metric}"] = draw(grid, metric)
        if not grid.by_head and metric != "kept":
            drawn[f"zones_{metric}_reference"] = reference_map(grid, metric)
    if not grid.by_head:
        drawn["question_types"] = type_maps(grid, grid.metrics[0])
    return drawn


def _title(metric: str) -> str:
    return f"Change of {WORDS[metric]}"


def _panels(
    panels: Mapping[str, tuple[NDArray[np.float64], NDArray[np.bool_]]],
    grid: ZoneGrid,
    across: Sequence[str],
    name: str,
    title: str,
    *,
    numbers: bool = False,
) -> Figure:
    """Draw maps of layers against something else, in even rows of up to four, under one scale."""
    from matplotlib.figure import Figure

    rows = math.ceil(len(panels) / 4)
    columns = math.ceil(len(panels) / rows)
    cell = 0.52 if numbers else 0.3
    wide = max(1.7, cell * len(across)) + 0.5
    high = max(1.3, (0.32 if numbers else 0.24) * len(grid.layers)) + 0.6
    figure = Figure(figsize=(max(3.4, wide * columns + 0.9), high * rows + 0.7), layout="constrained")
    limit = _limit([change for change, _ in panels.values()])
    grid_of_axes = figure.subplots(rows, columns, squeeze=False)
    image: Any = None
    for axes in grid_of_axes.flat[len(panels) :]:
        axes.set_axis_off()
    for axes, (heading, (change, marked)) in zip(grid_of_axes.flat, panels.items(), strict=False):
        image = axes.imshow(change, cmap="RdBu", vmin=-limit, vmax=limit, origin="lower", aspect="auto")
        axes.set_xticks(range(len(across)), across, fontsize=8)
        axes.set_yticks(range(len(grid.layers)), [str(layer) for layer in grid.layers], fontsize=8)
        axes.set_title(heading, fontsize=9)
        _mark(axes, change, marked, limit, numbers)
    figure.supxlabel(name, fontsize=8)
    figure.supylabel("layer", fontsize=8)
    bar = figure.colorbar(image, ax=grid_of_axes, fraction=0.046, pad=0.03)
    bar.set_label(f"points; {_MARKED}", fontsize=7)
    bar.ax.tick_params(labelsize=7)
    figure.suptitle(title, fontsize=10)
    return figure


def _mark(
    axes: Any, change: NDArray[np.float64], marked: NDArray[np.bool_], limit: float, numbers: bool
) -> None:
    from matplotlib.patches import Rectangle

    for (row, column), value in np.ndenumerate(change):
        if marked[row, column]:
            place = (column - 0.46, row - 0.46)
            axes.add_patch(Rectangle(place, 0.92, 0.92, fill=False, edgecolor="black", linewidth=0.9))
        if numbers and np.isfinite(value):
            ink = "white" if abs(value) > 0.65 * limit else "black"
            axes.text(column, row, f"{value:+.1f}", ha="center", va="center", fontsize=7, color=ink)


def _limit(parts: Sequence[NDArray[np.float64]]) -> float:
    """Return where the colours end on both sides; a point at least, so that noise stays pale."""
    sizes = np.abs(np.concatenate([part.ravel() for part in parts]))
    return max(1.0, float(np.nanmax(sizes))) if np.isfinite(sizes).any() else 1.0
