"""Parts are closed after 16 examples or 5 seconds of work."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from bertqa_fast.runs.pace import MAX_EXAMPLES, MAX_SECONDS, Pace


def test_first_example_goes_alone() -> None:
    assert Pace().room() == 1


def test_quick_examples_fill_the_part() -> None:
    pace = Pace()
    pace.add(1, 0.01)
    assert pace.room() == 15
    pace.add(15, 0.15)
    assert pace.full
    pace.reset()
    assert (pace.room(), pace.full) == (16, False)


def test_slow_examples_close_it_early() -> None:
    pace = Pace()
    pace.add(1, 2.0)
    assert pace.room() == 1
    pace.add(1, 2.0)
    assert not pace.full
    pace.add(1, 2.0)
    assert pace.full
    pace.reset()
    assert pace.room() == 2


@given(st.lists(st.floats(0, 20), min_size=1, max_size=60))
def test_no_part_is_larger_and_none_goes_on_past_its_time(times: list[float]) -> None:
    pace = Pace()
    left = list(times)
    while left:
        room = pace.room()
        assert 1 <= room <= MAX_EXAMPLES - pace.examples
        taken, left = left[:room], left[room:]
        pace.add(len(taken), sum(taken))
        assert pace.full == (pace.examples == MAX_EXAMPLES or pace.seconds >= MAX_SECONDS)
        if pace.full:
            pace.reset()
