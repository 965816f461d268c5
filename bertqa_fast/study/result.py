"""What a study of a classifier's explanations holds: plain arrays, and what can be asked of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.tables import Table
from bertqa_fast.study.best_layer import LayerChoice
from bertqa_fast.study.correlation import agreement_table
from bertqa_fast.study.methods import RANDOM, at_layer
from bertqa_fast.study.published import compare, verdict
from bertqa_fast.study.ranks import Piece, words_table
from bertqa_fast.study.tables import deletion_table, summary_table, texts_table

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Words = Mapping[str, list[Piece]]


@dataclass(frozen=True, eq=False)
class Study:
    """Methods side by side on one classifier; made by :func:`bertqa_fast.study.run.study_classifier`.

    Attributes
    ----------
    methods : tuple of str
        Their names; ``ig@best`` has become the layer that was chosen.
    ids : tuple of str
        The texts that tokens were deleted from, N of them.
    right : float64 ``[methods, N, K + 1]``
        Whether a text is given its gold class after 0 … K deletions; a share of the random orders.
    words : mapping
        Method → word pieces by mean normalised score; not of random orders.
    other_words : mapping or None
        The same of another model or other data.
    choice : LayerChoice or None
        How the layer of ``ig@best`` was chosen.
    about : mapping
        Models, data, settings, counts and versions.
    """

    methods: tuple[str, ...]
    ids: tuple[str, ...]
    right: NDArray[np.float64]
    words: Words
    other_words: Words | None
    choice: LayerChoice | None
    about: Mapping[str, Any]

    def __repr__(self) -> str:
        return f"Study({len(self.ids)} texts, {', '.join(self.methods)}, up to {self.k} deletions)"

    @property
    def k(self) -> int:
        """How many tokens were deleted at most, K."""
        return int(self.right.shape[2]) - 1

    @property
    def notes(self) -> dict[str, str]:
        """What the summary says of single methods."""
        notes = {RANDOM: f"mean of {self.about['settings']['draws']} random orders of each text"}
        if self.choice is not None:
            notes[at_layer(self.choice.layer)] = self.choice.note
        return notes

    @cached_property
    def curves(self) -> dict[str, list[float]]:
        """Method → accuracy in per cent after 1 … K deletions."""
        means = 100 * self.right.mean(axis=1)[:, 1:]
        return dict(zip(self.methods, means.tolist(), strict=True))

    def deletion(self, **intervals: Any) -> Table:
        """Return accuracies after 0 … K deletions; see :func:`.tables.deletion_table`."""
        return deletion_table(self.methods, self.right, **intervals)

    def summary(self, **intervals: Any) -> Table:
        """Return the mean over 1 … K deletions; see :func:`.tables.summary_table`."""
        return summary_table(self.methods, self.right, self.notes, **intervals)

    def published(self) -> Table:
        """Return our accuracies beside the published ones; see :func:`.published.compare`."""
        return compare(self.curves)

    def verdict(self) -> str:
        """Say in a line whether our order is the published one."""
        return verdict({name: float(np.mean(curve)) for name, curve in self.curves.items()})

    def correlation(self) -> Table | None:
        """Return the agreement with the other model or data; None where there is none."""
        return None if self.other_words is None else agreement_table(self.words, self.other_words)

    def tables(self) -> list[Table]:
        """Return all tables: those that a study's folder holds."""
        correlation = self.correlation()
        return [
            self.deletion(),
            self.summary(),
            self.published(),
            words_table(self.words),
            texts_table(self.methods, self.ids, self.right),
            *([] if correlation is None else [correlation]),
            *([] if self.choice is None else [self.choice.table()]),
        ]

    def plot(self) -> Figure:
        """Draw accuracy against deletions, a line for each method."""
        from bertqa_fast.study.figures import deletion_figure

        return deletion_figure(self.deletion())

    def write(self, folder: str | Path, *, overwrite: bool = False) -> list[Path]:
        """Write tables and figures; see :func:`bertqa_fast.study.files.write_study`."""
        from bertqa_fast.study.files import write_study

        return write_study(self, Path(folder), overwrite=overwrite)
