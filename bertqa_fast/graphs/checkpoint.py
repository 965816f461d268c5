"""What a model is made from: a model folder, or a live transformers module."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bertqa_fast.checkpoints.hub import model_folder
from bertqa_fast.checkpoints.weight_files import find_weights
from bertqa_fast.families.base import Array, Checkpoint
from bertqa_fast.tokenizer import VOCABULARY_FILES, load_tokenizer

# What transformers makes a tokenizer of: an export is made anew where one of them has changed.
_TOKENIZER_FILES = (
    *VOCABULARY_FILES,
    "merges.txt",
    "tokenizer_config.json",
    "added_tokens.json",
    "special_tokens_map.json",
)


@dataclass(frozen=True)
class Source:
    """A model before export: its configuration, weights, and where its tokenizer is.

    ``fingerprint`` is a SHA-256 over configuration, weights and tokenizer; ``tokenizer`` is a folder or a
    tokenizer; ``origin`` is the folder that the weights are in, or the module.
    """

    name: str
    config: Mapping[str, Any]
    checkpoint: Checkpoint
    fingerprint: str
    tokenizer: Any
    origin: Any = None


class ModuleCheckpoint:
    """Tensors of a live ``torch.nn.Module``."""

    def __init__(self, module: Any) -> None:
        self._state = module.state_dict()

    def __contains__(self, name: str) -> bool:
        return name in self._state

    def __getitem__(self, name: str) -> Array:
        if name not in self._state:
            raise ValueError(f"source: the module has no tensor {name!r}")
        return np.asarray(self._state[name].detach().cpu().float().numpy(), dtype=np.float32)

    def update(self, digest: Any) -> None:
        """Feed every tensor into a hash."""
        for name in sorted(self._state):
            digest.update(name.encode())
            digest.update(np.ascontiguousarray(self[name]).data)


def open_source(source: Any, tokenizer: Any = None, *, allow_bin: bool = False) -> Source:
    """Open a Hugging Face folder, hub id or live module; ``.bin`` files where ``allow_bin`` says so.

    ``tokenizer`` is one of transformers, or its folder.

    Raises
    ------
    TypeError, ValueError
        Where ``source`` is no such thing, or a module comes without ``tokenizer``.
    ImportError
        For ``.bin`` files, where PyTorch is not installed.
    """
    if isinstance(tokenizer, str | Path):
        tokenizer = load_tokenizer(Path(tokenizer))  # its folder may hold another one next time
    if hasattr(source, "state_dict") and hasattr(source, "config"):
        if tokenizer is None:
            raise ValueError(
                "tokenizer: got None, wanted the tokenizer of the in-memory module (a transformers tokenizer)"
            )
        return _open_module(source, tokenizer)
    if not isinstance(source, str | Path):
        raise TypeError(
            f"source: got {type(source).__name__}, wanted a folder, a hub id or a transformers module"
        )
    return _open_folder(model_folder(source, allow_bin=allow_bin), tokenizer, allow_bin=allow_bin)


def _open_module(module: Any, tokenizer: Any) -> Source:
    config = module.config.to_dict()
    config["architectures"] = [type(module).__name__]
    checkpoint = ModuleCheckpoint(module)
    digest = hashlib.sha256(json.dumps(config, sort_keys=True, default=str).encode())
    checkpoint.update(digest)
    digest.update(_described(tokenizer))
    name = f"{type(module).__name__} in memory"
    return Source(name, config, checkpoint, digest.hexdigest(), tokenizer, module)


def _described(tokenizer: Any) -> bytes:
    """Return what tells a tokenizer in memory from another, for a hash."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    return backend.to_str().encode() if backend is not None else repr(tokenizer).encode()


def _check_names(config: Mapping[str, Any], file: Path) -> None:
    """Refuse a configuration in which what says the architecture is no text."""
    model_type, architectures = config.get("model_type", ""), config.get("architectures") or []
    if not isinstance(model_type, str):
        raise ValueError(f"source: {file}: got model_type={model_type!r}, wanted a string")
    if not isinstance(architectures, list) or not all(isinstance(name, str) for name in architectures):
        raise ValueError(f"source: {file}: got architectures={architectures!r}, wanted a list of strings")


def _open_folder(folder: Path, tokenizer: Any, *, allow_bin: bool) -> Source:
    config_file = folder / "config.json"
    if not config_file.is_file():
        raise ValueError(f"source: {folder} has no config.json, wanted a model folder of transformers")
    raw = config_file.read_bytes()
    try:
        config = json.loads(raw)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"source: {config_file} is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise ValueError(f"source: {config_file} holds {type(config).__name__}, wanted an object")
    _check_names(config, config_file)
    weights = find_weights(folder, allow_bin=allow_bin)
    digest = hashlib.sha256(raw)
    tokenizer_files = [folder / name for name in _TOKENIZER_FILES if (folder / name).is_file()]
    index = () if weights.index is None else (weights.index,)
    for file in (*index, *weights.files, *tokenizer_files):
        with file.open("rb") as handle:
            digest.update(hashlib.file_digest(handle, "sha256").digest())
    if tokenizer is not None:
        digest.update(_described(tokenizer))
    name = str(folder)
    return Source(
        name,
        config,
        weights.open(),
        digest.hexdigest(),
        folder if tokenizer is None else tokenizer,
        folder,
    )
