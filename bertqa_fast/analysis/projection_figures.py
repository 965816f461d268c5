"""Figures of token maps: one for each question with all layers, and one for each question and layer."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.analysis.tables import Table
from bertqa_fast.attribution.naming import layer_name, layer_tick

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ANSWER, SPECIAL, QUERY, CONTEXT, OTHER = "answer", "special", "question", "context", "other"
_COLUMNS = 4
_SMALLEST = 14  # points², so that the rest can be seen in a grid


@dataclass(frozen=True)
class _Style:
    """How a category's tokens are drawn: as the published maps have them."""

    marker: str
    colour: str
    size: float  # area in points², of a map of 8 x 8 inches
    ink: str = "black"
    text: float = 9  # points


# Drawn in this order, what matters most on top.
_STYLES = {
    OTHER: _Style(".", "lightsteelblue", 50, "grey", 5),
    CONTEXT: _Style("X", "fuchsia", 250),
    QUERY: _Style("v", "green", 250),
    SPECIAL: _Style("s", "black", 250),
    ANSWER: _Style("o", "red", 600),
}


def draw(result: Result) -> Mapping[str, Figure]:
    """Draw a figure of all layers for each question; where ``single`` was set, one for each layer as well."""
    points = result.table("tsne")
    maps: dict[int, dict[int, Table]] = {}
    for question, layer in dict.fromkeys(zip(points.column("question"), points.column("layer"), strict=True)):
        maps.setdefault(question, {})[layer] = points.where(question=question, layer=layer)
    figures = {f"tsne_qn_{question}": _grid(question, layers) for question, layers in maps.items()}
    if result.settings["single"]:
        for question, layers in maps.items():
            for layer, part in layers.items():
                figures[f"tsne_qn_{question}_layer_{layer_tick(layer)}"] = _single(question, layer, part)
    return figures


def _single(question: int, layer: int, points: Table) -> Figure:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 8), layout="constrained")
    axes = figure.subplots()
    _draw_map(axes, points, scale=1.0, quiet=())
    axes.set_title(f"t-SNE plot for question {question}, for {layer_name(layer)}", fontsize=12)
    axes.legend(fontsize=9, markerscale=0.5)
    return figure


def _grid(question: int, layers: Mapping[int, Table]) -> Figure:
    from matplotlib.figure import Figure

    rows = math.ceil(len(layers) / _COLUMNS)
    figure = Figure(figsize=(3 * _COLUMNS, 3 * rows + 0.4), layout="constrained")
    panels = figure.subplots(rows, _COLUMNS, squeeze=False).ravel()
    for axes, (layer, points) in zip(panels, layers.items(), strict=False):
        _draw_map(axes, points, scale=0.3, quiet=(OTHER,))
        axes.set_title(layer_name(layer), fontsize=9)
    for axes in panels[len(layers) :]:
        axes.set_visible(False)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(labels), fontsize=9, markerscale=0.8)
    figure.suptitle(f"t-SNE of the tokens of question {question}", fontsize=11)
    return figure


def _draw_map(axes: Axes, points: Table, *, scale: float, quiet: tuple[str, ...]) -> None:
    """Draw a map; ``scale`` is that of its side, the tokens of ``quiet`` categories go without their text."""
    for category, style in _STYLES.items():
        part = points.where(category=category)
        if not len(part):
            continue
        x, y = part.column("x"), part.column("y")
        size = max(style.size * scale**2, _SMALLEST)
        axes.scatter(x, y, s=size, marker=style.marker, c=style.colour, label=category, linewidths=0)
        if category in quiet:
            continue
        beside = math.sqrt(size) / 2  # clear of the marker
        text: dict[str, Any] = {
            "fontsize": max(style.text * scale**0.5, 4),
            "color": style.ink,
            "xytext": (beside, 0),
            "textcoords": "offset points",
            "va": "center",
        }
        for token, left, up in zip(part.column("token"), x, y, strict=True):
            # Dollar signs are tokens, not formulas.
            axes.annotate(token, (left, up), parse_math=False, **text)
    axes.set_xticks([])
    axes.set_yticks([])
