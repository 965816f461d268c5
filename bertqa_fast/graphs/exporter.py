"""Export: a model becomes one weight file, its graphs, its tokenizer and a manifest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bertqa_fast.families import family_of
from bertqa_fast.graphs.checkpoint import Source, open_source
from bertqa_fast.graphs.folder import check_replaceable, put_in_place, write_manifest, write_model
from bertqa_fast.graphs.manifest import Manifest
from bertqa_fast.tokenizer import load_tokenizer


def export(
    source: Any,
    out_dir: str | Path,
    *,
    task: str | None = None,
    tokenizer: Any = None,
    allow_bin: bool = False,
) -> Path:
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
    allow_bin : bool
        Read ``pytorch_model.bin`` where a folder has no safetensors; with PyTorch, and weights only: a file
        that holds anything else is refused, and nothing of it is run.

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
    check_replaceable(folder)
    write_export(open_source(source, tokenizer, allow_bin=allow_bin), folder, task)
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
    family = family_of(source.config.get("model_type", "?"))
    task = resolve_task(source, task)
    spec = family.spec(source.config)

    def fill(part: Path) -> None:
        weights = family.weights(source.config, spec, task, source.checkpoint)
        contents = write_model(part, spec, weights, source.config)
        family.check_tokenizer(source.config, save_tokenizer(source.tokenizer, part))
        write_manifest(
            part,
            contents,
            model_type=family.model_type,
            task=task,
            source=source.name,
            fingerprint=source.fingerprint,
        )

    return put_in_place(folder, fill, replace=replace)


def save_tokenizer(tokenizer: Any, folder: Path) -> Any:
    """Write a tokenizer's files, or those of a folder's tokenizer, into a folder, and return the tokenizer.

    Raises
    ------
    OSError
        They cannot be written.
    """
    if isinstance(tokenizer, str | Path):
        tokenizer = load_tokenizer(Path(tokenizer))
    try:
        tokenizer.save_pretrained(folder)
    except OSError:
        raise
    except Exception as error:  # the tokenizers package raises its bare class where the disk is full
        raise OSError(f"the tokenizer cannot be saved: {error}") from error
    return tokenizer
