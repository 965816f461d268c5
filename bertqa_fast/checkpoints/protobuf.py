"""The wire format of protocol buffers, as far as the index of a TensorFlow checkpoint needs it."""

from __future__ import annotations

from collections.abc import Iterator

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def read_varint(data: bytes, at: int) -> tuple[int, int]:
    """Read a number of seven bits a byte, the lowest first.

    Returns
    -------
    int, int
        The number, of 64 bits and no sign, and where the next byte is.

    Raises
    ------
    ValueError
        The bytes end within it, or it is longer than 64 bits.
    """
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            break
        byte = data[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return number & 0xFFFFFFFFFFFFFFFF, at
    raise ValueError("a number without an end")


def fields(data: bytes) -> Iterator[tuple[int, int | bytes]]:
    """Yield the fields of a message: their numbers, and what they hold.

    Varints and fixed numbers come as integers without sign, strings and messages as bytes.

    Raises
    ------
    ValueError
        The message is cut short, or has a kind of field that is no longer used.
    """
    at = 0
    while at < len(data):
        tag, at = read_varint(data, at)
        kind = tag & 7
        if kind == _VARINT:
            number, at = read_varint(data, at)
            yield tag >> 3, number
            continue
        if kind == _BYTES:
            size, at = read_varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            size = 4 if kind == _FIXED32 else 8
        else:
            raise ValueError(f"a field of the kind {kind}")
        if size > len(data) - at:
            raise ValueError(f"a field of {size} bytes where {len(data) - at} are left")
        value = data[at : at + size]
        at += size
        yield tag >> 3, value if kind == _BYTES else int.from_bytes(value, "little")


def signed(number: int) -> int:
    """Return the int64 that a varint stands for."""
    return number - (1 << 64) if number >> 63 else number
