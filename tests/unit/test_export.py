"""What an export holds, what damages it, and which folders it may replace."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.errors import EngineError, ExportError
from bertqa_fast.graphs.manifest import MANIFEST, hash_file, read_manifest


@pytest.fixture
def export(random_reader: Any, tmp_path: Path) -> Path:
    """Copy an export, to spoil it."""
    return Path(shutil.copytree(random_reader().model.folder, tmp_path / "export"))


def manifest_of(folder: Path) -> Any:
    return json.loads((folder / MANIFEST).read_text())


def write_manifest(folder: Path, data: Any) -> None:
    (folder / MANIFEST).write_text(json.dumps(data))


def rehash(folder: Path, name: str) -> None:
    """Let the manifest agree with a file that was changed."""
    data = manifest_of(folder)
    data["files"][name] = hash_file(folder / name)
    write_manifest(folder, data)


def test_what_is_written(random_reader: Any, tmp_path: Path) -> None:
    reader = random_reader()
    folder = bf.export(reader.folder, tmp_path / "deep" / "out")
    assert folder == tmp_path / "deep" / "out"
    assert [p.name for p in folder.parent.iterdir()] == ["out"]
    data = manifest_of(folder)
    assert set(data["files"]) == {p.name for p in folder.iterdir()} - {MANIFEST}
    for name, about in data["files"].items():
        content = (folder / name).read_bytes()
        assert about == {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}
    manifest = read_manifest(folder)
    assert (manifest.task, manifest.model_type) == ("question-answering", "bert")
    assert manifest.spec.num_layers == 2
    assert all(t.offset % 4096 == 0 for t in manifest.tensors)
    with bf.load(folder) as model:
        assert model.tokenizer.get_vocab() == reader.model.tokenizer.get_vocab()
        assert model.config.hidden_size == model.hidden_size == 24


def test_the_same_model_gives_the_same_bytes(random_reader: Any, tmp_path: Path) -> None:
    one, other = (bf.export(random_reader().folder, tmp_path / name) for name in ("one", "other"))
    for path in sorted(one.iterdir()):
        assert path.read_bytes() == (other / path.name).read_bytes(), path.name


# Damage: an ExportError that names the file and what to do, and never another answer.


Spoil = Callable[[Path], Any]


def cut_short(name: str) -> Spoil:
    return lambda folder: (folder / name).write_bytes((folder / name).read_bytes()[:-7])


def flip(name: str) -> Spoil:
    def spoil(folder: Path) -> None:
        data = bytearray((folder / name).read_bytes())
        data[len(data) // 2] ^= 1
        (folder / name).write_bytes(data)

    return spoil


def remove(name: str) -> Spoil:
    return lambda folder: (folder / name).unlink()


def edit(change: Callable[[Any], Any]) -> Spoil:
    def spoil(folder: Path) -> None:
        data = manifest_of(folder)
        write_manifest(folder, change(data) or data)

    return spoil


def wrong_hash(data: Any) -> None:
    data["files"]["config.json"]["sha256"] = "0" * 64


def unlist(data: Any) -> None:
    del data["files"]["tokenizer.json"]


def misplace(data: Any) -> None:
    data["tensors"][0]["offset"] = 1 << 60


def lengthen(data: Any) -> None:
    data["tensors"][-1]["shape"][0] += 1


DAMAGE: list[tuple[str, Spoil, str]] = [
    ("weights cut short", cut_short("weights.bin"), "weights.bin is damaged"),
    ("weights changed", flip("weights.bin"), "weights.bin is damaged"),
    ("weights gone", remove("weights.bin"), "weights.bin is missing"),
    ("graph cut short", cut_short("cut_0.onnx"), "cut_0.onnx is damaged"),
    ("graph changed", flip("hidden_states.onnx"), "hidden_states.onnx is damaged"),
    ("graph gone", remove("finish.onnx"), "finish.onnx is missing"),
    ("tokenizer changed", flip("tokenizer.json"), "tokenizer.json is damaged"),
    ("hash differs", edit(wrong_hash), "config.json is damaged"),
    ("manifest gone", remove(MANIFEST), "manifest.json is missing or damaged"),
    ("manifest cut short", cut_short(MANIFEST), "manifest.json is missing or damaged"),
    ("manifest a list", edit(lambda data: [data]), "manifest.json is missing or damaged"),
    ("manifest of no files", edit(lambda data: data.update(files={})), "no hash for all_layers.onnx"),
    ("files a list", edit(lambda data: data.update(files=[])), "is missing or damaged"),
    ("tokenizer a number", edit(lambda data: data.update(tokenizer=3)), "is missing or damaged"),
    (
        "tokenizer of no hash",
        edit(unlist),
        r"no hash for tokenizer",
    ),
    ("tensors a number", edit(lambda data: data.update(tensors=3)), "is missing or damaged"),
    ("tensor without a place", edit(lambda data: data["tensors"][0].pop("offset")), "is missing or damaged"),
    ("tensor elsewhere", edit(misplace), r"does not lie in weights\.bin"),
    ("tensor too long", edit(lengthen), r"does not lie in weights\.bin"),
    (
        "sizes of text",
        edit(lambda data: data["encoder"].update(num_layers="2")),
        "is missing or damaged",
    ),
    ("sizes unknown", edit(lambda data: data["encoder"].update(depth=2)), "is missing or damaged"),
    (
        "another format",
        edit(lambda data: data.update(format=99)),
        "was written in format .*this version reads",
    ),
    ("another exporter", edit(lambda data: data.update(exporter_version=0)), "was written in format"),
]


@pytest.mark.parametrize(
    ("spoil", "message"), [case[1:] for case in DAMAGE], ids=[case[0] for case in DAMAGE]
)
def test_damage_is_found(export: Path, spoil: Spoil, message: str) -> None:
    spoil(export)
    with pytest.raises(ExportError, match=message) as raised:
        bf.load(export)
    assert "export the model again" in str(raised.value)


@pytest.mark.parametrize("name", ["hidden_states", "cut_0"])
@pytest.mark.parametrize("content", [b"", b"\x00" * 64, b"not a graph"])
def test_a_graph_that_is_none_is_an_engine_error(export: Path, name: str, content: bytes) -> None:
    """Even where the manifest was made to agree with it."""
    (export / f"{name}.onnx").write_bytes(content)
    rehash(export, f"{name}.onnx")
    with bf.load(export) as model, pytest.raises(EngineError) as raised:
        bf.integrated_gradients(model, bf.QAExample("who?", "ada"), layer=0)
    assert raised.value.code
    assert raised.value.call


def test_weights_that_were_replaced_change_the_answer_only_with_their_hash(export: Path) -> None:
    data = np.fromfile(export / "weights.bin", dtype="<f4")
    (data * 0.5).tofile(export / "weights.bin")
    with pytest.raises(ExportError, match=r"weights\.bin is damaged"):
        bf.load(export)


# Folders in use.


def test_an_export_is_replaced_on_request(random_reader: Any, tmp_path: Path) -> None:
    folder = bf.export(random_reader().folder, tmp_path / "out")
    before = manifest_of(folder)["fingerprint"]
    cut_short("weights.bin")(folder)
    bf.export(random_reader(seed=1).folder, folder)
    assert manifest_of(folder)["fingerprint"] != before
    bf.load(folder).close()
    remove(MANIFEST)(folder)
    bf.export(random_reader().folder, folder)
    assert manifest_of(folder)["fingerprint"] == before
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_an_empty_folder_is_filled(random_reader: Any, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    bf.load(bf.export(random_reader().folder, tmp_path / "out")).close()


@pytest.mark.parametrize("name", ["notes.txt", MANIFEST, "model.safetensors"])
def test_folders_of_others_are_left_alone(random_reader: Any, tmp_path: Path, name: str) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text('{"name": "a web application"}')
    with pytest.raises(ValueError, match=r"out_dir: .* exists and is no export, wanted a new or empty"):
        bf.export(random_reader().folder, tmp_path / "out")
    assert (tmp_path / "out" / name).read_text() == '{"name": "a web application"}'


def test_an_export_with_something_beside_it_is_left_alone(random_reader: Any, export: Path) -> None:
    (export / "results").mkdir()
    with pytest.raises(
        ValueError, match=r"out_dir: beside an earlier export .* holds results, which would be"
    ):
        bf.export(random_reader().folder, export)
    bf.load(export).close()


def test_a_file_is_no_folder(random_reader: Any, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file")
    with pytest.raises(ValueError, match="out_dir: "):
        bf.export(random_reader().folder, tmp_path / "out")
    with pytest.raises(ExportError, match="could not write the export"):
        bf.export(random_reader().folder, tmp_path / "out" / "below")


@pytest.mark.parametrize("task", ["text-classification", "squad", ""])
def test_another_task_than_the_heads(random_reader: Any, tmp_path: Path, task: str) -> None:
    with pytest.raises(ValueError, match=f"task: got '{task}', but BertForQuestionAnswering is for"):
        bf.export(random_reader().folder, tmp_path / "out", task=task)
    with pytest.raises(ValueError, match=f"task: got '{task}'"):
        bf.load(random_reader().model.folder, task=task)
