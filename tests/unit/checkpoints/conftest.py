"""Checkpoints that TensorFlow wrote (their recipe: ``data/make_bundles.py``), and a writer of others."""

from __future__ import annotations

import shutil
import struct
import zlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

DATA = Path(__file__).resolve().parent / "data"
Write = Callable[..., Path]


@pytest.fixture(scope="session")
def data() -> Path:
    """Folder of the checkpoints that TensorFlow wrote."""
    return DATA


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of that folder, to spoil it."""
    return Path(shutil.copytree(DATA, tmp_path / "copy"))


@pytest.fixture(scope="session")
def value() -> Callable[[str, tuple[int, ...]], Any]:
    """Return a variable's numbers, by the rule that the recipe states."""

    def draw(name: str, shape: tuple[int, ...]) -> Any:
        normal = np.random.RandomState(zlib.crc32(name.encode())).standard_normal(shape)
        return (0.5 * normal).astype(np.float32)

    return draw


@pytest.fixture(scope="session")
def bytewise_crc32c() -> Callable[[bytes], int]:
    """Return CRC-32C bit by bit: the remainder of the message, bits reversed, by the polynomial."""

    def crc(data: bytes) -> int:
        register = 0xFFFFFFFF
        for byte in data:
            register ^= byte
            for _ in range(8):
                register = register >> 1 ^ (0x82F63B78 if register & 1 else 0)
        return register ^ 0xFFFFFFFF

    return crc


def varint(number: int) -> bytes:
    number &= (1 << 64) - 1
    out = b""
    while number > 127:
        out += bytes([number & 127 | 128])
        number >>= 7
    return out + bytes([number])


def number(field: int, value: int) -> bytes:
    return varint(field << 3) + varint(value)


def message(field: int, value: bytes) -> bytes:
    return varint(field << 3 | 2) + varint(len(value)) + value


@pytest.fixture
def write_bundle(tmp_path: Path, bytewise_crc32c: Callable[[bytes], int]) -> Write:
    """Return a writer of checkpoints, which also writes what TensorFlow would not.

    ``entries`` are tensors by name: (TensorFlow's number of the type, shape, bytes), and a mapping of what
    its entry says otherwise. The block of entries goes through ``pack`` and gets the byte ``kind``.
    """

    def masked(data: bytes) -> int:
        crc = bytewise_crc32c(data)
        return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF

    def block(entries: list[tuple[bytes, bytes]], kind: int, pack: Callable[[bytes], bytes]) -> bytes:
        body = b"".join(
            varint(0) + varint(len(key)) + varint(len(text)) + key + text for key, text in entries
        )
        content = pack(body + struct.pack("<II", 0, 1)) + bytes([kind])
        return content + struct.pack("<I", masked(content))

    def write(
        entries: Mapping[str, tuple[int, tuple[int, ...], bytes, Mapping[str, Any]]],
        *,
        big: bool = False,
        header: bytes | None = None,
        kind: int = 0,
        pack: Callable[[bytes], bytes] = bytes,
        name: str = "made.ckpt",
    ) -> Path:
        contents, table = b"", [(b"", number(1, 1) + number(2, int(big)) if header is None else header)]
        for key, (dtype, shape, raw, other) in sorted(entries.items()):
            says = {"shard": 0, "offset": len(contents), "size": len(raw), "extra": b""} | dict(other)
            dims = b"".join(message(2, number(1, size)) for size in shape)
            entry = number(1, dtype) + message(2, dims) + number(3, says["shard"])
            entry += number(4, says["offset"]) + number(5, says["size"])
            entry += varint(6 << 3 | 5) + struct.pack("<I", masked(raw)) + says["extra"]
            contents += raw
            table.append((key.encode(), says.get("entry", entry)))
        first = block(table, kind, pack)
        index = block([(b"\xff", varint(0) + varint(len(first) - 5))], 0, bytes)
        handles = varint(0) + varint(0) + varint(len(first)) + varint(len(index) - 5)
        footer = handles.ljust(40, b"\0") + struct.pack("<Q", 0xDB4775248B80FB57)
        (tmp_path / f"{name}.index").write_bytes(first + index + footer)
        (tmp_path / f"{name}.data-00000-of-00001").write_bytes(contents)
        return tmp_path / name

    return write
