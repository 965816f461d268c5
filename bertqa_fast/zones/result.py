"""What a grid of masked zones holds: plain arrays, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.estimates import LEVEL
from bertqa_fast.analysis.options import check_choice
from bertqa_fast.analysis.tables import Table
from bertqa_fast.tasks.answers import Prediction

if TYPE_CHECKING:
    from matplotlib.figure import Figure

METRICS = ("exact_match", "f1", "kept")


@dataclass(frozen=True, eq=False, slots=True)
class Answers:
    """Answers, as arrays of one shape.

    Attributes
    ----------
    text : array of str
        The predicted answers.
    start_char, end_char, window : int32 arrays
        Their first and one-past-last character in the context, and the window of their example.
    score : float64 array
        Start logit plus end logit.
    exact_match, f1 : float64 arrays
        0 to 1, by the task's rules; NaN where there is no gold answer.
    kept : float64 array
        What is left of the unmasked answer: the mean of its start and its end probability, each a softmax
        over the tokens of its window.
    """

    text: NDArray[np.object_]
    start_char: NDArray[np.int32]
    end_char: NDArray[np.int32]
    window: NDArray[np.int32]
    score: NDArray[np.float64]
    exact_match: NDArray[np.float64]
    f1: NDArray[np.float64]
    kept: NDArray[np.float64]

    @classmethod
    def empty(cls, *shape: int) -> Self:
        """Return answers that are still to be filled in."""
        text: NDArray[np.object_] = np.full(shape, "", dtype=np.object_)
        start, end, window = (np.zeros(shape, dtype=np.int32) for _ in range(3))
        score, exact, f1, kept = (np.full(shape, np.nan) for _ in range(4))
        return cls(text, start, end, window, score, exact, f1, kept)

    def put(self, at: tuple[int, ...], prediction: Prediction, kept: float) -> None:
        """Fill in one answer, but for its scores against the gold."""
        for name in ("text", "start_char", "end_char", "window", "score"):
            getattr(self, name)[at] = getattr(prediction, name)
        self.kept[at] = kept

    def reshaped(self, *shape: int) -> Self:
        """Return the same answers, laid out otherwise."""
        return type(self)(*(getattr(self, name).reshape(shape) for name in self.__slots__))


@dataclass(frozen=True, eq=False)
class ZoneGrid:
    """Every zone masked at every layer, each cell by itself; made by :func:`bertqa_fast.zone_grid`.

    Attributes
    ----------
    zones : tuple of str
        As in :data:`bertqa_fast.zones.cells.ZONES`.
    layers : tuple of int
        Encoder blocks 0 … L-1, inside of which attention was masked.
    heads : tuple of int, or of one None
        The heads that were masked one at a time; ``(None,)`` where all were masked together.
    ids, questions : tuple of str
        The examples' ids (``#`` and the number where there is none) and questions, N of them.
    unmasked : Answers ``[N]``
        The reader as it is.
    masked : Answers ``[N, layers, zones, heads]``
        The reader with one zone masked at one layer, in one head or in all.
    about : mapping
        Model, data, task, settings and versions.
    """

    zones: tuple[str, ...]
    layers: tuple[int, ...]
    heads: tuple[int | None, ...]
    ids: tuple[str, ...]
    questions: tuple[str, ...]
    unmasked: Answers
    masked: Answers
    about: Mapping[str, Any]

    def __len__(self) -> int:
        return len(self.ids)

    def __repr__(self) -> str:
        heads = "all heads" if self.heads == (None,) else f"{len(self.heads)} heads"
        layers = ", ".join(map(str, self.layers))
        return f"ZoneGrid({len(self)} examples, {', '.join(self.zones)}, layers {layers}, {heads})"

    @property
    def metrics(self) -> tuple[str, ...]:
        """What the answers can be measured by: exact match and F1 only where there are gold answers."""
        return tuple(name for name in METRICS if np.isfinite(getattr(self.unmasked, name)).any())

    @property
    def by_head(self) -> bool:
        """Whether heads were masked one at a time."""
        return self.heads != (None,)

    def values(self, metric: str) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return a metric in per cent: ``[N]`` unmasked, ``[N, layers, zones, heads]`` masked.

        Raises
        ------
        ValueError
            The metric is unknown, or there are no gold answers for it.
        """
        check_choice("metric", metric, METRICS)
        if metric not in self.metrics:
            raise ValueError(f"metric: got {metric!r}, but no example has a gold answer; wanted 'kept'")
        return 100 * getattr(self.unmasked, metric), 100 * getattr(self.masked, metric)

    def table(
        self, metric: str = "exact_match", *, level: float = LEVEL, resamples: int = 2000, seed: int = 0
    ) -> Table:
        """Return each cell's metric and its change against the unmasked reader, in points.

        Parameters
        ----------
        metric : {"exact_match", "f1", "kept"}
            The scores of the task, or what is left of the unmasked answer's probability.
        level : float
            Coverage of the intervals of the change: percentile bootstrap over examples, each drawn with its
            unmasked answer. They hold for one cell each, not for all together.
        resamples, seed : int
            How often examples are drawn, and where the drawing begins.

        Returns
        -------
        Table
            A row for each layer, zone and head.

        Raises
        ------
        ValueError
            As :meth:`values`.
        """
        from bertqa_fast.zones.tables import change_table

        return change_table(self, (metric,), level=level, resamples=resamples, seed=seed)

    def plot(self, metric: str | None = None, look: str = "own") -> Figure:
        """Draw the changes: layers upwards, zones across; of single heads, a panel for each zone.

        Parameters
        ----------
        metric : str, optional
            As in :meth:`table`; by default exact match where there are gold answers, else ``"kept"``.
        look : {"own", "reference"}
            ``"reference"``: colours, limits and labels of the published script, layers from 1.

        Raises
        ------
        ValueError
            As :meth:`values`; or the look is unknown, or not to be had for single heads.
        """
        from bertqa_fast.zones.figures import draw

        return draw(self, metric or self.metrics[0], look)

    def write(self, folder: str | Path, *, overwrite: bool = False) -> list[Path]:
        """Write the grid, its tables and figures; see :func:`bertqa_fast.zones.files.write_grid`."""
        from bertqa_fast.zones.files import write_grid

        return write_grid(self, Path(folder), overwrite=overwrite)

    @classmethod
    def read(cls, folder: str | Path) -> ZoneGrid:
        """Read what :meth:`write` wrote.

        Raises
        ------
        ValueError
            A file is missing or damaged; the message names it.
        """
        from bertqa_fast.zones.files import read_grid

        return read_grid(Path(folder))
