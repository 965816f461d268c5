"""``pytorch_model.bin``: read when allowed, weights only, and never run."""

from __future__ import annotations

import json
import os
import pickle
import random
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.checkpoints.pickled import PickledCheckpoint
from bertqa_fast.checkpoints.weight_files import find_weights

torch = pytest.importorskip("torch")

BIN, INDEX = "pytorch_model.bin", "pytorch_model.bin.index.json"


@pytest.fixture
def folder(random_reader: Any, tmp_path: Path) -> Path:
    """Copy a reader's folder, its weights in a ``.bin`` alone."""
    place = Path(shutil.copytree(random_reader().folder, tmp_path / "reader"))
    (place / "model.safetensors").unlink()
    torch.save(state(random_reader()), place / BIN)
    return place


def state(reader: Any) -> dict[str, Any]:
    from safetensors.torch import load_file

    return load_file(reader.folder / "model.safetensors")


def weights_of(export: Path) -> bytes:
    return (export / "weights.bin").read_bytes()


def test_the_same_export(random_reader: Any, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"only pytorch_model.bin. .* allow_bin=True \(--allow-bin\)"):
        bf.export(folder, tmp_path / "out")
    wanted = weights_of(random_reader().model.folder)
    assert weights_of(bf.export(folder, tmp_path / "out", allow_bin=True)) == wanted
    with bf.load(folder, cache_dir=tmp_path / "cache", allow_bin=True) as model:
        assert weights_of(model.folder) == wanted
    # What is in the cache by then is no way round.
    with pytest.raises(ValueError, match=r"only pytorch_model.bin"):
        bf.load(folder, cache_dir=tmp_path / "cache")


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64"])
@pytest.mark.parametrize("archive", [True, False])
def test_both_formats_and_all_precisions(tmp_path: Path, dtype: str, archive: bool) -> None:
    """The older format of PyTorch is no archive."""
    tensor = torch.arange(6.0).reshape(2, 3).to(getattr(torch, dtype)) / 7
    torch.save({"a": tensor, "b": tensor.T}, tmp_path / BIN, _use_new_zipfile_serialization=archive)
    assert zipfile.is_zipfile(tmp_path / BIN) is archive
    checkpoint = find_weights(tmp_path, allow_bin=True).open()
    for name, wanted in (("a", tensor), ("b", tensor.T)):
        assert checkpoint[name].dtype == np.float32
        np.testing.assert_array_equal(checkpoint[name], wanted.float().numpy())


def test_shards(random_reader: Any, folder: Path, tmp_path: Path) -> None:
    tensors = state(random_reader())
    where = {name: f"pytorch_model-0000{1 + number % 2}-of-00002.bin" for number, name in enumerate(tensors)}
    for shard in set(where.values()):
        torch.save({name: tensors[name] for name in tensors if where[name] == shard}, folder / shard)
    (folder / BIN).unlink()
    (folder / INDEX).write_text(json.dumps({"weight_map": where}))
    with pytest.raises(ValueError, match=f"only {INDEX}"):
        bf.export(folder, tmp_path / "out")
    exported = bf.export(folder, tmp_path / "out", allow_bin=True)
    assert weights_of(exported) == weights_of(random_reader().model.folder)
    (folder / INDEX).write_text(json.dumps({"weight_map": where | {"more": min(where.values())}}))
    with pytest.raises(ValueError, match="holds the tensor 'more', and it does not"):
        bf.export(folder, tmp_path / "out", allow_bin=True)


def test_fine_tuning_from_a_bin(folder: Path, tmp_path: Path) -> None:
    example = bf.QAExample("who wrote it?", "it was written by ada.", "1", (bf.Answer("ada", 18),))
    options: dict[str, Any] = {"epochs": 1, "max_length": 32, "device": "cpu", "show_progress": False}
    with pytest.raises(ValueError, match=r"only pytorch_model.bin"):
        bf.finetune(folder, [example], tmp_path / "out", **options)
    report = bf.finetune(folder, [example], tmp_path / "out", allow_bin=True, **options)
    assert report.steps == 1
    assert (tmp_path / "out" / "model.safetensors").is_file()


def test_parity_from_a_bin(folder: Path, tmp_path: Path) -> None:
    from bertqa_fast.graphs.parity import parity_report

    exported = bf.export(folder, tmp_path / "out", allow_bin=True)
    assert parity_report(folder, exported, allow_bin=True).worst < 1e-4
    with pytest.raises(ValueError, match=r"only pytorch_model.bin"):
        parity_report(folder, exported)


class Malicious:
    """What runs a command where it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str]]:
        return os.system, (f"touch '{self.path}'",)


@pytest.mark.parametrize("how", ["archive", "legacy", "pickle"])
def test_code_is_not_run(folder: Path, tmp_path: Path, how: str) -> None:
    trace = tmp_path / "it-ran"
    harmful = {"bert.embeddings.word_embeddings.weight": torch.zeros(2), "x": Malicious(trace)}
    if how == "pickle":
        (folder / BIN).write_bytes(pickle.dumps(harmful["x"]))
    else:
        torch.save(harmful, folder / BIN, _use_new_zipfile_serialization=how == "archive")
    example = bf.QAExample("who wrote it?", "it was written by ada.", "1", (bf.Answer("ada", 18),))
    message = "is damaged or holds more than weights, and nothing of it was run"
    with pytest.raises(ValueError, match=message):
        bf.export(folder, tmp_path / "out", allow_bin=True)
    with pytest.raises(ValueError, match=message):
        bf.load(folder, cache_dir=tmp_path / "cache", allow_bin=True)
    with pytest.raises(ValueError, match=message):
        bf.finetune(folder, [example], tmp_path / "tuned", allow_bin=True, max_length=32, device="cpu")
    assert not trace.exists()
    # The files are what they are meant to be: read as any pickle, they do run.
    if how == "pickle":
        pickle.loads((folder / BIN).read_bytes())  # noqa: S301 - a command of this test's own
    else:
        torch.load(folder / BIN, weights_only=False)
    assert trace.exists()


STRANGE: list[tuple[Any, str]] = [
    ([1, 2], "holds list, wanted tensors by names"),
    ({1: torch.zeros(2)}, "holds dict, wanted tensors by names"),
    ({"a": 3}, "'a' is int, wanted a tensor of numbers"),
    ({"a": torch.zeros(2, dtype=torch.int64)}, "'a' is a tensor of torch.int64, wanted a tensor of numbers"),
    ({"a": torch.eye(3).to_sparse()}, "'a' is a tensor of torch.float32, wanted a tensor of numbers"),
    ({"a": torch.zeros(1).expand(10**12)}, "'a' has the shape .*, more than its file holds"),
    ({"b": torch.zeros(1)}, "has no tensor 'a'"),
]


@pytest.mark.filterwarnings("ignore:Sparse")  # how PyTorch reads such tensors may change
@pytest.mark.parametrize(("content", "message"), STRANGE)
def test_what_is_no_state_dict(tmp_path: Path, content: Any, message: str) -> None:
    torch.save(content, tmp_path / BIN)
    with pytest.raises(ValueError, match=message):
        PickledCheckpoint([tmp_path / BIN])["a"]


@pytest.mark.parametrize("archive", [True, False])
def test_random_damage_is_refused(tmp_path: Path, archive: bool) -> None:
    """The weights, changed ones (the format has no checksums that are looked at), or a `ValueError`."""
    path = tmp_path / BIN
    torch.save({"a": torch.arange(4.0)}, path, _use_new_zipfile_serialization=archive)
    whole = path.read_bytes()
    draw = random.Random(7)  # noqa: S311 - a sample, not a secret
    refused = 0
    for _ in range(150):
        spoilt = bytearray(whole)
        if draw.random() < 0.3:
            del spoilt[draw.randrange(len(spoilt)) :]
        else:
            for _ in range(draw.randint(1, 4)):
                spoilt[draw.randrange(len(spoilt))] = draw.randrange(256)
        path.write_bytes(spoilt)
        try:
            assert PickledCheckpoint([path])["a"].dtype == np.float32
        except ValueError:
            refused += 1
    assert refused > 40


def test_old_versions_of_torch_are_not_trusted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.save({"a": torch.zeros(1)}, tmp_path / BIN)
    monkeypatch.setattr(torch, "__version__", "2.5.1+cpu")
    with pytest.raises(ImportError, match=r"allow_bin: PyTorch 2.5.1\+cpu does not .*, wanted 2.6 or later"):
        PickledCheckpoint([tmp_path / BIN])
    monkeypatch.setattr(torch, "__version__", "2.10.0")
    assert "a" in PickledCheckpoint([tmp_path / BIN])


NO_TORCH = """
import json, sys
sys.modules["torch"] = None
import bertqa_fast as bf
try:
    bf.export(sys.argv[1], sys.argv[2], allow_bin=True)
except ImportError as error:
    print(json.dumps(str(error)))
"""


def test_without_torch(folder: Path, tmp_path: Path, run_python: Callable[..., Any]) -> None:
    assert "only PyTorch reads .bin files, and it is not installed" in run_python(
        NO_TORCH, folder, tmp_path / "out"
    )
