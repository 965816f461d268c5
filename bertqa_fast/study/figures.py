"""Accuracy against the number of deleted tokens, all methods in one figure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.tables import Table
from bertqa_fast.study.methods import layer_of, title_of

if TYPE_CHECKING:
    from matplotlib.figure import Figure

# Okabe and Ito's colours, which colour-blind readers can tell apart; markers tell them apart in grey.
_LOOKS = {
    "random": ("#7f7f7f", "s", "--"),
    "gs": ("#0072b2", "o", "-"),
    "gi": ("#56b4e9", "^", "-"),
    "lrp": ("#009e73", "D", "-"),
    "lat": ("#e69f00", "v", "-."),
    "ig": ("#d55e00", "P", "-"),
}
_LAYERS = (("#cc79a7", "X"), ("#000000", "*"), ("#b8a800", "<"), ("#8b5a2b", ">"))  # integrated gradients


def deletion_figure(table: Table) -> Figure:
    """Draw a line with its interval for each method.

    Parameters
    ----------
    table : Table
        Of :func:`.tables.deletion_table`.
    """
    from matplotlib.figure import Figure
    from matplotlib.ticker import MaxNLocator

    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    axes = figure.subplots()
    for method, (colour, marker, line) in _looks(table).items():
        part = table.where(method=method)
        k = _numbers(part.column("k"))
        low, high = (_numbers(part.column(f"accuracy_{end}")) for end in ("low", "high"))
        axes.plot(
            k,
            _numbers(part.column("accuracy")),
            color=colour,
            marker=marker,
            linestyle=line,
            markersize=4.5,
            linewidth=1.5,
            label=title_of(method),
        )
        axes.fill_between(k, low, high, color=colour, alpha=0.1, linewidth=0)
    texts = max(table.column("texts"), default=0)
    axes.set_title(f"Word deletion, {texts} texts", fontsize=10)
    axes.set_xlabel("tokens deleted, the highest scores first", fontsize=9)
    axes.set_ylabel("accuracy, %, with 95 % intervals", fontsize=9)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.tick_params(labelsize=8)
    axes.grid(color="#dddddd", linewidth=0.5)
    axes.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)
    return figure


def figures(table: Table) -> Mapping[str, Figure]:
    """Return the figures that a study's folder holds, by name."""
    return {"deletion": deletion_figure(table)}


def _looks(table: Table) -> dict[str, tuple[str, str, str]]:
    """Return colour, marker and line of each method; layers of integrated gradients take turns."""
    found: dict[str, tuple[str, str, str]] = {}
    layers = 0
    for method in dict.fromkeys(table.column("method")):
        if layer_of(method) is None:
            found[method] = _LOOKS[method]
            continue
        colour, marker = _LAYERS[layers % len(_LAYERS)]
        found[method] = (colour, marker, "-" if layers < len(_LAYERS) else ":")
        layers += 1
    return found


def _numbers(cells: Any) -> NDArray[np.float64]:
    return np.array([np.nan if cell is None else cell for cell in cells], dtype=np.float64)
