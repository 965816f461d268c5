"""The folder that a name stands for: one here, or a model of the hub, fetched into the hub's cache."""

from __future__ import annotations

from pathlib import Path

from bertqa_fast.checkpoints.weight_files import PICKLED, SAFETENSORS

# What transformers is told wherever it reads: it would ask whether to run code that a model brings.
NO_CODE = {"trust_remote_code": False}
# The same for a folder that is here: it may name other models, which nobody asked for.
FROM_FOLDER = NO_CODE | {"local_files_only": True}
_FILES = ("*.json", "*.txt", "*.model", "*.safetensors")
_PICKLED_FILES = (PICKLED, "pytorch_model-*.bin")
_OTHER_FOLDERS = ("*/*",)  # the same model for other programs


def model_folder(source: str | Path, *, allow_bin: bool = False) -> Path:
    """Return a model's folder.

    Parameters
    ----------
    source : str or Path
        A folder, or a hub id such as ``"bert-base-uncased"`` or ``"owner/model"``.
    allow_bin : bool
        Of a hub id: whether to fetch ``.bin`` files, where there are no safetensors.

    Raises
    ------
    ValueError
        There is no such folder, or the hub id could not be fetched.
    """
    folder = Path(source)
    if folder.is_dir():
        return folder
    name = str(source)
    # What can only be a path is not looked for on the hub.
    if name.startswith((".", "/", "~")) or name.count("/") > 1:
        raise ValueError(f"source: there is no folder {name}")
    fetched = _fetch(name, _FILES)
    whole = (SAFETENSORS, f"{SAFETENSORS}.index.json")
    if allow_bin and not any((fetched / file).is_file() for file in whole):
        fetched = _fetch(name, (*_FILES, *_PICKLED_FILES))
    return fetched


def _fetch(name: str, files: tuple[str, ...]) -> Path:
    from huggingface_hub import snapshot_download

    try:
        return Path(snapshot_download(name, allow_patterns=list(files), ignore_patterns=list(_OTHER_FOLDERS)))
    except Exception as error:  # of the network, the hub or the cache
        why = next(iter(str(error).strip().splitlines()), "")
        raise ValueError(
            f"source: {name!r} is no folder here, and could not be fetched from the hub "
            f"({type(error).__name__}: {why}); give a model's folder, or its hub id where there is a network"
        ) from error
