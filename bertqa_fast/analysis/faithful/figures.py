"""Figures of the faithfulness analysis, from its tables alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.analysis.faithful.erasure import ORDERS
from bertqa_fast.analysis.figures import over_layers
from bertqa_fast.analysis.tables import Table
from bertqa_fast.attribution.naming import layer_name, layer_tick

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_NAMES = {"scores": "highest scores first", "random": "at random", "least": "lowest scores first"}
_COLOURS = {"scores": "#1f5fa8", "random": "#7f7f7f", "least": "#c8742b"}
_AOPC = {
    "aopc_comprehensiveness": "Comprehensiveness (higher is better)",
    "aopc_sufficiency": "Sufficiency (lower is better)",
    "aopc_log_odds": "Log-odds (lower is better)",
}


def draw(result: Result) -> Mapping[str, Figure]:
    """Draw what was measured: curves, AOPC over layers, infidelity, sensitivity and randomisation."""
    tables = {table.name: table for table in result.tables}
    figures: dict[str, Figure] = {}
    if "faithfulness" in tables:
        unit = _unit(tables["faithfulness"], "deletion_area")
        curves = tables["faithfulness_curves"]
        figures["faithfulness_deletion"] = _panels(curves, "deletion", "Deletion curves", unit)
        figures["faithfulness_insertion"] = _panels(curves, "insertion", "Insertion curves", unit)
        for measure, title in _AOPC.items():
            figures[f"faithfulness_{measure}"] = _over_layers(
                tables["faithfulness"], "order", measure, title, f"mean over the fractions, {unit}", _NAMES
            )
    if "infidelity" in tables:
        table = tables["infidelity"]
        kinds = {kind: kind.replace("_", " ") for kind in table.column("perturbation")}
        unit = _unit(table, "infidelity")
        figures["infidelity"] = _over_layers(
            table, "perturbation", "infidelity", "Infidelity (lower is better)", unit, kinds
        )
    if "max_sensitivity" in tables:
        table = tables["max_sensitivity"]
        title = "Max-sensitivity (lower is better)"
        figures["max_sensitivity"] = _over_layers(
            table, None, "max_sensitivity", title, "largest change of the scores / their norm", {}
        )
    if "randomization" in tables:
        figures["randomization"] = _decay(tables["randomization"])
    return figures


def _unit(table: Table, column: str) -> str:
    return next(one.unit for one in table.columns if one.name == column).replace("_", " ")


def _over_layers(
    table: Table, by: str | None, measure: str, title: str, label: str, names: Mapping[str, str]
) -> Figure:
    """Draw a measure over layers with its intervals, a line for each value of a column."""
    layers = list(dict.fromkeys(table.column("layer")))
    parts = {measure: table} if by is None else {names[key]: table.where(**{by: key}) for key in names}
    series = {name: part.column(measure) for name, part in parts.items()}
    bands = {
        name: (part.column(f"{measure}_low"), part.column(f"{measure}_high")) for name, part in parts.items()
    }
    ticks = [layer_tick(layer) for layer in layers]
    return over_layers(series, ticks, title=title, label=label, bands=bands)


def _panels(table: Table, measure: str, title: str, unit: str) -> Figure:
    """Draw a curve's three orders in a panel for each layer."""
    from matplotlib.figure import Figure

    layers = list(dict.fromkeys(table.column("layer")))
    across = min(4, len(layers))
    down = -(-len(layers) // across)
    figure = Figure(figsize=(0.8 + 2.2 * across, 1.2 + 1.8 * down), layout="constrained")
    panels = figure.subplots(down, across, sharex=True, sharey=True, squeeze=False)
    for axes, layer in zip(panels.flat, layers, strict=False):
        for order in ORDERS:
            part = table.where(layer=layer, order=order)
            share = 100 * _numbers(part.column("share"))
            ends = [_numbers(part.column(f"{measure}_{end}")) for end in ("low", "high")]
            colour = _COLOURS[order]
            axes.plot(share, _numbers(part.column(measure)), color=colour, label=_NAMES[order], linewidth=1.5)
            axes.fill_between(share, ends[0], ends[1], color=colour, alpha=0.15, linewidth=0)
        axes.set_title(layer_name(layer), fontsize=9)
        axes.tick_params(labelsize=7)
        axes.grid(color="#dddddd", linewidth=0.5)
        axes.spines[["top", "right"]].set_visible(False)
    for axes in panels.flat[len(layers) :]:
        axes.set_visible(False)
    for axes in panels[-1]:
        axes.set_xlabel(f"{'erased' if measure == 'deletion' else 'kept'}, % of the tokens", fontsize=8)
    handles, labels = panels.flat[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, fontsize=8, frameon=False)
    figure.supylabel(f"target: {unit}", fontsize=9)
    figure.suptitle(title, fontsize=10)
    return figure


def _decay(table: Table) -> Figure:
    """Draw the rank correlation with the trained reader's scores over depth, a line for each layer."""
    from matplotlib import colormaps
    from matplotlib.figure import Figure

    layers = list(dict.fromkeys(table.column("layer")))
    parts = list(dict.fromkeys(table.column("redrawn")))
    figure = Figure(figsize=(max(5.2, 2.2 + 0.5 * len(parts)), 3.8), layout="constrained")
    axes = figure.subplots()
    # Darker is deeper; the palest end would not be seen.
    shades = colormaps["viridis_r"](np.linspace(0.1, 1, len(layers)))
    for layer, shade in zip(layers, shades, strict=True):
        part = table.where(layer=layer)
        axes.plot(
            range(len(parts)),
            _numbers(part.column("spearman")),
            color=shade,
            marker="o",
            markersize=3,
            linewidth=1.3,
            label=layer_tick(layer),
        )
    axes.axhline(0, color="#999999", linewidth=0.8)
    axes.set_xticks(range(len(parts)), parts, fontsize=8, rotation=40, ha="right", rotation_mode="anchor")
    axes.set_xlabel("drawn anew down to", fontsize=9)
    axes.set_ylabel("Spearman's correlation with the trained reader", fontsize=8)
    axes.tick_params(axis="y", labelsize=8)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.spines[["top", "right"]].set_visible(False)
    columns = 2 if len(layers) > 8 else 1
    figure.legend(
        loc="outside right upper", title="layer", fontsize=7, title_fontsize=8, frameon=False, ncols=columns
    )
    axes.set_title("Scores of randomised readers (lower is better)", fontsize=10)
    return figure


def _numbers(values: Sequence[Any]) -> NDArray[np.float64]:
    return np.array([np.nan if value is None else value for value in values], dtype=float)
