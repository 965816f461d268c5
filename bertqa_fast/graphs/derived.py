"""Make an export from another: some of its blocks only, or other weights."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from bertqa_fast.families.base import Array
from bertqa_fast.graphs.folder import check_replaceable, put_in_place, write_manifest, write_model
from bertqa_fast.graphs.manifest import Manifest, read_manifest
from bertqa_fast.graphs.weights import is_derived

Change = Callable[[str, Array], Array]


def derive(
    folder: str | Path,
    out_dir: str | Path,
    *,
    blocks: Sequence[int] | None = None,
    change: Change | None = None,
) -> Path:
    """Write a new export with some of the blocks of another one, or with other weights.

    Parameters
    ----------
    folder : str or Path
        An export.
    out_dir : str or Path
        Folder to make. An earlier export there is replaced, anything else is left alone.
    blocks : sequence of int, optional
        The encoder blocks to keep, in the order in which they are to run; None keeps them all.
    change : callable, optional
        ``change(name, array) -> array`` is given every weight that stays, once, as a float32 array of its
        own, by its name in ``folder``: ``embeddings.word``, ``layer.3.qkv.weight``, ``qa.bias`` and so on. It
        returns one of the same shape. The first H rows of ``qkv`` (the query's) hold what the model has times
        1 / sqrt(D), D the size of a head. Weights that several blocks share are there once, and stay shared.

    Returns
    -------
    Path
        ``out_dir``, whole: it appears under its name only when everything is written. Its fingerprint follows
        from that of ``folder``, the blocks and the new weights.

    Raises
    ------
    ValueError
        For blocks that the model does not have, none or one twice; a changed weight of another shape or not
        finite; nothing to be changed; or an ``out_dir`` in use.
    TypeError
        For blocks that are no integers.
    ExportError
        Where ``folder`` is damaged or no export, or writing failed; nothing is left behind.
    """
    folder, out_dir = Path(folder), Path(out_dir)
    if blocks is None and change is None:
        raise ValueError("blocks, change: got None for both, wanted at least one of them")
    manifest = read_manifest(folder)
    if manifest.generic:
        raise ValueError(
            f"folder: {folder} is a generic export, whose blocks and weights cannot be told apart; wanted "
            "one of a family (docs/generic.md)"
        )
    kept = _checked(blocks, manifest.spec.num_layers)
    if out_dir.exists() and out_dir.samefile(folder):
        raise ValueError(f"out_dir: got the export itself, {out_dir}; wanted another folder")
    check_replaceable(out_dir)
    config = json.loads((folder / "config.json").read_text())
    config[_depth_key(config)] = len(kept)

    def fill(part: Path) -> None:
        sources, stored = renumbered([manifest.spec.stored_blocks[block] for block in kept])
        spec = replace(manifest.spec, num_layers=len(kept), stored_blocks=stored)
        contents = write_model(part, spec, _weights(folder, manifest, sources, change), config)
        for name in manifest.files:
            if not (part / name).exists() and not name.endswith(".onnx"):
                shutil.copyfile(folder / name, part / name)
        origin = {"of": manifest.fingerprint, "blocks": kept, "weights": contents.weights["sha256"]}
        write_manifest(
            part,
            contents,
            model_type=manifest.model_type,
            task=manifest.task,
            source=_described(manifest, kept, change),
            fingerprint=hashlib.sha256(json.dumps(origin).encode()).hexdigest(),
        )

    put_in_place(out_dir, fill)
    return out_dir


def _checked(blocks: Sequence[int] | None, count: int) -> list[int]:
    if blocks is None:
        return list(range(count))
    kept: list[int] = []
    for block in blocks:
        if isinstance(block, bool) or not isinstance(block, int | np.integer):
            raise TypeError(f"blocks: got {block!r}, wanted integers")
        if not 0 <= block < count:
            raise ValueError(f"blocks: got {block}, wanted 0 to {count - 1}")
        kept.append(int(block))
    if not kept or len(set(kept)) < len(kept):
        raise ValueError(f"blocks: got {kept}, wanted at least one, and each once")
    return kept


def renumbered(stored: Sequence[int]) -> tuple[list[int], tuple[int, ...]]:
    """Return which stored blocks are still used, each once, and for every block its place among these."""
    sources = list(dict.fromkeys(stored))
    return sources, tuple(sources.index(block) for block in stored)


def _depth_key(config: Mapping[str, Any]) -> str:
    """Return under which of its names a configuration says how many blocks there are."""
    return next((name for name in ("num_hidden_layers", "n_layers") if name in config), "num_hidden_layers")


def _weights(
    folder: Path, manifest: Manifest, sources: Sequence[int], change: Change | None
) -> Iterator[tuple[str, Array]]:
    """Yield the weights that stay, by their new names; ``sources`` are the stored blocks that do."""
    stored = np.memmap(folder / "weights.bin", dtype="<f4", mode="r")
    names = [entry.name for entry in manifest.tensors if not is_derived(entry.name)]
    shapes = {entry.name: (entry.offset // 4, entry.nbytes // 4, entry.shape) for entry in manifest.tensors}
    new_names = {name: name for name in names if not name.startswith("layer.")}
    for new, old in enumerate(sources):
        prefix = f"layer.{old}."
        for name in names:
            if name.startswith(prefix):
                new_names[name] = f"layer.{new}.{name.removeprefix(prefix)}"
    for name, new_name in new_names.items():
        first, count, shape = shapes[name]
        array = np.array(stored[first : first + count], dtype=np.float32).reshape(shape)
        yield new_name, array if change is None else _changed(name, array, change)


def _changed(name: str, array: Array, change: Change) -> Array:
    changed: Any = change(name, array)
    if np.shape(changed) != array.shape:
        raise ValueError(
            f"change: got the shape {list(np.shape(changed))} for {name!r}, wanted {list(array.shape)}"
        )
    return np.asarray(changed, dtype=np.float32)


def _described(manifest: Manifest, kept: Sequence[int], change: Change | None) -> str:
    told = []
    if list(kept) != list(range(manifest.spec.num_layers)):
        told.append(f"blocks {', '.join(map(str, kept))} of {manifest.spec.num_layers}")
    if change is not None:
        told.append("other weights")
    return f"{manifest.source} ({'; '.join(told)})" if told else manifest.source
