"""Which files of a model folder hold its weights, and reading them.

``model.safetensors`` goes before its shards, and both before ``pytorch_model.bin``, as in transformers. A
``.bin`` is a pickle, which can hold code: it is read where the caller says so, and then by PyTorch's reader
that makes tensors and refuses everything else.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bertqa_fast.checkpoints.pickled import PickledCheckpoint
from bertqa_fast.checkpoints.safetensors_reader import SafetensorsCheckpoint
from bertqa_fast.families.base import Checkpoint

SAFETENSORS, PICKLED = "model.safetensors", "pytorch_model.bin"
_INDEX = ".index.json"


@dataclass(frozen=True)
class WeightFiles:
    """The files with a model's weights.

    Attributes
    ----------
    files : tuple of Path
        Those that hold tensors.
    index : Path or None
        Of shards, the file that says which tensor is where.
    shards : mapping of str to Path
        A tensor's name to its file, as the index says; empty for a single file.
    pickled : bool
        Whether they are ``.bin`` files.
    """

    files: tuple[Path, ...]
    index: Path | None = None
    shards: Mapping[str, Path] = field(default_factory=dict)
    pickled: bool = False

    def open(self) -> Checkpoint:
        """Open the files.

        Raises
        ------
        ValueError
            One cannot be read, or lacks a tensor that the index says it has.
        ImportError
            For ``.bin`` files, where PyTorch is not installed.
        """
        checkpoint = (PickledCheckpoint if self.pickled else SafetensorsCheckpoint)(self.files, self.shards)
        for name, shard in self.shards.items():
            if name not in checkpoint:
                raise ValueError(
                    f"source: {self.index} says that {shard.name} holds the tensor {name!r}, and it does not"
                )
        return checkpoint


def find_weights(folder: Path, *, allow_bin: bool = False) -> WeightFiles:
    """Return which files of a model folder hold its weights.

    Parameters
    ----------
    folder : Path
        The folder.
    allow_bin : bool
        Whether ``.bin`` files may be read, where there are no others.

    Raises
    ------
    ValueError
        There are none that may be read, or the index of shards is damaged or names what is not there.
    """
    pickled = [file for file in (folder / PICKLED, folder / f"{PICKLED}{_INDEX}") if file.is_file()]
    for name in (SAFETENSORS, PICKLED) if allow_bin else (SAFETENSORS,):
        if (folder / name).is_file():
            return WeightFiles((folder / name,), pickled=name == PICKLED)
        if (folder / f"{name}{_INDEX}").is_file():
            return _read_index(folder / f"{name}{_INDEX}", Path(name).suffix)
    if pickled and not allow_bin:
        raise ValueError(
            f"source: {folder} has no {SAFETENSORS}, only {pickled[0].name}. Such files can hold code and "
            "are not read unasked: allow_bin=True (--allow-bin) takes their tensors and refuses anything "
            "else; or save the model again with save_pretrained"
        )
    also = f" and no {PICKLED}" if allow_bin else ""
    raise ValueError(f"source: {folder} has no {SAFETENSORS}{also}, wanted a model folder of transformers")


def _read_index(index: Path, suffix: str) -> WeightFiles:
    try:
        where = dict(json.loads(index.read_bytes())["weight_map"])
        if not where:
            raise ValueError("it names no tensor")
        for file in where.values():
            if Path(file).name != file or not file.endswith(suffix):
                raise ValueError(f"{file!r} is no {suffix} file beside it")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"source: {index} is damaged ({error!r})") from error
    shards = {name: index.with_name(file) for name, file in where.items()}
    files = tuple(sorted(set(shards.values())))
    if missing := [file.name for file in files if not file.is_file()]:
        raise ValueError(f"source: {index} names {', '.join(missing)}, which is not there")
    return WeightFiles(files, index, shards, pickled=suffix != Path(SAFETENSORS).suffix)
