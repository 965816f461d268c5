"""Where the export of a model lies: it is one itself, or is in the cache, or is made and put there."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bertqa_fast.graphs.checkpoint import open_source
from bertqa_fast.graphs.exporter import family_for, resolve_task, write_export
from bertqa_fast.graphs.manifest import EXPORTER_VERSION, Manifest, is_export, read_manifest


def find_export(
    source: Any,
    task: str | None,
    tokenizer: Any,
    cache_dir: str | Path | None,
    *,
    refresh: bool,
    allow_bin: bool,
) -> tuple[Path, Manifest]:
    """Return the export of a model, made if need be; for the arguments see :func:`bertqa_fast.load`.

    Raises
    ------
    ValueError, TypeError
        For a source that is no model, or an argument that an export has no use for.
    ExportError
        Where an export is damaged or half written.
    """
    if not isinstance(source, str | Path) or not is_export(Path(source)):
        return _cached_export(source, task, tokenizer, _cache_folder(cache_dir), refresh, allow_bin)
    if refresh:
        raise ValueError(
            f"refresh: {source} is an export, which cannot be made anew from itself; "
            "give the model it was exported from"
        )
    if tokenizer is not None:
        raise ValueError(f"tokenizer: {source} is an export, which brings its own; wanted None")
    folder = Path(source)
    manifest = read_manifest(folder)
    if task is not None and task != manifest.task:
        raise ValueError(f"task: got {task!r}, but {folder} was exported for {manifest.task!r}")
    return folder, manifest


def _cache_folder(cache_dir: str | Path | None) -> Path:
    if cache_dir is not None:
        return Path(cache_dir)
    named = os.environ.get("BERTQA_FAST_CACHE")
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "bertqa_fast"


def _cached_export(
    source: Any, task: str | None, tokenizer: Any, cache: Path, refresh: bool, allow_bin: bool
) -> tuple[Path, Manifest]:
    opened = open_source(source, tokenizer, allow_bin=allow_bin)
    head = resolve_task(opened, task, family_for(opened))
    folder = cache / f"{opened.fingerprint[:24]}-{head}-{EXPORTER_VERSION}"
    if not refresh and folder.exists():
        return folder, read_manifest(folder)
    return folder, write_export(opened, folder, task, replace=refresh)
