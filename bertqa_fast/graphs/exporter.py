"""Export: a model becomes one weight file, its graphs, its tokenizer and a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bertqa_fast.families import FAMILIES, Family, family_of
from bertqa_fast.families.options import require_one_class
from bertqa_fast.generic import extra
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
    generic: bool | None = None,
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
    generic : bool, optional
        Whether to go the generic way, by ``torch.onnx`` and ``onnx-ad``, which is slower and has integrated
        gradients and plain gradients alone (``docs/generic.md``). By default, where no family knows the
        model and the extra ``generic`` is installed.

    Returns
    -------
    Path
        ``out_dir``, whole: it appears under its name only when everything is written.

    Raises
    ------
    ValueError
        For a source that is no model, a model of another architecture, or an ``out_dir`` in use.
    ImportError
        The generic way was asked for, and the extra is not installed.
    ExportError
        Where writing failed (a full disk, say); nothing is left behind.
    """
    folder = Path(out_dir)
    check_replaceable(folder)
    write_export(open_source(source, tokenizer, allow_bin=allow_bin), folder, task, generic=generic)
    return folder


def family_for(source: Source, generic: bool | None = None) -> Family | None:
    """Return the family that exports a model, or None: it goes the generic way.

    Raises
    ------
    ValueError
        No family knows the model, and the generic way is not wanted, or not to be had.
    ImportError
        The generic way is wanted, and not to be had.
    """
    if generic:
        extra.require()
        return None
    model_type = source.config.get("model_type", "?")
    if model_type in FAMILIES or generic is False or "model_type" not in source.config:
        return family_of(model_type)
    if absent := extra.missing():
        raise ValueError(
            f"source: got a model of type {model_type!r}, wanted one of: {', '.join(sorted(FAMILIES))}; "
            f"others go the generic way (generic=True), which needs {', '.join(absent)}: {extra.INSTALL}"
        )
    return None


def resolve_task(source: Source, task: str | None, family: Family | None) -> str:
    """Return the task of the model's head; ``family`` None: one that goes the generic way.

    Raises
    ------
    ValueError
        For an architecture without a known head, or a ``task`` that the head does not have.
    """
    architecture = (source.config.get("architectures") or ["?"])[0]
    if family is None:
        from bertqa_fast.generic.blocks import task_of

        require_one_class(source.config)
        known: Mapping[str, str] = {architecture: task_of(architecture)}
    else:
        known = family.architectures
    if architecture not in known:
        raise ValueError(
            f"source: got the architecture {architecture!r}, wanted one of: {', '.join(known)} "
            "(fine-tune it first: bertqa-fast finetune)"
        )
    if task is not None and task != known[architecture]:
        raise ValueError(f"task: got {task!r}, but {architecture} is for {known[architecture]!r}")
    return known[architecture]


def write_export(
    source: Source,
    folder: Path,
    task: str | None = None,
    *,
    replace: bool = True,
    generic: bool | None = None,
) -> Manifest:
    """Write an export into place under the folder's lock; one that is there is left alone unless ``replace``.

    ``generic`` as :func:`export` has it.

    Raises
    ------
    ExportError
        Where the system refused to write, or what is there and left alone is damaged.
    """
    family = family_for(source, generic)
    task = resolve_task(source, task, family)
    spec = None if family is None else family.spec(source.config)

    def fill(part: Path) -> None:
        if family is None or spec is None:
            from bertqa_fast.generic.write import write_generic

            contents = write_generic(part, source.origin, task, source.config)
        else:
            weights = family.weights(source.config, spec, task, source.checkpoint)
            contents = write_model(part, spec, weights, source.config)
        tokenizer = save_tokenizer(source.tokenizer, part)
        if family is not None:
            family.check_tokenizer(source.config, tokenizer)
        write_manifest(
            part,
            contents,
            model_type=source.config.get("model_type", "?"),
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
