"""Jensen-Shannon divergence between the layers' distributions over a passage (``jsd``).

Ramnath et al. 2020, section 4: do layers look at the same words? Each layer's scores are made a
distribution; of two layers the divergence is JSD(P, Q) = H((P+Q)/2) - H(P)/2 - H(Q)/2 with entropies in bits,
so that it lies in [0, 1] (Lin 1991). Beside the distributions as they are, each layer's k largest scores
alone and all but these are compared: layers differ in their heads, and their tails are alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.analysis import Analysis, CannotAnalyzeError, Result, settings_of
from bertqa_fast.analysis.figures import layer_matrix
from bertqa_fast.analysis.options import check_choice
from bertqa_fast.analysis.published import (
    NOT_COMPARABLE,
    NUM_LAYERS,
    PAPER,
    REPRODUCTION,
    SOURCES,
    data_of,
)
from bertqa_fast.analysis.published_numbers import DIVERGENCE_RANGES, DIVERGENCES
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.analysis.walk import same_layers, walk
from bertqa_fast.analysis.words import largest, words_of
from bertqa_fast.attribution.naming import layer_tick
from bertqa_fast.runs.scored import ScoredWindow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bertqa_fast.runs.reader import Run

PARTS = ("separators", "context", "window")
LEVELS = ("token", "word")
EMPTY = ("uniform", "skip")
JSD = Column("jsd", "mean Jensen-Shannon divergence", "bits", low=0, high=1)


def layer_divergence(
    run: Run,
    *,
    k: tuple[int, ...] = (2, 5, 10),
    level: str = "token",
    part: str = "separators",
    empty: str = "uniform",
    limit: int | None = None,
    show_progress: bool | None = None,
) -> Result:
    """Compare the layers of every example pair by pair, and average over the examples.

    Parameters
    ----------
    run : Run
        The run folder.
    k : tuple of int
        How many of each layer's largest scores to keep alone, and to remove.
    level : {"token", "word"}
        Over what the distributions are; the published code has tokens, words are sums over their tokens.
    part : {"separators", "context", "window"}
        Of which tokens: the context and both separators around it, as the published code cuts; the context
        alone; or the whole window. Words belong to the context, or (``"window"``) to question and context.
    empty : {"uniform", "skip"}
        What stands for scores that are all zero (fewer than k tokens, say): the uniform distribution, or
        nothing, so that the example does not count there.
    limit : int or None
        Only the first examples. The published figures have 1,000.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.

    Returns
    -------
    Result
        Table ``jsd``: ``kept`` ("all", "top k" or "rest k"), ``layer``, ``other``, ``jsd``, its standard
        deviation over examples and their number; table ``jsd_summary``: smallest, mean and largest off the
        diagonal, neighbours, first against last, beside what was published; table ``jsd_published``.

    Raises
    ------
    ValueError
        An option is none of these.
    CannotAnalyzeError
        The run has fewer than two layers.
    """
    settings = settings_of(layer_divergence, locals())
    check_choice("level", level, LEVELS)
    check_choice("part", part, PARTS)
    check_choice("empty", empty, EMPTY)
    if not k or min(k) < 1:
        raise ValueError(f"k must hold positive numbers, got {k}")
    layers = same_layers(run)
    if len(layers) < 2:
        raise CannotAnalyzeError(
            f"jsd compares layers, and {run.folder} has one only; attribute with --layers all"
        )
    names = ["all", *(f"{kind} {count}" for kind in ("top", "rest") for count in k)]
    totals = np.zeros((3, len(names), len(layers), len(layers)))
    examples = 0
    for window in walk(run, "jsd", limit, show_progress):
        scores = _chosen(window, level, part)
        for at, kept in enumerate(_kinds(scores, k)):
            found = divergences(kept, empty)
            known = np.isfinite(found)
            found = np.where(known, found, 0.0)
            totals[:, at] += np.stack([known, found, found**2])
        examples += 1
    count, first, second = totals
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = first / count
        deviation = np.sqrt(np.maximum(second / count - mean**2, 0.0))
    rows = [
        (name, layers[i], layers[j], mean[n, i, j], deviation[n, i, j], int(count[n, i, j]))
        for n, name in enumerate(names)
        for i in range(len(layers))
        for j in range(len(layers))
    ]
    columns: list[Column | str] = [
        "kept",
        "layer",
        "other",
        JSD,
        Column("deviation", "over examples", "bits", low=0),
        "examples",
    ]
    return Result(
        "jsd",
        "Divergence between layers",
        settings,
        examples,
        (
            Table.of("jsd", "Jensen-Shannon divergence between layers", columns, rows),
            _summary(names, mean, data_of(run)),
            _published(),
        ),
        (
            f"Entropies in bits; mean over {examples} examples; {level}s; part: {part}.",
            NOT_COMPARABLE,
            "The reproduction's divergences are over all 384 positions and 13 layers.",
        ),
    )


def divergences(scores: NDArray[Any], empty: str = "uniform") -> NDArray[np.float64]:
    """Return the divergence of every pair of rows, in bits: ``[layers, N]`` becomes ``[layers, layers]``.

    Parameters
    ----------
    scores : array of [layers, N]
        Not negative; each row is divided by its sum.
    empty : {"uniform", "skip"}
        What becomes of a row of zeros; under ``"skip"`` its divergences are NaN.
    """
    sums = scores.sum(axis=1, keepdims=True, dtype=np.float64)
    void = 1 / scores.shape[1] if empty == "uniform" else np.nan
    shares = np.divide(scores, sums, out=np.full(scores.shape, void), where=sums > 0)
    entropy = _entropy(shares)
    found = np.zeros((len(shares), len(shares)))
    for row in range(len(shares) - 1):
        both = _entropy((shares[row] + shares[row + 1 :]) / 2)
        found[row, row + 1 :] = found[row + 1 :, row] = both - (entropy[row] + entropy[row + 1 :]) / 2
    found[np.isnan(entropy), :] = np.nan
    found[:, np.isnan(entropy)] = np.nan
    return np.clip(found, 0.0, 1.0)


def _entropy(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    from scipy.special import entr

    bits: NDArray[np.float64] = entr(shares).sum(axis=-1) / np.log(2)
    return bits


def _chosen(window: ScoredWindow, level: str, part: str) -> NDArray[Any]:
    if level == "word":
        return words_of(window, None if part == "window" else 1).sums(window.scores)
    if part == "window":
        return window.scores
    inside = np.flatnonzero(window.segment == 1)
    around = 1 if part == "separators" else 0
    return window.scores[:, inside[0] - around : inside[-1] + 1 + around]


def _kinds(scores: NDArray[Any], k: tuple[int, ...]) -> list[NDArray[Any]]:
    """Return the scores as they are, each row's largest alone, and each row without these."""
    order = largest(scores, max(k))
    kept, removed = [], []
    for count in k:
        chosen = np.zeros(scores.shape, dtype=np.bool_)
        np.put_along_axis(chosen, order[:, :count], True, axis=1)
        kept.append(np.where(chosen, scores, 0))
        removed.append(np.where(chosen, 0, scores))
    return [scores, *kept, *removed]


def _summary(names: list[str], mean: NDArray[np.float64], data: str | None) -> Table:
    rows: list[tuple[Any, ...]] = []
    for name, cells in zip(names, mean, strict=True):
        rows.append((name, "this run", *_in_few_numbers(cells)))
        if data == "SQuAD" and name in DIVERGENCES:
            rows.append((name, SOURCES[PAPER], *_in_few_numbers(_published_cells(name))))
        if data in DIVERGENCE_RANGES and name in DIVERGENCE_RANGES[data]:
            low, high, middle = DIVERGENCE_RANGES[data][name]
            rows.append((name, SOURCES[REPRODUCTION], low, middle, high, None, None))
    about = {
        "smallest": "off the diagonal",
        "mean": "off the diagonal",
        "largest": "off the diagonal",
        "neighbours": "mean over layers that follow each other",
        "first_last": "the first layer against the last",
    }
    columns: list[Column | str] = [Column(name, text, "bits", low=0, high=1) for name, text in about.items()]
    return Table.of("jsd_summary", "The same in a few numbers", ["kept", "source", *columns], rows)


def _in_few_numbers(cells: NDArray[np.float64]) -> tuple[float, ...]:
    off = cells[~np.eye(len(cells), dtype=np.bool_)]
    neighbours = np.diagonal(cells, offset=1)
    return off.min(), off.mean(), off.max(), neighbours.mean(), cells[0, -1]


def _published_cells(kept: str) -> NDArray[np.float64]:
    cells = np.zeros((NUM_LAYERS, NUM_LAYERS))
    for (row, column), value in DIVERGENCES[kept].items():
        cells[row, column] = cells[column, row] = value
    return cells


def _published() -> Table:
    rows = [
        (kept, layer, other, value)
        for kept, cells in DIVERGENCES.items()
        for (layer, other), value in cells.items()
    ]
    title = "Divergences of BERT-base's layers on SQuAD, as the paper has them"
    return Table.of("jsd_published", title, ["kept", "layer", "other", JSD], rows)


def draw(result: Result) -> Mapping[str, Figure]:
    """Draw a heat map of layer against layer for each kind of distribution."""
    table = result.table("jsd")
    figures = {}
    for kept in dict.fromkeys(table.column("kept")):
        part = table.where(kept=kept)
        layers = list(dict.fromkeys(part.column("layer")))
        cells = np.array(part.column("jsd"), dtype=float).reshape(len(layers), len(layers))
        title = {"all": "all scores", "top": "largest kept", "rest": "largest removed"}[kept.split()[0]]
        number = kept.partition(" ")[2]
        figures[f"jsd_{kept.replace(' ', '_')}"] = layer_matrix(
            cells,
            [layer_tick(layer) for layer in layers],
            title=f"{number} {title}".strip(),
            label=JSD.about + ", bits",
            low=0,
            high=1,
        )
    return figures


ANALYSIS = Analysis("jsd", layer_divergence, draw)
