"""Exports and model folders of other people: what they may make a process read, write or run."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from onnx import TensorProto, helper

import bertqa_fast as bf
from bertqa_fast.errors import ExportError
from bertqa_fast.graphs.external_data import check_external_data
from bertqa_fast.graphs.manifest import MANIFEST, hash_file


@pytest.fixture
def export(random_reader: Any, tmp_path: Path) -> Path:
    """Copy an export, to spoil it."""
    return Path(shutil.copytree(random_reader().model.folder, tmp_path / "deep" / "export"))


def change_manifest(folder: Path, change: Callable[[Any], None]) -> None:
    data = json.loads((folder / MANIFEST).read_text())
    change(data)
    (folder / MANIFEST).write_text(json.dumps(data))


def graph(*entries: tuple[str, str], nested: bool = False) -> bytes:
    """Return a graph that takes a tensor from where the entries say, or does so within a branch."""
    tensor = TensorProto(name="w", data_type=1, dims=[4], data_location=TensorProto.EXTERNAL)
    for key, value in entries:
        tensor.external_data.add(key=key, value=value)
    made = [helper.make_tensor_value_info("y", 1, [4])]
    inner = helper.make_graph([helper.make_node("Identity", ["w"], ["y"])], "g", [], made, [tensor])
    if nested:
        branch = helper.make_node("If", ["c"], ["y"], then_branch=inner, else_branch=inner)
        inner = helper.make_graph([branch], "outer", [helper.make_tensor_value_info("c", 9, [])], made)
    return bytes(helper.make_model(inner).SerializeToString())


@pytest.mark.parametrize("nested", [False, True])
def test_weights_beside_the_graph_are_taken(nested: bool) -> None:
    check_external_data(graph(("location", "weights.bin"), ("offset", "4096"), nested=nested))


@pytest.mark.parametrize("nested", [False, True])
@pytest.mark.parametrize(
    "place",
    [
        "../secret.bin",
        "/etc/passwd",
        "other.bin",
        "./weights.bin",
        "weights.bin/..",
        "",
        "*/_ORT_MEM_ADDR_/*",
    ],
)
def test_weights_elsewhere_are_refused(place: str, nested: bool) -> None:
    with pytest.raises(ValueError, match="lies elsewhere"):
        check_external_data(graph(("offset", "0"), ("location", place), nested=nested))


def test_a_second_place_is_refused() -> None:
    with pytest.raises(ValueError, match="lies elsewhere"):
        check_external_data(graph(("location", "weights.bin"), ("location", "../secret.bin")))


@pytest.mark.parametrize(
    "entry",
    [
        b"\x12\x04evil\x0a\x08location",  # the value first
        b"\x0a\x08location\x12\x0bweights.bin\x12\x04evil",  # the last value counts
        b"\x0a\x88\x00location\x12\x04evil",  # a length longer than need be
        b"\x0a\x88\x80\x00location\x12\x04evil",
        b"\x1a\x02\x6a\x17\x0a\x08location\x12\x0bweights.bin\x12\x04evil",  # like a whole entry, in another
    ],
)
def test_other_spellings_are_refused(entry: bytes) -> None:
    from onnx import ModelProto

    tensor = b"\x08\x04\x10\x01\x70\x01\x6a" + bytes([len(entry)]) + entry
    inner = b"\x2a" + bytes([len(tensor)]) + tensor
    raw = b"\x3a" + bytes([len(inner)]) + inner
    (data,) = ModelProto.FromString(raw).graph.initializer[0].external_data
    assert (data.key, data.value) == ("location", "evil")  # to who parses it
    with pytest.raises(ValueError, match="lies elsewhere"):
        check_external_data(raw)


@pytest.mark.parametrize("nested", ["tensor", "sparse", "function", "training"])
def test_every_place_for_tensors_is_looked_at(nested: str) -> None:
    from onnx import ModelProto

    model = ModelProto()
    if nested == "tensor":
        tensor = model.graph.node.add().attribute.add().t
    elif nested == "sparse":
        tensor = model.graph.sparse_initializer.add().values
    elif nested == "function":
        tensor = model.functions.add().node.add().attribute.add().tensors.add()
    else:
        tensor = model.training_info.add().algorithm.initializer.add()
    tensor.external_data.add(key="location", value="../secret.bin")
    with pytest.raises(ValueError, match="lies elsewhere"):
        check_external_data(model.SerializeToString())


def test_what_is_no_graph_is_refused() -> None:
    with pytest.raises(ValueError, match=r"without an end|a field of"):
        check_external_data(graph(("location", "weights.bin"))[:-3])


def test_depth_has_an_end() -> None:
    def wrapped(field: int, data: bytes) -> bytes:
        size = len(data)
        return bytes([field << 3 | 2, size & 0x7F | 0x80, size >> 7 & 0x7F | 0x80, size >> 14]) + data

    raw = b"\x0a\x08location"
    for _ in range(60):
        raw = wrapped(1, wrapped(5, wrapped(6, raw)))  # of a node of a graph an attribute that is a graph
    with pytest.raises(ValueError, match="more than 100 deep"):
        check_external_data(wrapped(7, raw))


def test_the_word_in_other_text_is_no_matter() -> None:
    node = helper.make_node(
        "Identity", ["allocation"], ["y"], name="relocation/location", doc_string="location"
    )
    check_external_data(node.SerializeToString().replace(b"\x08location", b"\x09location "))


def test_an_export_with_a_foreign_place_is_not_opened(export: Path) -> None:
    file = export / "finish.onnx"
    file.write_bytes(graph(("location", "../secret.bin")))
    change_manifest(export, lambda data: data["files"].update({file.name: hash_file(file)}))
    with pytest.raises(ExportError, match=r"finish.onnx is damaged or not to be trusted .*secret"):
        bf.load(export)


def test_a_graph_that_is_not_listed_is_not_opened(export: Path) -> None:
    change_manifest(export, lambda data: (data["files"].pop("weigh.onnx"), data["graphs"].pop("weigh")))
    with pytest.raises(ExportError, match=r"weigh.onnx is none of the export's files"):
        bf.load(export)


@pytest.mark.parametrize("name", ["../outside.txt", "/tmp/outside.txt", "..", "", "a/b.txt"])  # noqa: S108
def test_files_outside_the_folder_are_refused(export: Path, name: str) -> None:
    (export / "outside.txt").write_text("x")  # what it was looked for under
    (export.parent / "outside.txt").write_text("x")
    about = hash_file(export / "outside.txt")
    change_manifest(export, lambda data: data["files"].update({name: about}))
    with pytest.raises(ExportError, match="is no file beside it"):
        bf.load(export)


EVIL = """
from pathlib import Path
Path(__file__).with_name("ran").write_text("x")
from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast
class EvilConfig(BertConfig):
    model_type = "evil"
class EvilModel(BertForQuestionAnswering):
    config_class = EvilConfig
class EvilTokenizer(BertTokenizerFast):
    pass
"""


@pytest.fixture
def evil(random_reader: Any, tmp_path: Path) -> Path:
    """Copy a model folder that brings code of its own."""
    folder = Path(shutil.copytree(random_reader().folder, tmp_path / "evil"))
    (folder / "evil.py").write_text(EVIL)
    config = json.loads((folder / "config.json").read_text())
    places = {"AutoConfig": "evil.EvilConfig", "AutoModelForQuestionAnswering": "evil.EvilModel"}
    config |= {"model_type": "evil", "architectures": ["EvilForQuestionAnswering"], "auto_map": places}
    (folder / "config.json").write_text(json.dumps(config))
    tokenizer = json.loads((folder / "tokenizer_config.json").read_text())
    tokenizer |= {
        "tokenizer_class": "EvilTokenizer",
        "auto_map": {"AutoTokenizer": [None, "evil.EvilTokenizer"]},
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(tokenizer))
    return folder


def test_code_of_a_model_folder_is_not_run(
    evil: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr("builtins.input", lambda text="": asked.append(text) or "y")
    example = bf.QAExample("who?", "ada wrote it", "q", (bf.Answer("ada", 0),))
    with pytest.raises(ValueError, match="source"):
        bf.load(evil, cache_dir=tmp_path / "cache")
    with pytest.raises(ValueError, match="source must be a folder with a model"):
        bf.finetune(evil, [example], tmp_path / "trained")
    assert not asked
    assert not list(tmp_path.rglob("ran"))
