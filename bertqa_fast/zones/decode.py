"""Logits with zones masked, of both heads: windows and maskings in, arrays out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.windows import Window
from bertqa_fast.engine_calls import flatten
from bertqa_fast.tasks.answers import Logits
from bertqa_fast.zones.cells import classes_of
from bertqa_fast.zones.request import Masking

if TYPE_CHECKING:
    from bertqa_fast.model import Model

Moved = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, eq=False)
class MaskedLogits:
    """Start and end logits of windows that lie end to end, unmasked and under each masking.

    Attributes
    ----------
    start, end : float32 ``[1 + maskings, total tokens]``
        Row 0 is unmasked.
    offsets : int64 ``[windows + 1]``
        Where each window begins.
    """

    start: NDArray[np.float32]
    end: NDArray[np.float32]
    offsets: NDArray[np.int64]

    def of(self, number: int, windows: slice) -> list[Logits]:
        """Return the logits of some windows in one row, ``[T]`` each."""
        stretch = self.offsets[windows.start : windows.stop + 1]
        return [(self.start[number, a:b], self.end[number, a:b]) for a, b in pairwise(stretch)]


def masked_logits(
    model: Model, windows: Sequence[Window], maskings: Sequence[Masking], progress: Moved | None = None
) -> MaskedLogits:
    """Decode windows unmasked and under every masking, each masking by itself.

    Parameters
    ----------
    model : Model
        The reader.
    windows : sequence of Window
        At least one.
    maskings : sequence of Masking
        Of one way with special tokens. Those that change nothing are not run.
    progress : callable, optional
        Called with the work done so far and in all; what it raises ends the work.
    """
    start, end = _decode(model, windows, maskings, ("start", "end"), progress)
    return MaskedLogits(start, end, flatten(windows)[2])


def masked_class_logits(
    model: Model, windows: Sequence[Window], maskings: Sequence[Masking], progress: Moved | None = None
) -> NDArray[np.float32]:
    """Do the same with a classifier: logits ``[1 + maskings, windows, C]``, row 0 unmasked."""
    [logits] = _decode(model, windows, maskings, ("class",), progress)
    return logits


def _decode(
    model: Model,
    windows: Sequence[Window],
    maskings: Sequence[Masking],
    names: Sequence[str],
    progress: Moved | None,
) -> list[NDArray[np.float32]]:
    """Return the logits of each name, a row unmasked and one for every masking."""
    ids, types, offsets = flatten(windows)
    run = [number for number, masking in enumerate(maskings) if not masking.changes_nothing]
    if run:
        special = maskings[run[0]].special
        found = model.core.masked_forward(
            ids,
            types,
            offsets,
            np.concatenate([classes_of(window, special) for window in windows]),
            cells=[maskings[number].cell() for number in run],
            progress=progress,
        )
    else:
        found = model.core.forward(ids, types, offsets, layers=[], progress=progress)
    rows = []
    for name in names:
        every = np.repeat(found[f"{name}_logits"][None], 1 + len(maskings), axis=0)
        if run:
            every[[1 + number for number in run]] = found[f"masked_{name}_logits"]
        rows.append(every)
    return rows
