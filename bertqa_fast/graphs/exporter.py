"""Export: a model becomes one weight file, its graphs, its tokenizer and a manifest."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from bertqa_fast.errors import ExportError
from bertqa_fast.families import family_of
from bertqa_fast.graphs.checkpoint import Source, open_source
from bertqa_fast.graphs.manifest import (
    MANIFEST,
    Manifest,
    foreign_files,
    hash_file,
    is_export,
    read_manifest,
)
from bertqa_fast.graphs.weights import with_transposed, write_weights
from bertqa_fast.storage import folder_lock, replace_folder, write_atomic
from bertqa_fast.tokenizer import load_tokenizer, plain_tokens


def export(source: Any, out_dir: str | Path, *, task: str | None = None, tokenizer: Any = None) -> Path:
    """Export a model for the engine.

    Parameters
    ----------
    source : str, Path or torch.nn.Module
        A Hugging Face folder or hub id, or a transformers module in memory.
    out_dir : str or Path
        Folder to make. An earlier export there is replaced, anything else is left alone.
    task : str, optional
        The head; read from ``config.architectures`` when None.
    tokenizer : optional
        Needed for a module in memory.

    Returns
    -------
    Path
        ``out_dir``, whole: it appears under its name only when everything is written.

    Raises
    ------
    ValueError
        For a source that is no model, a model of another architecture, or an ``out_dir`` in use.
    ExportError
        Where writing failed (a full disk, say); nothing is left behind.
    """
    folder = Path(out_dir)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        if not is_export(folder):
            raise ValueError(f"out_dir: {folder} exists and is no export, wanted a new or empty folder")
        if strange := foreign_files(folder):
            raise ValueError(
                f"out_dir: beside an earlier export {folder} holds {', '.join(strange[:5])}, which would be "
                "lost; wanted a new or empty folder, or an export alone"
            )
    write_export(open_source(source, tokenizer), folder, task)
    return folder


def resolve_task(source: Source, task: str | None) -> str:
    """Return the task of the model's head.

    Raises
    ------
    ValueError
        For an architecture without a known head, or a ``task`` that the head does not have.
    """
    family = family_of(source.config.get("model_type", "?"))
    architecture = (source.config.get("architectures") or ["?"])[0]
    known = family.architectures
    if architecture not in known:
        raise ValueError(
            f"source: got the architecture {architecture!r}, wanted one of: {', '.join(known)} "
            "(fine-tune it first: bertqa-fast finetune)"
        )
    if task is not None and task != known[architecture]:
        raise ValueError(f"task: got {task!r}, but {architecture} is for {known[architecture]!r}")
    return known[architecture]


def write_export(source: Source, folder: Path, task: str | None = None, *, replace: bool = True) -> Manifest:
    """Write an export into place under the folder's lock; one that is there is left alone unless ``replace``.

    Raises
    ------
    ExportError
        Where the system refused to write, or what is there and left alone is damaged.
    """
    # Here, because onnx takes a third of the package's import, and an export in a cache needs it no more.
    from bertqa_fast.graphs.catalogue import every_graph

    family = family_of(source.config.get("model_type", "?"))
    task = resolve_task(source, task)
    spec = family.spec(source.config)

    def fill(part: Path) -> None:
        weights = with_transposed(family.weights(spec, task, source.checkpoint))
        entries, digest = write_weights(part / "weights.bin", weights)
        graphs = every_graph(spec, entries)
        for graph in graphs:
            graph.save(part / f"{graph.name}.onnx")
        (part / "config.json").write_text(json.dumps(dict(source.config), indent=1, default=str))
        _save_tokenizer(source.tokenizer, part)
        files = {p.name: hash_file(p) for p in sorted(part.iterdir()) if p.name != "weights.bin"}
        files["weights.bin"] = {"bytes": (part / "weights.bin").stat().st_size, "sha256": digest}
        manifest = Manifest(
            model_type=family.model_type,
            task=task,
            source=source.name,
            fingerprint=source.fingerprint,
            spec=spec,
            tensors=tuple(entries.values()),
            graphs={graph.name: graph.weight_names for graph in graphs},
            tokenizer=plain_tokens(part),
            files=files,
        )
        write_atomic(part / MANIFEST, manifest.to_json())

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


def _save_tokenizer(tokenizer: Any, folder: Path) -> None:
    if isinstance(tokenizer, str | Path):
        tokenizer = load_tokenizer(Path(tokenizer))
    try:
        tokenizer.save_pretrained(folder)
    except OSError:
        raise
    except Exception as error:  # the tokenizers package raises its bare class where the disk is full
        raise OSError(f"the tokenizer cannot be saved: {error}") from error
