"""The parameter-randomisation check of a run's first examples, and its tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.faithful.intervals import columns_of_mean, means
from bertqa_fast.analysis.faithful.randomization import cascade, rank_correlation, redrawing, top_overlap
from bertqa_fast.analysis.faithful.reader import SpanReader
from bertqa_fast.analysis.replay import erasable
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.attribution.of_windows import explain_windows
from bertqa_fast.data.jsonfiles import read_json
from bertqa_fast.data.windows import Window
from bertqa_fast.progress import progress_bar
from bertqa_fast.runs.scored import ScoredWindow

Example = tuple[ScoredWindow, Window, tuple[int, int]]

_MEASURES = (
    Column("spearman", "rank correlation of the scores with the trained reader's", "", "lower", -1, 1),
    Column("spearman_signed", "the same of the signed scores", "", "lower", -1, 1),
    Column("overlap", "share of the highest scores that are the trained reader's", "", "lower", 0, 1),
)


@dataclass(frozen=True, slots=True)
class Randomizing:
    """How a reader is randomised, and how scores are compared.

    Attributes
    ----------
    redraw : {"initial", "shuffle"}
        See :func:`.randomization.redrawing`.
    top : int
        Of how many of the highest scores the overlap is.
    part : {"context", "window"}
        Over which tokens scores are compared.
    seed : int
        For the weights.
    """

    redraw: str
    top: int
    part: str
    seed: int


def randomize(
    reader: SpanReader,
    layers: tuple[int, ...],
    examples: Sequence[Example],
    randomizing: Randomizing,
    show_progress: bool | None,
) -> tuple[tuple[Table, ...], int]:
    """Explain examples with readers of which more and more is drawn anew.

    Parameters
    ----------
    reader : SpanReader
        The trained reader; the run has its scores.
    layers : tuple of int
        The run's.
    examples : sequence of (ScoredWindow, Window, span)
        What is explained, at the trained reader's spans.
    randomizing : Randomizing
        How.
    show_progress : bool or None
        A bar; None shows it on a terminal.

    Returns
    -------
    tuple of Table, int
        The means per layer and depth, and a row for each example; and how many explanations did not reach
        the run's tolerance.
    """
    model = reader.model
    config = read_json(model.folder / "config.json")
    # Which not every family's configuration calls so.
    config |= {"hidden_size": model.hidden_size, "num_attention_heads": model.num_heads}
    parts = cascade(len(set(model.stored_blocks)))
    cuts = [reader.cut(layer) for layer in layers]
    places = [erasable(window, randomizing.part) for _, window, _ in examples]
    found = np.empty((len(examples), len(parts), len(layers), len(_MEASURES)))
    unconverged = 0
    with progress_bar(len(parts) * len(examples), "randomizing", "example", show_progress) as bar:
        for depth in range(len(parts)):
            change = redrawing(parts[: depth + 1], randomizing.redraw, config, randomizing.seed)
            with model.derived(change=change) as other:
                for number, (scored, window, span) in enumerate(examples):
                    result = explain_windows(other, [window], [span], cuts, reader.how, show_progress=False)[
                        0
                    ]
                    unconverged += result.missed
                    at = places[number]
                    found[number, depth] = np.stack(
                        [
                            rank_correlation(scored.scores[:, at], result.scores[:, at]),
                            rank_correlation(scored.signed[:, at], result.signed[:, at]),
                            top_overlap(scored.scores[:, at], result.scores[:, at], randomizing.top),
                        ],
                        axis=-1,
                    )
                    bar.update()
    chance = float(np.mean([min(1.0, randomizing.top / len(at)) for at in places]))
    return _tables(layers, parts, examples, found, chance), unconverged


def _tables(
    layers: tuple[int, ...],
    parts: list[str],
    examples: Sequence[Example],
    found: NDArray[np.float64],
    chance: float,
) -> tuple[Table, ...]:
    average = means(found)
    wide = [column for measure in _MEASURES for column in columns_of_mean(measure)]
    depth = [
        Column("depth", "parts drawn anew", low=1, high=len(parts)),
        Column("redrawn", "the last of these; those before it are too"),
    ]
    by_chance = Column("overlap_by_chance", "of scores that have nothing in common", "", None, 0, 1)
    return (
        Table.of(
            "randomization",
            "Scores of randomised readers beside the trained one's",
            ["layer", *depth, *wide, by_chance, "examples"],
            [
                [
                    layer,
                    d + 1,
                    part,
                    *(cell for m in range(len(_MEASURES)) for cell in average.cells((d, at, m))),
                    chance,
                    average.count[d, at, 0],
                ]
                for at, layer in enumerate(layers)
                for d, part in enumerate(parts)
            ],
        ),
        Table.of(
            "randomization_examples",
            "Scores of randomised readers, by example",
            ["example", "id", "layer", *depth, *_MEASURES],
            [
                [scored.example, scored.key, layer, d + 1, part, *found[number, d, at]]
                for number, (scored, _, _) in enumerate(examples)
                for at, layer in enumerate(layers)
                for d, part in enumerate(parts)
            ],
        ),
    )
