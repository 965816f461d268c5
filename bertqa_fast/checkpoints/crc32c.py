"""CRC-32C (Castagnoli; RFC 3720, appendix B.4), the checksum of TensorFlow's files, in numpy.

A CRC is linear over GF(2). A message is cut into rows of many 32-bit words, each column is a CRC of its own
that moves on a whole row at a time, and the columns are joined at the end: a few passes of numpy over each
row, in place of a step of Python for each byte, and no other package.
"""

from __future__ import annotations

from functools import cache

import numpy as np
import numpy.typing as npt

_POLYNOMIAL = 0x82F63B78  # of degree 32, bits reversed: the lowest bit is the highest power
_ROW = 1 << 16  # bytes: the registers of a row stay in the cache
_MASK_DELTA = 0xA282EAD8  # TensorFlow keeps rotated sums, so that one over data with sums in it stays a sum

Words = npt.NDArray[np.uint32]


def masked_crc32c(data: bytes | memoryview) -> int:
    """Return the CRC-32C as files of TensorFlow and LevelDB keep it: rotated by 15 bits, a constant added."""
    crc = crc32c(data)
    return ((crc >> 15 | crc << 17) + _MASK_DELTA) & 0xFFFFFFFF


def crc32c(data: bytes | memoryview) -> int:
    """Return the CRC-32C of some bytes."""
    message = np.frombuffer(data, dtype=np.uint8)
    if message.size < 4:
        return _short(message.tobytes())
    # The register begins as ones: the same as the first four bytes inverted and a register of zeros. Zeros
    # before a message leave such a register as it is, so that there is always a whole number of rows.
    taken = message.size % _ROW
    if taken < 4:
        taken = min(taken + _ROW, message.size)
    head = np.zeros(-(-taken // _ROW) * _ROW, dtype=np.uint8)
    head[head.size - taken :] = message[:taken]
    head[head.size - taken :][:4] ^= 0xFF
    columns = np.zeros(_ROW // 4, dtype=np.uint32)
    for part in (head, message[taken:]):
        for row in part.view("<u4").reshape(-1, columns.size):
            columns = _advance(columns, _ROW) ^ row
    while columns.size > 1:
        half = columns.size // 2
        columns = _advance(columns[:half], 4 * half) ^ columns[half:]
    return int(_advance(columns, 4)[0]) ^ 0xFFFFFFFF


def _short(message: bytes) -> int:
    """Return the CRC of a few bytes, one by one."""
    crc = 0xFFFFFFFF
    for byte in message:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (_POLYNOMIAL if crc & 1 else 0)
    return crc ^ 0xFFFFFFFF


def _advance(columns: Words, distance: int) -> Words:
    """Return registers after so many bytes of zeros; the distance is a power of two, or a whole row."""
    low, high = _tables(distance)
    moved: Words = low[columns & 0xFFFF] ^ high[columns >> 16]
    return moved


@cache
def _tables(distance: int) -> tuple[Words, Words]:
    """Return what the lower and upper halves of a register become after so many bytes of zeros."""
    bits = _bits_after(distance)
    tables = np.zeros((2, 1 << 16), dtype=np.uint32)
    for half, table in enumerate(tables):
        for bit in range(16):
            table[1 << bit : 2 << bit] = table[: 1 << bit] ^ bits[16 * half + bit]
    return tables[0], tables[1]


@cache
def _bits_after(distance: int) -> Words:
    """Return what each of the 32 bits of a register becomes after so many bytes of zeros (a power of two)."""
    if distance == 1:
        registers = np.uint32(1) << np.arange(32, dtype=np.uint32)
        for _ in range(8):
            registers = registers >> np.uint32(1) ^ np.where(
                registers & np.uint32(1), np.uint32(_POLYNOMIAL), np.uint32(0)
            )
        return registers
    half = _bits_after(distance // 2)
    # Twice the distance is the same once more: of what a bit became, each bit moves on by itself.
    twice = np.zeros(32, dtype=np.uint32)
    for bit in range(32):
        twice ^= np.where(half >> np.uint32(bit) & np.uint32(1), half[bit], np.uint32(0))
    return twice
