"""Which files of a folder are read, shards and what can be wrong with their index, and bfloat16."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from bertqa_fast.checkpoints.weight_files import find_weights

ONE, TWO = "model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"
INDEX = "model.safetensors.index.json"


def filled(number: float) -> Any:
    return np.full((2, 3), number, dtype=np.float32)


@pytest.fixture
def sharded(tmp_path: Path) -> Path:
    """Make a folder of two shards."""
    save_file({"a": filled(1), "b": filled(2)}, tmp_path / ONE)
    save_file({"c": filled(3)}, tmp_path / TWO)
    write_index(tmp_path, {"a": ONE, "b": ONE, "c": TWO})
    return tmp_path


def write_index(folder: Path, weight_map: Any) -> None:
    (folder / INDEX).write_text(json.dumps({"metadata": {"total_size": 72}, "weight_map": weight_map}))


def test_shards(sharded: Path) -> None:
    found = find_weights(sharded)
    assert [file.name for file in found.files] == [ONE, TWO]
    assert found.index == sharded / INDEX
    checkpoint = found.open()
    assert "d" not in checkpoint
    for name, number in (("a", 1), ("b", 2), ("c", 3)):
        assert name in checkpoint
        np.testing.assert_array_equal(checkpoint[name], filled(number))
    with pytest.raises(ValueError, match="source: the checkpoint has no tensor 'd'"):
        checkpoint["d"]


def test_the_index_decides_between_shards(sharded: Path) -> None:
    save_file({"c": filled(3), "a": filled(9)}, sharded / TWO)
    np.testing.assert_array_equal(find_weights(sharded).open()["a"], filled(1))
    write_index(sharded, {"a": TWO, "b": ONE, "c": TWO})
    np.testing.assert_array_equal(find_weights(sharded).open()["a"], filled(9))


def test_a_tensor_that_is_not_in_its_shard(sharded: Path) -> None:
    write_index(sharded, {"a": ONE, "b": TWO, "c": TWO})
    with pytest.raises(ValueError, match=f"index.json says that {TWO} holds the tensor 'b', and it does not"):
        find_weights(sharded).open()


def test_a_shard_that_is_cut_short(sharded: Path) -> None:
    (sharded / TWO).write_bytes((sharded / TWO).read_bytes()[:-5])
    with pytest.raises(ValueError, match=f"source: cannot read .*{TWO}"):
        find_weights(sharded).open()


def test_a_shard_that_is_gone(sharded: Path) -> None:
    (sharded / TWO).unlink()
    with pytest.raises(ValueError, match=f"index.json names {TWO}, which is not there"):
        find_weights(sharded)


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"{",
        b"[]",
        b"{}",
        b"\xff\xfe",
        b'{"weight_map": 3}',
        b'{"weight_map": {}}',
        b'{"weight_map": {"a": 3}}',
        b'{"weight_map": {"a": "../model.safetensors"}}',
        b'{"weight_map": {"a": "/etc/model.safetensors"}}',
        b'{"weight_map": {"a": "model.bin"}}',
        b"[" * 100_000,
    ],
)
def test_a_damaged_index(sharded: Path, text: bytes) -> None:
    (sharded / INDEX).write_bytes(text)
    with pytest.raises(ValueError, match=rf"source: .*{INDEX} is damaged"):
        find_weights(sharded)


def test_one_file_goes_before_shards_as_in_transformers(sharded: Path) -> None:
    save_file({"a": filled(5)}, sharded / "model.safetensors")
    assert [file.name for file in find_weights(sharded).files] == ["model.safetensors"]
    (sharded / "pytorch_model.bin").write_bytes(b"not read")
    found = find_weights(sharded, allow_bin=True)
    assert not found.pickled
    np.testing.assert_array_equal(found.open()["a"], filled(5))


def test_no_weights(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"source: .* has no model.safetensors, wanted a model folder"):
        find_weights(tmp_path)
    with pytest.raises(ValueError, match=r"has no model.safetensors and no pytorch_model.bin"):
        find_weights(tmp_path, allow_bin=True)


HALVES = """
import json, sys
sys.modules["torch"] = None  # as if it were not installed
from pathlib import Path
from bertqa_fast.checkpoints.safetensors_reader import SafetensorsCheckpoint
checkpoint = SafetensorsCheckpoint([Path(sys.argv[1])])
print(json.dumps({name: checkpoint[name].tolist() for name in ("brain", "half")}))
"""


def test_half_precision_without_torch(tmp_path: Path, run_python: Callable[..., Any]) -> None:
    """A file written by hand; a bfloat16 is the upper half of a float32's bits."""
    numbers = [1.0, -2.5, 3.140625, 1e-30]
    brain = b"".join(struct.pack("<f", number)[2:] for number in numbers)
    half = struct.pack("<4e", 1.0, -2.5, 65504.0, 6.103515625e-05)
    header = json.dumps(
        {
            "brain": {"dtype": "BF16", "shape": [4], "data_offsets": [0, 8]},
            "half": {"dtype": "F16", "shape": [2, 2], "data_offsets": [8, 16]},
        }
    ).encode()
    header += b" " * (-len(header) % 8)
    path = tmp_path / "model.safetensors"
    path.write_bytes(struct.pack("<Q", len(header)) + header + brain + half)
    read = run_python(HALVES, path)
    wanted = [struct.unpack("<f", b"\0\0" + brain[2 * i : 2 * i + 2])[0] for i in range(4)]
    assert read == {"brain": wanted, "half": [[1.0, -2.5], [65504.0, 6.103515625e-05]]}
