"""Tensors of ``.safetensors`` files, in numpy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import ml_dtypes  # noqa: F401 - tells numpy what "bfloat16" is, which safetensors asks it for
import numpy as np

from bertqa_fast.families.base import Array


class SafetensorsCheckpoint:
    """Tensors of one or several ``.safetensors`` files, converted to float32 as they are read.

    Parameters
    ----------
    files : sequence of Path
        The files.
    shards : mapping of str to Path, optional
        Which file holds which tensor; of a name that is not in it, the last file that has it.

    Raises
    ------
    ValueError
        A file cannot be read.
    """

    def __init__(self, files: Sequence[Path], shards: Mapping[str, Path] | None = None) -> None:
        from safetensors import SafetensorError, safe_open

        self._where: dict[str, Any] = {}
        self._error = SafetensorError
        for file in files:
            try:
                handle = safe_open(file, framework="numpy")
            except (SafetensorError, OSError) as error:
                raise ValueError(f"source: cannot read {file}: {error}") from error
            names: list[str] = handle.keys()  # type: ignore[no-untyped-call]
            for name in names:
                if (shards or {}).get(name, file) == file:
                    self._where[name] = handle

    def __contains__(self, name: str) -> bool:
        return name in self._where

    def __getitem__(self, name: str) -> Array:
        if name not in self._where:
            raise ValueError(f"source: the checkpoint has no tensor {name!r}")
        try:
            return np.asarray(self._where[name].get_tensor(name), dtype=np.float32)
        except (self._error, TypeError) as error:
            raise ValueError(f"source: cannot read the tensor {name!r}: {error}") from error
