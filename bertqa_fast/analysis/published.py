"""Numbers that others published, to stand beside one's own.

They were found with BERT-base (12 layers), windows of 384 tokens and other settings, so that trends can be
compared and levels cannot. The paper's are read off the slides of its talk at EMNLP 2020, in the repository
iitmnlp/BERT-Analysis-RCQA; the reproduction's off gchhablani/MLRC-2020-Towards-Interpreting-BERT-for-RCQA.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bertqa_fast.analysis.tables import Column, Table

if TYPE_CHECKING:
    from bertqa_fast.runs.reader import Run

PAPER = "paper"
REPRODUCTION = "reproduction"
SOURCES = {
    PAPER: "Ramnath et al. 2020 (slides in iitmnlp/BERT-Analysis-RCQA)",
    REPRODUCTION: "reproduction (gchhablani/MLRC-2020-Towards-Interpreting-BERT-for-RCQA)",
}
NOT_COMPARABLE = (
    "Published numbers are of BERT-base with windows of 384 tokens, and not of the same questions. Beside a "
    "layer of this model stands what was published for that share of the depth. Compare trends, not levels."
)
PUBLISHED_COLUMNS = (
    Column(PAPER, "published by Ramnath et al. 2020 for the same depth", "%", low=0, high=100),
    Column(REPRODUCTION, "published by their reproduction for the same depth", "%", low=0, high=100),
)
NUM_LAYERS = 12
_DATA = {"squad": "SQuAD", "duorc": "DuoRC"}


@dataclass(frozen=True)
class Series:
    """One measure over the layers of BERT-base.

    Attributes
    ----------
    source : str
        ``PAPER`` or ``REPRODUCTION``.
    data : str
        ``"SQuAD"`` or ``"DuoRC"``.
    of : str
        What was measured.
    values : mapping
        Layer to value; layer l is the output of block l, -1 the embeddings.
    """

    source: str
    data: str
    of: str
    values: Mapping[int, float]

    def at(self, layer: int, num_layers: int) -> float | None:
        """Return the value at the same depth, (layer + 1) / num_layers.

        Between two layers of BERT-base it is interpolated; None where one of them was not published.
        """
        place = NUM_LAYERS * (layer + 1) / num_layers - 1
        below, above = math.floor(place), math.ceil(place)
        if below not in self.values or above not in self.values:
            return None
        return self.values[below] + (place - below) * (self.values[above] - self.values[below])


def series(source: str, data: str, of: str, values: Sequence[float], first: int = 0) -> Series:
    """Make a series of the values of all layers from ``first`` on."""
    return Series(source, data, of, dict(enumerate(values, first)))


def data_of(run: Run) -> str | None:
    """Return the published name of a run's data set, or None where nothing was published on it."""
    return _DATA.get(run.about["data"].get("task", "squad"))


def find(known: Sequence[Series], source: str, data: str | None, of: str) -> Series | None:
    """Return the series of this source, data set and measure, if there is one."""
    for one in known:
        if (one.source, one.data, one.of) == (source, data, of):
            return one
    return None


def published_table(name: str, title: str, of: Column, known: Sequence[Series]) -> Table:
    """Return all that was published, as it was: ``source``, ``data``, what it is of, ``layer``, ``value``."""
    rows = [
        (SOURCES[one.source], one.data, one.of, layer, value)
        for one in known
        for layer, value in one.values.items()
    ]
    columns: list[Column | str] = [
        "source",
        "data",
        of,
        Column("layer", "of BERT-base; -1 is the embeddings"),
        Column("value", "as published", "%"),
    ]
    return Table.of(name, title, columns, rows)
