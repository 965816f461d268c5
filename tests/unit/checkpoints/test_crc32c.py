"""CRC-32C against the published values, and against the definition bit by bit."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bertqa_fast.checkpoints.crc32c import crc32c, masked_crc32c

# RFC 3720, B.4; the last is the usual check value of a CRC.
PUBLISHED = [
    (bytes(32), 0x8A9136AA),
    (b"\xff" * 32, 0x62A8AB43),
    (bytes(range(32)), 0x46DD794E),
    (bytes(range(31, -1, -1)), 0x113FDB5C),
    (b"123456789", 0xE3069283),
    (b"", 0),
]


@pytest.mark.parametrize(("message", "crc"), PUBLISHED)
def test_published_values(message: bytes, crc: int) -> None:
    assert crc32c(message) == crc


@pytest.mark.parametrize("size", [1, 3, 4, 5, 65_535, 65_536, 65_537, 65_539, 65_540, 131_072, 131_075])
def test_sizes_around_a_row(size: int, bytewise_crc32c: Callable[[bytes], int]) -> None:
    message = (b"a message of some length, again and again; " * (size // 40 + 1))[:size]
    assert crc32c(message) == bytewise_crc32c(message)


@given(st.binary(max_size=300))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_message(bytewise_crc32c: Callable[[bytes], int], message: bytes) -> None:
    assert crc32c(message) == bytewise_crc32c(message)
    assert crc32c(memoryview(message)) == crc32c(message)


@given(st.integers(0, 0xFFFFFFFF), st.integers(0, 40))
def test_the_mask_can_be_taken_off(number: int, size: int) -> None:
    """Unmasking takes the constant away and turns the other way round."""
    message = number.to_bytes(4, "little") * size
    rotated = (masked_crc32c(message) - 0xA282EAD8) & 0xFFFFFFFF
    assert (rotated >> 17 | rotated << 15) & 0xFFFFFFFF == crc32c(message)
