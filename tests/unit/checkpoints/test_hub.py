"""Hub ids, with a stand-in for the hub: what is fetched, and what is said where it cannot be."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import huggingface_hub
import pytest
from huggingface_hub.utils import filter_repo_objects

import bertqa_fast as bf
from bertqa_fast.checkpoints.hub import model_folder

torch = pytest.importorskip("torch")


class Hub:
    """One repository, a folder here; ``fetched`` are the names that were asked for, call by call."""

    def __init__(self, folder: Path, cache: Path) -> None:
        self.folder = folder
        self.cache = cache
        self.fetched: list[set[str]] = []

    def snapshot_download(self, name: str, *, allow_patterns: list[str], ignore_patterns: list[str]) -> str:
        assert name == "owner/reader"
        names = [str(path.relative_to(self.folder)) for path in self.folder.rglob("*") if path.is_file()]
        kept = set(filter_repo_objects(names, allow_patterns=allow_patterns, ignore_patterns=ignore_patterns))
        self.fetched.append(kept)
        self.cache.mkdir(exist_ok=True)
        for each in kept:
            shutil.copy(self.folder / each, self.cache / each)
        return str(self.cache)


@pytest.fixture
def hub(random_reader: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
    """Stand in for the hub, with what such repositories hold beside what is needed."""
    folder = Path(shutil.copytree(random_reader().folder, tmp_path / "repository"))
    torch.save({"a": torch.zeros(2)}, folder / "pytorch_model.bin")
    for name in (
        "tf_model.h5",
        "README.md",
        "onnx/config.json",
        "onnx/model.onnx",
        "checkpoint-5/model.safetensors",
        "training_args.bin",
        "code.py",
        "flax.msgpack",
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"large")
    hub = Hub(folder, tmp_path / "hub")
    monkeypatch.setattr(huggingface_hub, "snapshot_download", hub.snapshot_download)
    return hub


NEEDED = {"config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"}


@pytest.mark.parametrize("allow_bin", [False, True])
def test_only_what_is_needed_is_fetched(
    hub: Hub, random_reader: Any, tmp_path: Path, allow_bin: bool
) -> None:
    """Where there are safetensors, no ``.bin`` is fetched, allowed or not."""
    exported = bf.export("owner/reader", tmp_path / "out", allow_bin=allow_bin)
    assert (exported / "weights.bin").read_bytes() == (
        random_reader().model.folder / "weights.bin"
    ).read_bytes()
    assert hub.fetched == [NEEDED]


def test_a_bin_is_fetched_where_it_is_allowed(hub: Hub, random_reader: Any, tmp_path: Path) -> None:
    from safetensors.torch import load_file

    torch.save(load_file(hub.folder / "model.safetensors"), hub.folder / "pytorch_model.bin")
    (hub.folder / "model.safetensors").unlink()
    with pytest.raises(ValueError, match=r"has no model.safetensors"):
        bf.export("owner/reader", tmp_path / "out")
    assert hub.fetched == [NEEDED - {"model.safetensors"}]
    exported = bf.export("owner/reader", tmp_path / "out", allow_bin=True)
    assert hub.fetched[-1] == NEEDED - {"model.safetensors"} | {"pytorch_model.bin"}
    assert (exported / "weights.bin").read_bytes() == (
        random_reader().model.folder / "weights.bin"
    ).read_bytes()


def test_fine_tuning_fetches_the_same(hub: Hub, tmp_path: Path) -> None:
    example = bf.QAExample("who wrote it?", "it was written by ada.", "1", (bf.Answer("ada", 18),))
    options: dict[str, Any] = {"epochs": 1, "max_length": 32, "device": "cpu", "show_progress": False}
    assert bf.finetune("owner/reader", [example], tmp_path / "out", **options).steps == 1
    assert hub.fetched == [NEEDED]


def test_what_is_said_without_a_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(name: str, **_: Any) -> str:
        raise ConnectionError("no route to the hub\nand much more\nthat nobody reads")

    monkeypatch.setattr(huggingface_hub, "snapshot_download", refuse)
    message = (
        r"'owner/reader' is no folder here, and .* \(ConnectionError: no route to the hub\); give a model's"
    )
    with pytest.raises(ValueError, match=message) as caught:
        bf.load("owner/reader", cache_dir=tmp_path)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["./absent", "/absent", "~/absent", "a/b/c"])
def test_paths_are_not_looked_for_on_the_hub(hub: Hub, name: str) -> None:
    with pytest.raises(ValueError, match=f"source: there is no folder {name}"):
        model_folder(name)
    assert hub.fetched == []


def test_a_folder_is_a_folder(hub: Hub, tmp_path: Path) -> None:
    assert model_folder(tmp_path) == tmp_path
    assert model_folder(str(tmp_path)) == tmp_path
    assert hub.fetched == []
