"""TensorFlow's checkpoints (``Saver``, version 2) read without TensorFlow.

``model.ckpt.index`` is a table of names, sizes, places and checksums, ``model.ckpt.data-00000-of-00001`` and
its likes hold the numbers one after the other.
"""

from __future__ import annotations

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import numpy.typing as npt

from bertqa_fast.checkpoints.crc32c import masked_crc32c
from bertqa_fast.checkpoints.protobuf import fields, signed
from bertqa_fast.checkpoints.sstable import read_table

INDEX = ".index"
# Numbers of the types in TensorFlow's `types.proto`.
_DTYPES: dict[int, np.dtype[Any]] = {
    number: np.dtype(dtype)
    for number, dtype in {
        1: np.float32,
        2: np.float64,
        3: np.int32,
        4: np.uint8,
        5: np.int16,
        6: np.int8,
        9: np.int64,
        10: np.bool_,
        14: ml_dtypes.bfloat16,
        17: np.uint16,
        19: np.float16,
        22: np.uint32,
        23: np.uint64,
    }.items()
}
_VERSION = 1
_MAX_SHARDS = 99_999  # what the five digits of a file's name can count
_MAX_DIMENSIONS = 32  # numpy's before its version 2
_MAX_ELEMENTS = 1 << 59  # what an array of eight bytes each can count in a signed number of 64 bits


@dataclass(frozen=True)
class Entry:
    """Where one tensor lies.

    Attributes
    ----------
    dtype : int
        Its type, by TensorFlow's number.
    shape : tuple of int
        Its sizes.
    shard, offset, size : int
        The data file, and the bytes in it.
    checksum : int
        Masked CRC-32C of these bytes.
    slices : int
        Into how many parts it was cut, each kept by itself; 0 where it is whole.
    """

    dtype: int = 0
    shape: tuple[int, ...] = ()
    shard: int = 0
    offset: int = 0
    size: int = 0
    checksum: int = 0
    slices: int = 0


class Bundle:
    """A checkpoint: its index, read once, and its tensors, read when asked for.

    Parameters
    ----------
    prefix : Path
        Its files' names without ``.index``.

    Raises
    ------
    ValueError
        There is no such checkpoint, or its index is damaged.
    """

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self._index = prefix.with_name(prefix.name + INDEX)
        try:
            data = self._index.read_bytes()
        except OSError as error:
            raise ValueError(f"checkpoint: cannot read {self._index}: {error}") from error
        try:
            self._entries = self._read_index(data)
        except ValueError as error:
            raise ValueError(f"checkpoint: {self._index} is damaged: {error}") from error

    def __contains__(self, name: str) -> bool:
        return name in self._entries

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    def shape(self, name: str) -> tuple[int, ...]:
        """Return the sizes of a tensor.

        Raises
        ------
        ValueError
            There is none of that name.
        """
        return self._entry(name).shape

    def read(self, name: str) -> npt.NDArray[Any]:
        """Return a tensor, its checksum checked; it cannot be written to.

        Raises
        ------
        ValueError
            With its name: there is none, it was saved in parts or is of no type of numbers, its file is
            missing or too short, or its checksum does not match.
        """
        entry = self._entry(name)
        if entry.slices:
            raise ValueError(
                f"checkpoint: the tensor {name!r} of {self._index} was saved in {entry.slices} parts (a "
                "partitioned variable), which are not joined; save it whole with TensorFlow first"
            )
        if entry.dtype not in _DTYPES:
            raise ValueError(
                f"checkpoint: the tensor {name!r} of {self._index} is of TensorFlow's type {entry.dtype}, "
                "wanted numbers"
            )
        dtype = _DTYPES[entry.dtype]
        if not _fits_numpy(entry.shape) or entry.size != math.prod(entry.shape) * dtype.itemsize:
            raise ValueError(
                f"checkpoint: the tensor {name!r} of {self._index} is damaged: {entry.size} bytes for the "
                f"shape {list(entry.shape)} of {dtype}"
            )
        data = self._bytes(name, entry)
        if masked_crc32c(data) != entry.checksum:
            raise ValueError(
                f"checkpoint: the tensor {name!r} is damaged: its checksum does not match "
                f"({self._shard_file(entry.shard)}); fetch or copy the checkpoint again"
            )
        array: npt.NDArray[Any] = np.frombuffer(data, dtype=dtype)
        if self._swapped:  # as plain numbers: numpy knows no byte orders of bfloat16
            array = array.view(f"u{dtype.itemsize}").byteswap().view(dtype)
        return array.reshape(entry.shape)

    def _entry(self, name: str) -> Entry:
        if name not in self._entries:
            raise ValueError(f"checkpoint: {self._index} has no tensor {name!r}")
        return self._entries[name]

    def _shard_file(self, shard: int) -> Path:
        return self.prefix.with_name(f"{self.prefix.name}.data-{shard:05d}-of-{self._num_shards:05d}")

    def _bytes(self, name: str, entry: Entry) -> bytes:
        file = self._shard_file(entry.shard)
        if entry.shard >= self._num_shards:
            raise ValueError(
                f"checkpoint: {self._index} is damaged: the tensor {name!r} is in data file {entry.shard} of "
                f"{self._num_shards}"
            )
        try:
            with file.open("rb") as handle:
                there = handle.seek(0, os.SEEK_END)
                if entry.offset + entry.size <= there:
                    handle.seek(entry.offset)
                    return handle.read(entry.size)
        except OSError as error:
            raise ValueError(
                f"checkpoint: cannot read {file}, which holds the tensor {name!r}: {error}"
            ) from error
        raise ValueError(
            f"checkpoint: {file} is cut short: the tensor {name!r} ends at byte {entry.offset + entry.size} "
            f"of {there}; fetch or copy the checkpoint again"
        )

    def _read_index(self, data: bytes) -> dict[str, Entry]:
        table = read_table(data)
        key, header = next(table, (None, b""))
        if key != b"":
            raise ValueError("it has no header")
        self._num_shards, self._swapped = _read_header(header)
        # Parts of tensors stand under keys that begin with a zero byte.
        return {
            key.decode(errors="replace"): _read_entry(value)
            for key, value in table
            if not key.startswith(b"\0")
        }


def _fits_numpy(shape: tuple[int, ...]) -> bool:
    """Whether numpy can make such an array; where one size is 0, the others must still not be too large."""
    return len(shape) <= _MAX_DIMENSIONS and math.prod(size or 1 for size in shape) < _MAX_ELEMENTS


def _read_header(data: bytes) -> tuple[int, bool]:
    """Read a ``BundleHeaderProto``: how many data files there are, and whether they are big-endian."""
    shards = big = needs = 0
    for number, value in fields(data):
        if number == 1:
            shards = _integer(value)
        elif number == 2:
            big = _integer(value)
        elif number == 3:
            needs = max(
                [_integer(given) for field, given in fields(_message(value)) if field == 2], default=0
            )
    if needs > _VERSION:
        raise ValueError(f"it is of version {needs}, and only version {_VERSION} is known")
    if not 1 <= shards <= _MAX_SHARDS:
        raise ValueError(f"it is in {shards} data files")
    return shards, big == 1


def _read_entry(data: bytes) -> Entry:
    """Read a ``BundleEntryProto``."""
    plain = {1: "dtype", 3: "shard", 4: "offset", 5: "size", 6: "checksum"}
    found: dict[str, int] = {}
    shape: tuple[int, ...] = ()
    slices = 0
    for number, value in fields(data):
        if number in plain:
            found[plain[number]] = _integer(value)
        elif number == 2:
            shape = _read_shape(_message(value))
        elif number == 7:
            slices += 1
    return Entry(shape=shape, slices=slices, **found)


def _read_shape(data: bytes) -> tuple[int, ...]:
    """Read a ``TensorShapeProto``."""
    sizes = []
    for number, value in fields(data):
        if number == 2:
            given = [_integer(size) for field, size in fields(_message(value)) if field == 1]
            sizes.append(given[-1] if given else 0)
        elif number == 3 and value:
            raise ValueError("a tensor of no known rank")
    return tuple(sizes)


def _integer(value: int | bytes) -> int:
    if isinstance(value, bytes) or signed(value) < 0:
        raise ValueError(f"got {value!r}, wanted a number of 0 or more")
    return value


def _message(value: int | bytes) -> bytes:
    if isinstance(value, int):
        raise ValueError(f"got the number {value}, wanted a message")
    return value
