"""What calls of the engine are given: windows end to end, hidden states that are checked, progress bars."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from bertqa_fast.data.windows import Window


def flatten(
    windows: Sequence[Window],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Lay windows end to end: ids and types ``[total tokens]``, where each begins ``[windows + 1]``."""
    ids = np.concatenate([np.asarray(w.input_ids, dtype=np.int64) for w in windows])
    types = np.concatenate([np.asarray(w.token_type_ids, dtype=np.int64) for w in windows])
    offsets = np.cumsum([0, *(len(w.input_ids) for w in windows)], dtype=np.int64)
    return ids, types, offsets


def advance(bar: Any) -> Callable[[int, int], None]:
    """Return what the engine calls with the work done so far and in all."""

    def moved(done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)

    return moved


def check_states(number: int, given: Any, hidden_size: int, longest: int) -> None:
    """Refuse what are no hidden states of a sequence, float32 ``[T, H]``.

    Raises
    ------
    ValueError, TypeError
        Naming the number of the sequence, what came and what was wanted.
    """
    if not isinstance(given, np.ndarray) or given.dtype != np.float32:
        got = given.dtype if isinstance(given, np.ndarray) else type(given).__name__
        raise TypeError(f"states: number {number} is {got}, wanted a float32 array [T, H]")
    if given.ndim != 2 or given.shape[1] != hidden_size or not 1 <= len(given) <= longest:
        raise ValueError(
            f"states: number {number} has the shape {list(given.shape)}, wanted [T, {hidden_size}] "
            f"with T from 1 to {longest}"
        )
    if not np.isfinite(given).all():
        raise ValueError(f"states: number {number} holds values that are not finite")
