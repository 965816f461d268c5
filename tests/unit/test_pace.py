"""How large a batch is worth having: found by trying, and then kept."""

from __future__ import annotations

import numpy as np
import pytest

from bertqa_fast import _core

SIZES = {256, 512, 1024, 2048}


def drive(costs: dict[int, float], batches: int = 40) -> tuple[_core.Pace, list[int]]:
    """Work in full batches that cost so many seconds a unit, a first one of each size ten times as many."""
    pace, asked = _core.Pace(), []
    for _ in range(batches):
        size = pace.next()
        seconds = costs[size] * size * (1 if size in asked else 10)
        pace.note(size, 1.0, float(size), seconds)
        asked.append(size)
    return pace, asked


@pytest.mark.parametrize("best", sorted(SIZES))
def test_the_fastest_is_kept(best: int) -> None:
    pace, asked = drive({size: 1.0 if size == best else 1.2 for size in SIZES})
    assert set(asked[:4]) == SIZES  # in turn, so that what else the machine does hits all of them
    assert asked[12:] == [best] * 28
    assert pace.fastest() == pace.next() == best


def test_what_says_nothing_is_not_counted() -> None:
    pace = _core.Pace()
    first = pace.next()
    pace.note(first, 0.5, 1.0, 1e-9)  # half full
    pace.note(first, 1.0, 0.0, 1e-9)  # no work: above the last block there is only the head
    pace.note(first + 1, 1.0, 1.0, 1e-9)  # no such size
    assert pace.next() == first
    for size in sorted(SIZES):
        for _ in range(3):
            pace.note(size, 1.0, 1.0, float(size))
    assert pace.fastest() == min(SIZES)


def test_before_anything_is_known() -> None:
    pace = _core.Pace()
    assert pace.fastest() in SIZES
    assert pace.next() in SIZES
    assert np.isfinite(pace.fastest())
