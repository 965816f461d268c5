"""Tensors of ``pytorch_model.bin``: PyTorch's reader of weights alone, which runs no code of the file."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bertqa_fast.families.base import Array

_SAFE = (2, 6)  # before it, what refuses everything but weights could be got round (CVE-2025-32434)


class PickledCheckpoint:
    """Tensors of one or several ``.bin`` files, converted to float32 as they are read; needs torch.

    Parameters
    ----------
    files : sequence of Path
        The files.
    shards : mapping of str to Path, optional
        Which file holds which tensor; of a name that is not in it, the last file that has it.

    Raises
    ------
    ValueError
        A file cannot be read, or holds anything but weights.
    ImportError
        PyTorch is not installed, or too old to read such files safely.
    """

    def __init__(self, files: Sequence[Path], shards: Mapping[str, Path] | None = None) -> None:
        self._tensors: dict[str, Any] = {}
        self._sizes: dict[str, int] = {}
        for file in files:
            size = file.stat().st_size
            for name, tensor in _load(file).items():
                if (shards or {}).get(name, file) == file:
                    self._tensors[name] = tensor
                    self._sizes[name] = size

    def __contains__(self, name: str) -> bool:
        return name in self._tensors

    def __getitem__(self, name: str) -> Array:
        if name not in self._tensors:
            raise ValueError(f"source: the checkpoint has no tensor {name!r}")
        tensor = self._tensors[name]
        if not _is_dense(tensor):
            raise ValueError(f"source: {name!r} is {_kind(tensor)}, wanted a tensor of numbers")
        if tensor.numel() * tensor.element_size() > self._sizes[name]:
            raise ValueError(
                f"source: the tensor {name!r} has the shape {list(tensor.shape)}, more than its file holds"
            )
        return np.asarray(tensor.detach().float().numpy(), dtype=np.float32)


def _load(file: Path) -> Mapping[str, Any]:
    """Read what a ``.bin`` holds, by names."""
    torch = _safe_torch()
    try:
        # Files of the older format are no archives, and cannot be mapped.
        found = torch.load(file, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(file))
    except Exception as error:  # whatever a damaged pickle leads to
        named = re.search(r"GLOBAL ([\w.]+)", str(error))
        why = f"it asks for {named[1]}" if named else type(error).__name__
        raise ValueError(
            f"source: {file} is damaged or holds more than weights, and nothing of it was run ({why}); "
            "wanted a state dict saved with torch.save, or safetensors"
        ) from error
    if not isinstance(found, Mapping) or not all(isinstance(name, str) for name in found):
        raise ValueError(f"source: {file} holds {_kind(found)}, wanted tensors by names (a state dict)")
    return found


def _safe_torch() -> Any:
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            "allow_bin: only PyTorch reads .bin files, and it is not installed "
            "(pip install 'bertqa_fast[train]')"
        ) from error
    version = tuple(int(part) for part in re.findall(r"\d+", torch.__version__)[:2])
    if version < _SAFE:
        raise ImportError(
            f"allow_bin: PyTorch {torch.__version__} does not read .bin files safely, wanted 2.6 or later"
        )
    return torch


def _is_dense(value: Any) -> bool:
    import torch

    return (
        isinstance(value, torch.Tensor)
        and value.layout == torch.strided
        and not value.is_quantized
        and value.is_floating_point()
        and value.device.type == "cpu"
    )


def _kind(value: Any) -> str:
    return f"a tensor of {value.dtype}" if hasattr(value, "dtype") else type(value).__name__
