"""The manifest of an exported model: what it is, and the hash of every file."""

from __future__ import annotations

import hashlib
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bertqa_fast.errors import ExportError
from bertqa_fast.graphs.external_data import check_external_data
from bertqa_fast.graphs.spec import EncoderSpec, TensorEntry
from bertqa_fast.tokenizer import PLAIN_TOKENS, TOKENIZER_FILE

FORMAT = 1
EXPORTER_VERSION = 14  # raise it with every change to the graphs: cached exports are made anew
MANIFEST = "manifest.json"

_WRITTEN = {
    MANIFEST,
    "weights.bin",
    "hidden_states.onnx",
    "weigh.onnx",
    "finish.onnx",
    "upload.onnx",
    "scale_heads.onnx",
    "config.json",
    "tokenizer.json",
    "tokenizer_config.json",
    "vocab.txt",
}


@dataclass(frozen=True)
class Manifest:
    """What ``manifest.json`` says.

    ``graphs`` maps a graph's name to the weights it uses; ``tokenizer`` is what
    :func:`bertqa_fast.tokenizer.plain_tokens` says of the folder; ``files`` maps every other file of
    the folder to its size and SHA-256; ``fingerprint`` identifies the model that was exported; ``generic``:
    its graphs are those of :mod:`bertqa_fast.generic`, fewer than a family's.
    """

    model_type: str
    task: str
    source: str
    fingerprint: str
    spec: EncoderSpec
    tensors: tuple[TensorEntry, ...]
    graphs: dict[str, list[str]]
    tokenizer: dict[str, int | None] | None
    files: dict[str, dict[str, Any]]
    generic: bool = False

    def to_json(self) -> str:
        """Return the file's text."""
        return json.dumps(
            {
                "format": FORMAT,
                "exporter_version": EXPORTER_VERSION,
                "model_type": self.model_type,
                "generic": self.generic,
                "task": self.task,
                "source": self.source,
                "fingerprint": self.fingerprint,
                "encoder": self.spec.to_dict(),
                "tensors": [vars(entry) | {"shape": list(entry.shape)} for entry in self.tensors],
                "graphs": self.graphs,
                "tokenizer": self.tokenizer,
                "files": self.files,
            },
            indent=1,
        )


def hash_file(path: Path) -> dict[str, Any]:
    """Return size and SHA-256 of a file."""
    with path.open("rb") as handle:
        digest = hashlib.file_digest(handle, "sha256").hexdigest()
    return {"bytes": path.stat().st_size, "sha256": digest}


def read_manifest(folder: Path, *, verify: bool = True) -> Manifest:
    """Read and check an exported folder.

    Raises
    ------
    ExportError
        Where the manifest is missing or damaged, of another format, or a file differs from its hash; where
        a file or a tensor would lie outside the folder, or a graph is none of the manifest's.
    """
    path = folder / MANIFEST
    remedy = "export the model again (bf.export, or bf.load with refresh=True)"
    try:
        data = json.loads(path.read_text())
        found = data["format"], data["exporter_version"]
        if found != (FORMAT, EXPORTER_VERSION):
            raise ExportError(
                f"{folder} was written in format {found}, this version reads "
                f"{(FORMAT, EXPORTER_VERSION)}: {remedy}"
            )
        tokens = data["tokenizer"]
        manifest = Manifest(
            model_type=data["model_type"],
            task=data["task"],
            source=data["source"],
            fingerprint=data["fingerprint"],
            spec=EncoderSpec(**data["encoder"]),
            tensors=tuple(
                TensorEntry(t["name"], t["dtype"], tuple(t["shape"]), t["offset"], t["nbytes"])
                for t in data["tensors"]
            ),
            graphs=data["graphs"],
            tokenizer=None if tokens is None else {name: tokens[name] for name in PLAIN_TOKENS},
            files=data["files"],
            generic=data.get("generic", False),
        )
        for name in manifest.files:
            if Path(name).name != name or name in ("", ".", ".."):
                raise ValueError(f"{name!r} is no file beside it")
        needed = {"weights.bin", *(f"{graph}.onnx" for graph in manifest.graphs)}
        if manifest.tokenizer is not None:
            needed.add(TOKENIZER_FILE)
        if unlisted := needed - set(manifest.files):
            raise ValueError(f"no hash for {', '.join(sorted(unlisted))}")
        size = manifest.files["weights.bin"]["bytes"]
        for t in manifest.tensors:
            if t.nbytes != 4 * math.prod(t.shape) or not 0 <= t.offset <= size - t.nbytes:
                raise ValueError(f"the tensor {t.name!r} does not lie in weights.bin")
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ExportError(f"{path} is missing or damaged ({error!r}): {remedy}") from error
    if verify:
        for name, wanted in manifest.files.items():
            file = folder / name
            if not file.is_file():
                raise ExportError(f"{file} is missing: {remedy}")
            found_file = hash_file(file)
            if found_file != wanted:
                raise ExportError(f"{file} is damaged: got {found_file}, wanted {wanted}: {remedy}")
        _check_graphs(folder, manifest, remedy)
    return manifest


def _check_graphs(folder: Path, manifest: Manifest, remedy: str) -> None:
    """Refuse graphs that the manifest does not list, and those that read other files."""
    for file in sorted(folder.glob("*.onnx")):
        if file.name not in manifest.files:
            raise ExportError(f"{file} is none of the export's files, and would be run: {remedy}")
        try:
            check_external_data(file.read_bytes())
        except ValueError as error:
            raise ExportError(f"{file} is damaged or not to be trusted ({error}): {remedy}") from None


def is_export(folder: Path) -> bool:
    """Whether a folder was written by :func:`bertqa_fast.export`, whole or not."""
    if (folder / "hidden_states.onnx").is_file() or (folder / "weights.bin").is_file():
        return True
    try:  # others write files of this name too
        return "exporter_version" in json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError, TypeError):
        return False


def foreign_files(folder: Path) -> list[str]:
    """Name what is in an exported folder and no export wrote, sorted."""
    try:
        listed = set(json.loads((folder / MANIFEST).read_text())["files"])
    except (OSError, ValueError, KeyError, TypeError):
        listed = set()
    names = {p.name for p in folder.iterdir()} - listed - _WRITTEN
    of_layers = ("cut_", "forward_", "all_layers", "attend_", "masked_", "gradient_", "relevance_")
    return sorted(name for name in names if not (name.startswith(of_layers) and name.endswith(".onnx")))
