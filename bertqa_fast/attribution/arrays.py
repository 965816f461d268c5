"""Arrays on their way into a result: checked, converted, made read-only."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray


def read_only(name: str, value: Any, dtype: DTypeLike, shape: tuple[int | None, ...]) -> NDArray[Any]:
    """Check an array's shape and kind and return it as ``dtype``, read-only.

    A writable array is copied, so that nobody changes a result from outside; one that is read-only
    already and of the right type is used as it is.

    Parameters
    ----------
    name : str
        The field, for messages.
    value : array-like
        What was given.
    dtype : dtype
        What it becomes.
    shape : tuple of int or None
        The wanted shape; ``None`` stands for any size.

    Raises
    ------
    TypeError
        Numbers are wanted and something else came, or fractions where whole numbers are wanted.
    ValueError
        The shape differs, or a number is not finite.
    """
    array = np.asarray(value)
    wanted = np.dtype(dtype)
    if array.size and not np.issubdtype(array.dtype, np.integer if wanted.kind == "i" else np.number):
        raise TypeError(f"{name} must hold {wanted.name} numbers, got {array.dtype}")
    if len(array.shape) != len(shape) or any(
        w not in (None, g) for g, w in zip(array.shape, shape, strict=True)
    ):
        size = ", ".join("any" if size is None else str(size) for size in shape)
        raise ValueError(f"{name} must have the shape [{size}], got {list(array.shape)}")
    with np.errstate(over="ignore"):  # What does not fit becomes infinite and is refused below.
        result: NDArray[Any] = np.ascontiguousarray(array, dtype=wanted)
    if wanted.kind == "f" and not np.isfinite(result).all():
        bad = int(np.sum(~np.isfinite(result)))
        raise ValueError(
            f"{name} must be finite {wanted.name} numbers, got {bad} of {array.size} that are not"
        )
    if result is array and array.flags.writeable:
        result = array.copy()
    result.flags.writeable = False
    return result
