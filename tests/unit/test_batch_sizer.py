"""How large a batch is worth having: found by trying, and then kept."""

from __future__ import annotations

import pytest

from bertqa_fast import _core

SIZES = {256, 512, 1024, 2048}
TRIES = 3


def drive(costs: dict[int, float], batches: int = 40) -> tuple[_core.BatchSizer, list[int]]:
    """Work in batches of one-token rows that cost so much each, in a first batch of a size ten times that."""
    sizer, asked = _core.BatchSizer(), []
    for _ in range(batches):
        choice = sizer.next(1, 10_000)
        assert choice.rows == choice.tokens
        seconds = costs[choice.tokens] * choice.rows * (1 if choice.tokens in asked else 10)
        sizer.note(choice, float(choice.rows), seconds)
        asked.append(choice.tokens)
    return sizer, asked


@pytest.mark.parametrize("best", sorted(SIZES))
def test_the_fastest_is_kept(best: int) -> None:
    sizer, asked = drive({size: 1.0 if size == best else 1.2 for size in SIZES})
    assert set(asked[:4]) == SIZES  # in turn, so that what else the machine does hits all of them
    assert asked[4 * TRIES :] == [best] * (40 - 4 * TRIES)
    assert sizer.fastest() == best
    assert not sizer.next(1, 10_000).trial


def test_what_is_hardly_slower_and_larger_is_taken() -> None:
    sizer, asked = drive({256: 1.0, 512: 1.04, 1024: 1.04, 2048: 1.2})
    assert sizer.fastest() == 1024
    assert asked[-1] == 1024
    assert drive(dict.fromkeys(SIZES, 1.0))[0].fastest() == max(SIZES)


def test_only_what_can_be_filled_is_tried() -> None:
    sizer = _core.BatchSizer()
    for _ in range(TRIES):
        choice = sizer.next(10, 30)  # 300 tokens at most
        assert (choice.tokens, choice.rows, choice.trial) == (256, 25, True)
        sizer.note(choice, 1.0, 1.0)
    for _ in range(3):
        choice = sizer.next(10, 30)
        assert (choice.tokens, choice.rows, choice.trial) == (256, 25, False)
    assert sizer.next(10, 60).tokens == 512


def test_few_rows_are_one_batch() -> None:
    choice = _core.BatchSizer().next(10, 3)
    assert (choice.rows, choice.trial) == (3, False)


def test_long_rows_go_one_by_one() -> None:
    for tokens in (384, 5000):
        choice = _core.BatchSizer().next(tokens, 1)
        assert choice.rows == 1


def test_what_says_nothing_is_not_counted() -> None:
    sizer = _core.BatchSizer()
    first = sizer.next(1, 10_000)
    sizer.note(_core.BatchChoice(first.tokens, first.rows, False), 1.0, 1e-9)  # no trial
    sizer.note(first, 0.0, 1e-9)  # no work: above the last block there is only the head
    sizer.note(_core.BatchChoice(first.tokens + 1, first.rows, True), 1.0, 1e-9)  # no such size
    assert sizer.next(1, 10_000).tokens == first.tokens
    assert sizer.fastest() == 512
