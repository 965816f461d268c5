"""Write ``.safetensors`` one tensor after the other, so that one of them is in memory at a time."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from bertqa_fast.families.base import Array
from bertqa_fast.storage import open_atomic

_ALIGNMENT = 8


def write_safetensors(
    path: Path, shapes: Mapping[str, tuple[int, ...]], tensors: Iterable[tuple[str, Array]]
) -> None:
    """Write float32 tensors.

    Parameters
    ----------
    path : Path
        The file; it is there once all is written.
    shapes : mapping
        The sizes of each tensor by name, in the order of ``tensors``.
    tensors : iterable of (str, array)
        The tensors by name, of these sizes.

    Raises
    ------
    ValueError
        A tensor is not the one that its place is for.
    """
    header: dict[str, object] = {"__metadata__": {"format": "pt"}}
    end = 0
    for name, shape in shapes.items():
        begin, end = end, end + 4 * math.prod(shape)
        header[name] = {"dtype": "F32", "shape": list(shape), "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % _ALIGNMENT)
    with open_atomic(path) as file:
        file.write(len(text).to_bytes(8, "little") + text)
        for (name, shape), (given, array) in zip(shapes.items(), tensors, strict=True):
            if given != name or array.shape != shape:
                raise ValueError(f"tensors: got {given!r} of {array.shape}, wanted {name!r} of {shape}")
            file.write(np.ascontiguousarray(array, dtype="<f4").data)
