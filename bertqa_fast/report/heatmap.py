"""Figures of attributions: bars for one layer, a token x layer heat map for several.

Functions from data to :class:`matplotlib.figure.Figure`; none touches pyplot's global state.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.attribution.naming import LAYER_NUMBERING, layer_tick
from bertqa_fast.report.colours import HEAT, LOWERS, RAISES
from bertqa_fast.report.describe import layer_title, target_line
from bertqa_fast.report.pieces import labels

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure

    from bertqa_fast.attribution.layer_results import LayerAttributions
    from bertqa_fast.attribution.result import Attribution

# Fonts for scripts that matplotlib's own font lacks, tried in this order where they are installed.
_FALLBACK_FONTS = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "WenQuanYi Zen Hei",
    "Droid Sans Fallback",
    "SimHei",
)
_INCH_PER_TOKEN = 0.24
_INCH_PER_LAYER = 0.22
_INCH_FOR_LABELS = 1.15


def plot_heatmap(
    layers: LayerAttributions,
    *,
    around: int | None = None,
    per_row: int = 44,
    signed: bool = False,
    title: str | None = None,
) -> Figure:
    """Draw how each layer's score is spread over the tokens.

    Every cell is the token's share of its layer's total, so that layers can be compared; the colour goes with
    the square root. Layers run from the embeddings at the bottom to the last block at the top: layer l is the
    output of encoder block l, -1 (``emb``) the embeddings, Hugging Face's ``hidden_states[k]`` layer ``k-1``.
    The explained span is framed.

    Parameters
    ----------
    layers : LayerAttributions
        What is drawn.
    around : int or None
        Keep the question and this many tokens to each side of the span; None keeps the whole window.
    per_row : int
        Tokens in one strip of the figure; longer windows go on in the next strip.
    signed : bool
        Draw the signed sums, divided by the layer's sum of magnitudes, in place of the shares.
    title : str or None
        The heading; None writes target and answer.

    Raises
    ------
    ValueError
        ``per_row`` is not positive or ``around`` is negative.
    """
    from matplotlib.cm import ScalarMappable

    first = next(iter(layers.values()))
    keep = _kept(first, around)
    if signed:
        totals = np.abs(layers.signed).sum(axis=1, keepdims=True, dtype=np.float64)
        cells = np.divide(layers.signed, totals, out=np.zeros(layers.signed.shape), where=totals > 0)
    else:
        cells = layers.distribution()
    # Shares are of the whole window even where only a part of it is drawn.
    largest = float(np.abs(cells[:, keep]).max(initial=0)) or 1.0
    figure, strips, chunks = _strips(keep, per_row, len(layers) * _INCH_PER_LAYER)
    norm, colours = _scale(largest, signed)
    for axes, chunk in zip(strips, chunks, strict=True):
        axes.imshow(
            cells[:, chunk],
            norm=norm,
            cmap=colours,
            aspect="auto",
            origin="lower",
            extent=(-0.5, len(chunk) - 0.5, -0.5, len(layers) - 0.5),
        )
        axes.set_yticks(range(len(layers)), [layer_tick(layer) for layer in layers], fontsize=7)
        axes.set_ylabel("layer", fontsize=8)
        _label_tokens(axes, first, chunk, len(chunks[0]))
        _frame_span(axes, first, chunk, len(layers))
    bar = figure.colorbar(ScalarMappable(norm, colours), ax=strips, fraction=0.02, pad=0.015, aspect=18)
    bar.set_label("signed share of the layer" if signed else "share of the layer's total", fontsize=8)
    bar.ax.tick_params(labelsize=7)
    _headings(figure, target_line(first) if title is None else title, LAYER_NUMBERING)
    return figure


def plot_bars(
    attribution: Attribution,
    *,
    around: int | None = None,
    per_row: int = 44,
    signed: bool = False,
    title: str | None = None,
) -> Figure:
    """Draw one layer's scores as a bar for each token, the span's in a second colour.

    Parameters
    ----------
    attribution : Attribution
        What is drawn; its layer l is the output of encoder block l, -1 the embeddings, Hugging Face's
        ``hidden_states[k]`` layer ``k-1``.
    around, per_row, signed, title
        As in :func:`plot_heatmap`; ``signed`` draws the signed sums in units of the target.

    Raises
    ------
    ValueError
        ``per_row`` is not positive or ``around`` is negative.
    """
    keep = _kept(attribution, around)
    heights = attribution.signed if signed else attribution.distribution()
    figure, strips, chunks = _strips(keep, per_row, 1.3)
    start, end = attribution.span if attribution.span is not None else (1, 0)
    low, high = min(0.0, float(heights[keep].min())), max(0.0, float(heights[keep].max())) or 1.0
    for axes, chunk in zip(strips, chunks, strict=True):
        inside = (chunk >= start) & (chunk <= end)
        colours = [_hex(RAISES) if answer else _hex(HEAT) for answer in inside]
        axes.bar(range(len(chunk)), heights[chunk], color=colours, width=0.8)
        axes.set_ylim(low * 1.05, high * 1.05)
        axes.tick_params(axis="y", labelsize=7)
        axes.set_ylabel("signed" if signed else "share", fontsize=8)
        axes.spines[["top", "right"]].set_visible(False)
        _label_tokens(axes, attribution, chunk, len(chunks[0]))
    heading = f"{layer_title(attribution.layer)} · {target_line(attribution)}"
    _headings(figure, heading if title is None else title, LAYER_NUMBERING)
    return figure


def _kept(attribution: Attribution, around: int | None) -> NDArray[np.intp]:
    """Positions that are drawn."""
    everything: NDArray[np.intp] = np.arange(len(attribution.tokens))
    if around is None:
        return everything
    if around < 0:
        raise ValueError(f"around must not be negative, got {around}")
    if attribution.span is None:
        return everything
    start, end = attribution.span
    near = (everything >= start - around) & (everything <= end + around)
    return np.flatnonzero(near | (attribution.segment == 0))


def _strips(
    keep: NDArray[np.intp], per_row: int, height: float
) -> tuple[Figure, list[Axes], list[NDArray[np.intp]]]:
    """Make a figure of as many strips as the tokens need, all about as long."""
    from matplotlib.figure import Figure

    if per_row < 1:
        raise ValueError(f"per_row must be positive, got {per_row}")
    count = math.ceil(len(keep) / per_row)
    columns = math.ceil(len(keep) / count)
    chunks = [keep[row * columns : (row + 1) * columns] for row in range(count)]
    width = 1.6 + _INCH_PER_TOKEN * columns
    figure = Figure(
        figsize=(max(width, 5.0), 0.6 + count * (height + _INCH_FOR_LABELS)), layout="constrained"
    )
    axes = figure.subplots(count, 1, squeeze=False)
    return figure, list(axes[:, 0]), chunks


def _label_tokens(axes: Axes, attribution: Attribution, chunk: NDArray[np.intp], columns: int) -> None:
    shown = labels(attribution)
    # A token such as "$" is text, never the start of a formula.
    axes.set_xticks(range(len(chunk)))
    axes.set_xticklabels(
        [shown[index] for index in chunk], rotation=90, fontsize=7, parse_math=False, fontfamily=_fonts()
    )
    start, end = attribution.span if attribution.span is not None else (1, 0)
    for tick, index in zip(axes.get_xticklabels(), chunk, strict=True):
        if attribution.segment[index] < 0:
            tick.set_color("grey")
        elif start <= index <= end:
            tick.set_fontweight("bold")
    axes.set_xlim(-0.5, columns - 0.5)
    for gap in np.flatnonzero(np.diff(chunk) > 1):
        axes.axvline(float(gap) + 0.5, color="grey", linestyle=":", linewidth=1.5)


def _frame_span(axes: Axes, attribution: Attribution, chunk: NDArray[np.intp], height: int) -> None:
    from matplotlib.patches import Rectangle

    if attribution.span is None:
        return
    inside = np.flatnonzero((chunk >= attribution.span[0]) & (chunk <= attribution.span[1]))
    if inside.size:
        corner = (float(inside[0]) - 0.5, -0.5)
        axes.add_patch(Rectangle(corner, inside.size, height, fill=False, edgecolor="black", linewidth=1.4))


def _headings(figure: Figure, title: str, footer: str) -> None:
    figure.suptitle(title, fontsize=9, parse_math=False, fontfamily=_fonts(), wrap=True)
    figure.supxlabel(footer, fontsize=6.5, color="grey", parse_math=False)


def _scale(largest: float, signed: bool) -> tuple[Normalize, Colormap]:
    """Return the one colour scale that all strips and the colour bar share."""
    from matplotlib.colors import LinearSegmentedColormap, Normalize, PowerNorm

    if signed:
        ends = [_hex(LOWERS), "white", _hex(RAISES)]
        return Normalize(-largest, largest), LinearSegmentedColormap.from_list("signed", ends)
    ends = ["white", _hex(HEAT), "#5b1a00"]
    return PowerNorm(0.5, 0, largest), LinearSegmentedColormap.from_list("heat", ends)


def _hex(colour: tuple[int, int, int]) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour)


def _fonts() -> list[str]:
    from matplotlib.font_manager import fontManager

    installed = {font.name for font in fontManager.ttflist}
    return ["DejaVu Sans", *(name for name in _FALLBACK_FONTS if name in installed)]
