"""LevelDB's table of sorted keys, the format of the index of a TensorFlow checkpoint.

A footer says where the index block is, which says where the data blocks are. A block is a run of entries,
each a key (without what it shares with the one before) and a value; a byte says whether it is compressed, and
a masked CRC-32C follows.
"""

from __future__ import annotations

from collections.abc import Iterator

from bertqa_fast.checkpoints.crc32c import masked_crc32c
from bertqa_fast.checkpoints.protobuf import read_varint

MAGIC = 0xDB4775248B80FB57
FOOTER = 48
TRAILER = 5
_PLAIN, _SNAPPY = 0, 1
_KEYS_RATIO = 64  # keys share most of their letters, but no more than this in anything that somebody saved
_SNAPPY_RATIO = 64  # its longest copy is 64 bytes and takes three: more than this is damage


def read_table(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the keys of a table and their values, in the order of the keys.

    Parameters
    ----------
    data : bytes
        The whole file.

    Raises
    ------
    ValueError
        It is no such table, it is damaged, or it is compressed in a way that is not known.
    """
    if len(data) < FOOTER or int.from_bytes(data[-8:], "little") != MAGIC:
        raise ValueError("it does not end as such a table does (cut short, or something else)")
    footer = data[-FOOTER:-8]
    _, _, at = _handle(footer, 0)  # of the block with statistics, which are not kept
    offset, size, _ = _handle(footer, at)
    last: bytes | None = None
    room = _KEYS_RATIO * len(data)
    for _, where in _entries(_block(data, offset, size)):
        offset, size, _ = _handle(where, 0)
        held = last
        for key, value in _entries(_block(data, offset, size)):
            # Also ends what a damaged index would make go round and round.
            if last is not None and key <= last:
                raise ValueError(f"the key {key!r} comes after {last!r}")
            last = key
            room -= len(key)
            if room < 0:
                raise ValueError(f"its keys unpack to more than {_KEYS_RATIO} times its size")
            yield key, value
        if last == held:  # an index could name such a block again and again
            raise ValueError(f"the block at {offset} holds no entry")


def _handle(data: bytes, at: int) -> tuple[int, int, int]:
    """Read where a block is: offset, size, and where the next handle begins."""
    offset, at = read_varint(data, at)
    size, at = read_varint(data, at)
    return offset, size, at


def _block(data: bytes, offset: int, size: int) -> bytes:
    """Return what a block holds, checked and unpacked."""
    end = offset + size
    if end + TRAILER > len(data):
        raise ValueError(f"a block from {offset} to {end} in a file of {len(data)} bytes")
    stored = int.from_bytes(data[end + 1 : end + TRAILER], "little")
    if masked_crc32c(data[offset : end + 1]) != stored:
        raise ValueError(f"the checksum of the block at {offset} does not match")
    kind, content = data[end], data[offset:end]
    if kind == _SNAPPY:
        return _unpack(content)
    if kind != _PLAIN:
        raise ValueError(f"the block at {offset} is compressed in an unknown way ({kind})")
    return content


def _unpack(content: bytes) -> bytes:
    import pyarrow

    size, _ = read_varint(content, 0)
    if size > _SNAPPY_RATIO * len(content):
        raise ValueError(f"a compressed block of {len(content)} bytes says that it holds {size}")
    try:
        return bytes(pyarrow.decompress(content, decompressed_size=size, codec="snappy", asbytes=True))
    except (OSError, ValueError) as error:
        raise ValueError(f"a compressed block cannot be unpacked ({error})") from error


def _entries(block: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield the entries of a block; where keys begin anew is listed at its end, for those who search."""
    restarts = int.from_bytes(block[-4:], "little")
    end = len(block) - 4 * (restarts + 1)
    if end < 0:
        raise ValueError(f"a block of {len(block)} bytes with {restarts} restarts")
    at, key = 0, b""
    while at < end:
        shared, at = read_varint(block, at)
        fresh, at = read_varint(block, at)
        size, at = read_varint(block, at)
        if shared > len(key) or fresh + size > end - at:
            raise ValueError("an entry that is longer than its block")
        key = key[:shared] + block[at : at + fresh]
        at += fresh
        yield key, block[at : at + size]
        at += size
