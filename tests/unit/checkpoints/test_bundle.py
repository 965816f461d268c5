"""TensorFlow's checkpoints: whole ones of every kind, and damaged ones, which are refused by name."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pyarrow
import pytest

from bertqa_fast.checkpoints.bundle import Bundle
from bertqa_fast.checkpoints.protobuf import fields, read_varint

Draw = Callable[[str, tuple[int, ...]], Any]


def read_all(prefix: Path) -> dict[str, Any]:
    bundle = Bundle(prefix)
    return {name: bundle.read(name) for name in bundle}


def data_file(folder: Path, name: str, shard: int = 0, shards: int = 1) -> Path:
    return folder / f"{name}.data-{shard:05d}-of-{shards:05d}"


@pytest.mark.parametrize("name", ["pretraining.ckpt", "squad.ckpt", "sentences.ckpt"])
def test_every_number_of_a_checkpoint(data: Path, value: Draw, name: str) -> None:
    """One data file and two, keys that share their beginnings, several blocks of entries."""
    found = read_all(data / name)
    step = found.pop("global_step")
    assert step.dtype == np.int64
    assert step == 100
    assert len(found) == {"pretraining.ckpt": 3 * 43, "squad.ckpt": 41, "sentences.ckpt": 41}[name]
    for variable, array in found.items():
        assert array.dtype == np.float32
        np.testing.assert_array_equal(array, value(variable, array.shape))


def test_types(data: Path, value: Draw) -> None:
    numbers = np.float32(100) * value("numbers", (3, 5))
    bundle = Bundle(data / "types.ckpt")
    for dtype in (np.float16, ml_dtypes.bfloat16, np.float64, np.int32, np.int64):
        array = bundle.read(np.dtype(dtype).name)
        assert array.dtype == dtype
        np.testing.assert_array_equal(array, numbers.astype(dtype))
    assert bundle.read("scalar") == 2.5
    assert bundle.read("scalar").shape == ()
    assert bundle.read("empty").shape == (0, 4)
    assert bundle.shape("parts") == (6, 4)
    assert list(bundle) == sorted(bundle)
    assert not any(name.startswith("\0") for name in bundle)
    with pytest.raises(ValueError, match=r"'parts' of .*types.ckpt.index was saved in 3 parts"):
        bundle.read("parts")
    with pytest.raises(ValueError, match=r"'text' of .* is of TensorFlow's type 7, wanted numbers"):
        bundle.read("text")
    with pytest.raises(ValueError, match=r"types.ckpt.index has no tensor 'other'"):
        bundle.read("other")


@pytest.mark.parametrize(("dtype", "kind"), [(1, "f4"), (2, "f8"), (9, "i8"), (14, "bf16"), (19, "f2")])
def test_the_other_byte_order(write_bundle: Callable[..., Path], dtype: int, kind: str) -> None:
    numbers = np.array([[1.5, -2.0, 3.0]])
    if kind == "bf16":
        stored = (numbers.astype("<f4").view("<u4") >> 16).astype(">u2").tobytes()
    else:
        stored = numbers.astype(f">{kind}").tobytes()
    found = read_all(write_bundle({"a": (dtype, (1, 3), stored, {})}, big=True))
    np.testing.assert_array_equal(found["a"].astype("f8"), numbers.astype("i8" if kind == "i8" else "f8"))


def snappy(block: bytes) -> bytes:
    return bytes(pyarrow.compress(block, codec="snappy", asbytes=True))


def test_compressed_blocks(write_bundle: Callable[..., Path]) -> None:
    names = [f"a/long/name/{number}" for number in range(50)]
    tensors = {name: (3, (1,), struct.pack("<i", i), {}) for i, name in enumerate(names)}
    found = read_all(write_bundle(tensors, kind=1, pack=snappy))
    assert {name: int(array[0]) for name, array in found.items()} == {n: i for i, n in enumerate(names)}


@pytest.mark.parametrize(
    ("shard", "flip", "message"),
    [
        (0, 10, r"the tensor '{name}' is damaged: its checksum does not match \(.*-00000-of-00001"),
        (None, None, r"cannot read .*-00000-of-00001, which holds the tensor '{name}'"),
        (0, None, r"-00000-of-00001 is cut short: the tensor '{name}' ends at byte"),
    ],
)
def test_damaged_data(copy: Path, shard: int | None, flip: int | None, message: str) -> None:
    """A byte changed, the file gone, the file cut short: the tensor is named, and others are read."""
    path = data_file(copy, "sentences.ckpt")
    whole = path.read_bytes()
    bundle = Bundle(copy / "sentences.ckpt")
    places = {name: bundle._entries[name].offset for name in bundle}
    name = "bert/encoder/layer_1/output/dense/kernel"
    at = places[name]
    if shard is None:
        path.unlink()
    elif flip is None:
        path.write_bytes(whole[: at + 3])
    else:
        path.write_bytes(whole[: at + flip] + bytes([whole[at + flip] ^ 16]) + whole[at + flip + 1 :])
    bundle = Bundle(copy / "sentences.ckpt")
    with pytest.raises(ValueError, match=message.format(name=name)):
        bundle.read(name)
    if shard is not None:
        assert bundle.read(min(places, key=lambda each: places[each])).size


def test_an_empty_data_file(copy: Path) -> None:
    data_file(copy, "sentences.ckpt").write_bytes(b"")
    bundle = Bundle(copy / "sentences.ckpt")
    with pytest.raises(ValueError, match="is cut short: the tensor 'output_bias' ends at byte"):
        bundle.read("output_bias")


def test_one_of_two_data_files_gone(copy: Path) -> None:
    data_file(copy, "squad.ckpt", 1, 2).unlink()
    bundle = Bundle(copy / "squad.ckpt")
    there = {name for name in bundle if bundle._entries[name].shard == 0}
    assert 0 < len(there) < 42
    for name in bundle:
        if name in there:
            assert bundle.read(name).size
        else:
            with pytest.raises(ValueError, match=f"-00001-of-00002, which holds the tensor '{name}'"):
                bundle.read(name)


INDEXES: list[tuple[str, Callable[[bytes], bytes], str]] = [
    ("empty", lambda index: b"", "does not end as such a table does"),
    ("cut short", lambda index: index[:-1], "does not end as such a table does"),
    ("something else", lambda index: b"PK\3\4" * 100, "does not end as such a table does"),
    ("a byte changed", lambda index: index[:50] + bytes([index[50] ^ 1]) + index[51:], "the checksum of the"),
    ("its footer alone", lambda index: index[-48:], r"a block from \d+ to \d+ in a file of 48 bytes"),
]


@pytest.mark.parametrize(("spoil", "message"), [case[1:] for case in INDEXES], ids=[c[0] for c in INDEXES])
def test_damaged_indexes(copy: Path, spoil: Callable[[bytes], bytes], message: str) -> None:
    path = copy / "squad.ckpt.index"
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(ValueError, match=rf"checkpoint: .*squad.ckpt.index is damaged: .*{message}"):
        Bundle(copy / "squad.ckpt")


def test_no_index(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"checkpoint: cannot read .*nowhere.index"):
        Bundle(tmp_path / "nowhere")


FOUR = struct.pack("<f", 1.0)
# Entries with right checksums that say what cannot be: (what the entry says otherwise, shape, message).
ENTRIES: list[tuple[dict[str, Any], tuple[int, ...], str]] = [
    ({"size": 1 << 50}, (1 << 48,), "is cut short: the tensor 'a' ends at byte"),
    ({"offset": (1 << 63) - 1}, (1,), "is cut short: the tensor 'a' ends at byte"),
    ({"size": 8}, (1,), r"tensor 'a' of .* is damaged: 8 bytes for the shape \[1\] of float32"),
    ({}, (2,), r"tensor 'a' of .* is damaged: 4 bytes for the shape \[2\]"),
    ({}, (1,) * 70, "tensor 'a' of .* is damaged"),
    ({"size": 0}, (0, 1 << 62, 1 << 62), r"tensor 'a' of .* is damaged: 0 bytes"),
    ({"shard": 1}, (1,), "the tensor 'a' is in data file 1 of 1"),
    ({"offset": -1}, (1,), "is damaged: got .*, wanted a number of 0 or more"),
    ({}, (-1,), "is damaged: got .*, wanted a number of 0 or more"),
    ({"extra": b"\x12"}, (1,), "is damaged: a number without an end"),
    ({"extra": b"\x12\x7f"}, (1,), "is damaged: a field of 127 bytes where 0 are left"),
    ({"extra": b"\x0b"}, (1,), "is damaged: a field of the kind 3"),
    ({"extra": b"\x10\x01"}, (1,), "is damaged: got the number 1, wanted a message"),
    ({"extra": b"\x22\x00"}, (1,), "is damaged: got b'', wanted a number"),
    ({"extra": b"\x12\x02\x18\x01"}, (1,), "is damaged: a tensor of no known rank"),
]


@pytest.mark.parametrize(("says", "shape", "message"), ENTRIES)
def test_entries_that_cannot_be(
    write_bundle: Callable[..., Path], says: dict[str, Any], shape: tuple[int, ...], message: str
) -> None:
    raw = b"" if 0 in shape else FOUR
    with pytest.raises(ValueError, match=message):
        read_all(write_bundle({"a": (1, shape, raw, says)}))


HEADERS = [
    (b"", "it is in 0 data files"),
    (b"\x08\xff\xff\xff\xff\x0f", "it is in 4294967295 data files"),
    (b"\x08\x01\x1a\x02\x10\x02", "it is of version 2"),
    (b"\x0a\x00", "wanted a number"),
]


@pytest.mark.parametrize(("header", "message"), HEADERS)
def test_headers_that_cannot_be(write_bundle: Callable[..., Path], header: bytes, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Bundle(write_bundle({"a": (1, (1,), FOUR, {})}, header=header))


def growing_keys(count: int) -> bytes:
    """Return a header, and keys that each are the one before and a letter more."""
    keys = b"".join(struct.pack("<BB", n % 128 | 128, n // 128) + b"\1\0a" for n in range(count))
    return b"\0\0\2\x08\1" + keys + struct.pack("<II", 0, 1)


PACKED: list[tuple[int, Callable[[bytes], bytes], str]] = [
    (2, bytes, "compressed in an unknown way"),
    (1, lambda block: b"\xff\xff\xff\xff\x0f" + block, "says that it holds 4294967295"),
    (1, lambda block: b"\x50" + block, "cannot be unpacked"),
    (1, lambda block: b"", "a number without an end"),
    (0, lambda block: b"", "a block of 0 bytes"),
    (0, lambda block: block[:-4] + b"\xff" * 4, "restarts"),
    (0, lambda block: bytes(4 * 1000) + struct.pack("<I", 1000), "the block at 0 holds no entry"),
    (0, lambda block: b"\x01" + block[1:], "an entry that is longer than its block"),
    (0, lambda block: block[:-8] + block, "comes after"),
    (0, lambda block: growing_keys(9000), "its keys unpack to more than 64 times its size"),
]


def test_keys_that_grow(write_bundle: Callable[..., Path]) -> None:
    made = Bundle(write_bundle({}, pack=lambda block: growing_keys(100)))
    assert list(made) == ["a" * count for count in range(1, 101)]


@pytest.mark.parametrize(("kind", "pack", "message"), PACKED)
def test_blocks_that_cannot_be(
    write_bundle: Callable[..., Path], kind: int, pack: Callable[[bytes], bytes], message: str
) -> None:
    with pytest.raises(ValueError, match=f"is damaged: .*{message}"):
        Bundle(write_bundle({"a": (1, (1,), FOUR, {})}, kind=kind, pack=pack))


def test_random_damage_is_refused(copy: Path, value: Draw) -> None:
    """Whatever happens to the files: the right numbers, or a `ValueError`, and nothing else."""
    draw = random.Random(5)  # noqa: S311 - a sample, not a secret
    files = [copy / "squad.ckpt.index", data_file(copy, "squad.ckpt", 0, 2)]
    whole = [file.read_bytes() for file in files]
    refused = 0
    for _ in range(300):
        which = draw.randrange(2)
        spoilt = bytearray(whole[which])
        if draw.random() < 0.2:
            del spoilt[draw.randrange(len(spoilt)) :]
        else:
            for _ in range(draw.randint(1, 3)):
                spoilt[draw.randrange(len(spoilt))] = draw.randrange(256)
        files[which].write_bytes(spoilt)
        try:
            bundle = Bundle(copy / "squad.ckpt")
            for name in ("global_step", "cls/squad/output_weights", "bert/pooler/dense/bias"):
                array = bundle.read(name)
                if name != "global_step":
                    np.testing.assert_array_equal(array, value(name, array.shape))
        except ValueError:
            refused += 1
        files[which].write_bytes(whole[which])
    assert refused > 100


def test_random_entries_with_right_checksums(write_bundle: Callable[..., Path]) -> None:
    draw = random.Random(6)  # noqa: S311 - a sample, not a secret
    whole = bytes.fromhex("0801 1204 1202 0801 1800 2000 2804 35 00000000")
    for number in range(300):
        entry = bytearray(whole)
        for _ in range(draw.randint(1, 4)):
            entry[draw.randrange(len(entry))] = draw.randrange(256)
        header = bytes(draw.randrange(256) for _ in range(4)) if number % 5 == 0 else None
        with pytest.raises(ValueError, match="checkpoint: "):
            read_all(write_bundle({"a": (1, (1,), FOUR, {"entry": bytes(entry)})}, header=header))


@pytest.mark.parametrize("number", [0, 1, 127, 128, 300, (1 << 64) - 1])
def test_varints(number: int) -> None:
    """Seven bits a byte, the lowest first (the encoding's definition), and a message of one."""
    rest, encoded = number, []
    while True:
        encoded.append(rest % 128)
        rest //= 128
        if not rest:
            break
    data = bytes([byte + 128 for byte in encoded[:-1]] + encoded[-1:])
    assert read_varint(b"\0" + data + b"\5", 1) == (number, 1 + len(data))
    assert list(fields(b"\x18" + data)) == [(3, number)]
    with pytest.raises(ValueError, match="without an end"):
        read_varint(b"\xff" * 11, 0)
