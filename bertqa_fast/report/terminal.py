"""Attributions in a terminal: a coloured line of tokens for each layer, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from bertqa_fast.attribution.layer_results import LayerAttributions
from bertqa_fast.attribution.naming import LAYER_NUMBERING, layer_tick
from bertqa_fast.attribution.result import Attribution
from bertqa_fast.report.colours import HEAT, blend, strength
from bertqa_fast.report.contents import Evaluation
from bertqa_fast.report.describe import error_text, method_line, target_line
from bertqa_fast.report.pieces import pieces

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table
    from rich.text import Text

    from bertqa_fast.analysis import tables

# Weaker tokens are left in the terminal's own colours.
_VISIBLE = 0.2


def token_line(attribution: Attribution, around: int | None = None) -> Text:
    """Return the window's text with each token on a ground as strong as its score, the answer underlined.

    Parameters
    ----------
    attribution : Attribution
        One layer's result.
    around : int or None
        Keep the question and this many tokens to each side of the span; None keeps the whole window.
    """
    from rich.text import Text

    strengths = strength(attribution.scores)
    start, end = attribution.span if attribution.span is not None else (0, len(attribution.tokens))
    near = len(attribution.tokens) if around is None else around
    line = Text()
    skipped = False
    for piece in pieces(attribution):
        if not start - near <= piece.index <= end + near and attribution.segment[piece.index] != 0:
            skipped |= not piece.special
            continue
        if line or skipped:
            line.append(" … " if skipped else piece.before)
        skipped = False
        line.append(piece.text, style=_style(float(strengths[piece.index]), piece.answer, piece.special))
    if skipped:
        line.append(" …")
    return line


def layer_lines(layers: LayerAttributions, around: int | None = 8) -> Table:
    """Return one line of coloured tokens for each layer, the last block first as in the figures.

    Parameters
    ----------
    layers : LayerAttributions
        What is shown.
    around : int or None
        Tokens to each side of the span, see :func:`token_line`.
    """
    from rich.table import Table

    table = Table(box=None, show_header=False, padding=(0, 1), pad_edge=False)
    table.add_column(justify="right", style="bold", no_wrap=True)
    table.add_column(overflow="fold")
    for item in reversed(list(layers.values())):
        table.add_row(layer_tick(item.layer), token_line(item, around))
    return table


def layer_table(layers: LayerAttributions, k: int = 5) -> Table:
    """Return a table of the layers: completeness gap, error, cost and the ``k`` largest words.

    Parameters
    ----------
    layers : LayerAttributions
        What is shown.
    k : int
        Words for each layer.
    """
    from rich.table import Table
    from rich.text import Text

    table = Table(caption=Text(LAYER_NUMBERING), caption_style="dim", caption_justify="left")
    for name in ("layer", "delta", "error", "evaluations"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column(f"{k} largest words, share of the layer", overflow="fold")
    for item in layers.values():
        total = float(item.scores.sum(dtype=np.float64)) or 1.0
        words = Text("  ").join(
            Text.assemble(word.text, (f" {word.score / total:.0%}", "dim"))
            for word in item.top(k, of="words")
        )
        table.add_row(
            layer_tick(item.layer),
            "" if item.delta is None else f"{item.delta:+.1e}",
            Text(error_text(item), style="red" if item.converged is False else ""),
            f"{item.evaluations:g}",
            words,
        )
    return table


def evaluation_table(evaluations: Sequence[Evaluation]) -> Table:
    """Return a table of scores in per cent, a row for each stage."""
    from rich.table import Table

    table = Table()
    metrics = list(dict.fromkeys(name for stage in evaluations for name in stage.scores))
    table.add_column("")
    for metric in (*metrics, "examples"):
        table.add_column(metric, justify="right")
    for stage in evaluations:
        cells = [f"{stage.scores[name]:.1f}" if name in stage.scores else "" for name in metrics]
        table.add_row(stage.name, *cells, str(stage.count))
    return table


def analysis_table(table: tables.Table) -> Table:
    """Return the table of an analysis, for a terminal."""
    from rich.table import Table

    shown = Table(title=table.title, title_justify="left")
    for column in table.columns:
        shown.add_column(column.name, overflow="fold")
    for row in table.rows:
        shown.add_row(*("" if cell is None else str(cell) for cell in row))
    return shown


def print_layers(console: Console, layers: LayerAttributions, *, around: int | None = 8) -> None:
    """Print one example: what is explained and how, its coloured lines and its table.

    Parameters
    ----------
    console : rich.console.Console
        Where to.
    layers : LayerAttributions
        What is shown.
    around : int or None
        Tokens to each side of the span in the coloured lines; None shows the whole window.
    """
    from rich.text import Text

    first = next(iter(layers.values()))
    parts: list[RenderableType] = [
        Text(first.question, style="bold"),
        Text(target_line(first)),
        Text(method_line(first) if len(layers) == 1 else _conditions(first), style="dim"),
        layer_table(layers),
    ]
    if console.color_system is not None:  # Without colours the lines would all read the same.
        parts.insert(3, layer_lines(layers, around))
    for part in parts:
        console.print(part)


def _conditions(item: Attribution) -> str:
    steps = "" if item.n_steps is None else f" with {item.n_steps} nodes"
    return f"{item.method}{steps}" + ("" if item.baseline is None else f", baseline {item.baseline}")


def _style(alpha: float, answer: bool, special: bool) -> str:
    style = "bold underline" if answer else "dim" if special else ""
    if alpha >= _VISIBLE:
        red, green, blue = blend(HEAT, alpha, (255, 255, 255))
        # Black on a light ground reads on terminals of either kind.
        style = f"{style.replace('dim', '')} black on rgb({red},{green},{blue})"
    return style.strip()
