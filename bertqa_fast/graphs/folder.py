"""The folder of an export: filled beside its place, and put there once it is whole."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bertqa_fast.errors import ExportError
from bertqa_fast.families.base import Array
from bertqa_fast.graphs.manifest import (
    MANIFEST,
    Manifest,
    foreign_files,
    hash_file,
    is_export,
    read_manifest,
)
from bertqa_fast.graphs.spec import EncoderSpec, TensorEntry
from bertqa_fast.graphs.weights import with_derived, write_weights
from bertqa_fast.storage import folder_lock, replace_folder, write_atomic
from bertqa_fast.tokenizer import plain_tokens


@dataclass(frozen=True)
class Contents:
    """What :func:`write_model` wrote.

    Attributes
    ----------
    spec : EncoderSpec
        Sizes of the encoder.
    tensors : tuple of TensorEntry
        Where the weights lie.
    graphs : dict
        A graph's name to the weights it uses.
    weights : dict
        Size and SHA-256 of the weight file.
    generic : bool
        Whether the graphs are those of :mod:`bertqa_fast.generic`.
    """

    spec: EncoderSpec
    tensors: tuple[TensorEntry, ...]
    graphs: dict[str, list[str]]
    weights: dict[str, Any]
    generic: bool = False


def write_model(
    part: Path, spec: EncoderSpec, weights: Iterable[tuple[str, Array]], config: Mapping[str, Any]
) -> Contents:
    """Write weights, graphs and configuration into a folder; the tokenizer is still to come.

    Parameters
    ----------
    part : Path
        The folder, empty.
    spec : EncoderSpec
        Sizes of the encoder.
    weights : iterable of (str, array)
        The canonical weights by name, without what follows from them.
    config : mapping
        The model's configuration.
    """
    # Here, because onnx takes a third of the package's import, and an export in a cache needs it no more.
    from bertqa_fast.graphs.catalogue import every_graph

    file = part / "weights.bin"
    entries, digest = write_weights(file, with_derived(weights))
    graphs = every_graph(spec, entries)
    for graph in graphs:
        graph.save(part / f"{graph.name}.onnx")
    (part / "config.json").write_text(json.dumps(dict(config), indent=1, default=str))
    return Contents(
        spec,
        tuple(entries.values()),
        {graph.name: graph.weight_names for graph in graphs},
        {"bytes": file.stat().st_size, "sha256": digest},
    )


def write_manifest(
    part: Path, contents: Contents, *, model_type: str, task: str, source: str, fingerprint: str
) -> None:
    """Hash what a folder holds and write its manifest, the last file of an export; see :class:`Manifest`."""
    files = {p.name: hash_file(p) for p in sorted(part.iterdir()) if p.name != "weights.bin"}
    manifest = Manifest(
        model_type=model_type,
        task=task,
        source=source,
        fingerprint=fingerprint,
        spec=contents.spec,
        tensors=contents.tensors,
        graphs=contents.graphs,
        tokenizer=plain_tokens(part),
        files=files | {"weights.bin": contents.weights},
        generic=contents.generic,
    )
    write_atomic(part / MANIFEST, manifest.to_json())


def check_replaceable(folder: Path) -> None:
    """Refuse a place for an export where something else would be lost.

    Raises
    ------
    ValueError
        It is neither absent, nor empty, nor an earlier export alone.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if not is_export(folder):
            raise ValueError(f"out_dir: {folder} exists and is no export, wanted a new or empty folder")
        if strange := foreign_files(folder):
            raise ValueError(
                f"out_dir: beside an earlier export {folder} holds {', '.join(strange[:5])}, which would be "
                "lost; wanted a new or empty folder, or an export alone"
            )


def put_in_place(folder: Path, fill: Callable[[Path], None], *, replace: bool = True) -> Manifest:
    """Fill a folder under its lock, whole or not at all; one that is there is left alone unless ``replace``.

    Parameters
    ----------
    folder : Path
        Where it goes.
    fill : callable
        Writes everything, the manifest last, into the empty folder that it is given.
    replace : bool
        Whether to take the place of what is there.

    Raises
    ------
    ExportError
        Where the system refused to write, or what is there and left alone is damaged.
    """
    try:
        with folder_lock(folder):
            if replace or not folder.exists():
                replace_folder(folder, fill)
                return read_manifest(folder, verify=False)
    except OSError as error:
        free = shutil.disk_usage(_existing(folder)).free
        raise ExportError(
            f"could not write the export to {folder}: {error} ({free / 1e6:.0f} MB free there); "
            "nothing was left behind"
        ) from error
    return read_manifest(folder)


def _existing(path: Path) -> Path:
    while not path.exists():
        path = path.parent
    return path
