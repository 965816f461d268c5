"""The layer at which integrated gradients rank tokens best, chosen on texts that the tables leave out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.data.examples import TextExample
from bertqa_fast.study.methods import at_layer

HELD_OUT = 100  # texts that are set aside where no validation data are given, a fifth of all at most


@dataclass(frozen=True, slots=True)
class LayerChoice:
    """Mean accuracies after deletion on the validation texts, in per cent.

    Attributes
    ----------
    means : tuple of float
        Of integrated gradients at the output of block 0, 1, …; the last block is not among them, because
        only the first token counts there.
    texts : int
        How many texts they are over.
    held_out : bool
        Whether the texts were set aside from the data of the study.
    """

    means: tuple[float, ...]
    texts: int
    held_out: bool

    @property
    def layer(self) -> int:
        """The layer of the lowest mean; of equal ones the lowest layer."""
        return int(np.argmin(self.means))

    @property
    def note(self) -> str:
        """What the tables say of the chosen layer."""
        where = "set aside from the data" if self.held_out else "of the validation data"
        return f"layer chosen by the lowest mean of {len(self.means)} layers on {self.texts} texts {where}"

    def table(self) -> Table:
        """Return a row for each layer."""
        rows = [
            (at_layer(layer), layer, mean, layer == self.layer, self.texts)
            for layer, mean in enumerate(self.means)
        ]
        columns: list[Column | str] = [
            Column("method", "integrated gradients at the output of a block"),
            Column("layer", "the block's number", low=0),
            Column(
                "mean", "accuracy after deletion on the validation texts, mean over k", "%", "lower", 0, 100
            ),
            Column("chosen", "whether it is the lowest"),
            Column("texts", "how many count", low=0),
        ]
        return Table.of("layers", "Choice of the layer", columns, rows)


def split(
    examples: Sequence[TextExample], seed: int, count: int = HELD_OUT
) -> tuple[list[TextExample], list[TextExample]]:
    """Set texts aside at random: return those that are left and those set aside, both in their order.

    Parameters
    ----------
    examples : sequence of TextExample
        All of them.
    seed : int
        Where the drawing begins.
    count : int
        How many are set aside, but no more than a fifth.

    Raises
    ------
    ValueError
        There are fewer than five.
    """
    if len(examples) < 5:
        raise ValueError(
            f"methods: got 'ig@best' with {len(examples)} texts, wanted five or more, or validation texts"
        )
    drawn = np.random.default_rng(seed).permutation(len(examples))[: min(count, len(examples) // 5)]
    aside: NDArray[np.bool_] = np.zeros(len(examples), dtype=np.bool_)
    aside[drawn] = True
    left = [example for example, out in zip(examples, aside, strict=True) if not out]
    return left, [example for example, out in zip(examples, aside, strict=True) if out]
