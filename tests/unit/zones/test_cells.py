"""The cells of zones: against a loop over rows and columns that follows the words of the definition."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.zones.cells import SPECIAL, ZONES, classes_of, join_zones, masked_cells, parse_zones

FOUR = ZONES[:4]
MakeWindow = Callable[[Sequence[int]], Window]


def layouts() -> st.SearchStrategy[list[int]]:
    """Draw the segments of a window: specials, a question, specials, a passage, specials."""
    counts = st.tuples(
        st.integers(0, 2), st.integers(1, 6), st.integers(1, 2), st.integers(1, 9), st.integers(0, 2)
    )
    return counts.map(lambda n: [-1] * n[0] + [0] * n[1] + [-1] * n[2] + [1] * n[3] + [-1] * n[4])


def sides(segment: list[int], special: str) -> list[str]:
    """Name each token's side: q, p, or - for neither."""
    named, passage_seen = [], False
    for kind in segment:
        passage_seen = passage_seen or kind == 1
        if kind >= 0:
            named.append("qp"[kind])
        elif special == "segment":
            named.append("p" if passage_seen else "q")
        else:
            named.append("-")
    return named


def is_masked(zone: str, row: str, column: str, special: str) -> bool:
    if special == "reference" and zone == "p2q":
        return column == "q" and row != "q"
    if special == "reference" and zone == "q2p":
        return column == "p" and row != "p"
    wanted = {"q2": ("q", "q"), "q2p": ("q", "p"), "p2q": ("p", "q"), "p2": ("p", "p")}[zone]
    return (row, column) == wanted


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segment=layouts(), zone=st.sampled_from(FOUR), special=st.sampled_from(SPECIAL))
def test_cells_are_those_of_the_definition(
    make_window: MakeWindow, segment: list[int], zone: str, special: str
) -> None:
    found = masked_cells(make_window(segment), zone, special=special)
    named = sides(segment, special)
    wanted = [[is_masked(zone, row, column, special) for column in named] for row in named]
    assert found.dtype == np.bool_
    np.testing.assert_array_equal(found, wanted)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segment=layouts())
def test_zones_tile_the_matrix_by_segments(make_window: MakeWindow, segment: list[int]) -> None:
    window = make_window(segment)
    count = sum(masked_cells(window, zone, special="segment").astype(int) for zone in FOUR)
    assert (np.asarray(count) == 1).all()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    segment=layouts(),
    zones=st.lists(st.sampled_from(FOUR), min_size=1, unique=True),
    special=st.sampled_from(("keep", "reference")),
)
def test_joined_zones_are_the_union_and_leave_something(
    make_window: MakeWindow, segment: list[int], zones: list[str], special: str
) -> None:
    window = make_window(segment)
    found = masked_cells(window, zones, special=special)
    parts = [masked_cells(window, zone, special=special) for zone in zones]
    np.testing.assert_array_equal(found, np.any(parts, axis=0))
    assert not found.all(axis=1).any()
    assert not found[:, np.array(segment) == -1].any()


def test_all_is_the_whole_matrix(make_window: MakeWindow) -> None:
    window = make_window([-1, 0, -1, 1, -1])
    for special in SPECIAL:
        np.testing.assert_array_equal(masked_cells(window, "all", special=special), ~np.eye(5, dtype=bool))
    assert masked_cells(window, "all", all_mode="uniform").all()
    assert not masked_cells(window, "all", all_mode="reference").any()


def test_sides_are_those_of_the_token_types(tiny_tokenizer: Any) -> None:
    example = QAExample("who wrote it ?", "it was written by ada in 1843 .")
    for window in make_windows(tiny_tokenizer, [example], max_length=14, doc_stride=3):
        np.testing.assert_array_equal(classes_of(window, "segment"), window.token_type_ids)
        np.testing.assert_array_equal(classes_of(window), np.where(window.segment < 0, 2, window.segment))
        assert classes_of(window).dtype == classes_of(window, "segment").dtype == np.int8


@pytest.mark.parametrize(
    ("zone", "special", "message"),
    [
        ("q3", "keep", "zone: got 'q3', wanted some of q2, q2p, p2q, p2, all"),
        ([], "keep", "wanted at least one zone"),
        (["p2", "p2"], "keep", "each once"),
        (["q2", "all"], "keep", "'all' is the whole matrix"),
        (["q2", "q2p"], "segment", "leaves question tokens nothing to attend to"),
        (["p2", "p2q", "q2"], "segment", "leaves passage tokens nothing to attend to"),
        ("q2", "most", "special must be one of keep, segment, reference, got 'most'"),
    ],
)
def test_what_cannot_be_masked_is_refused(zone: Any, special: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        join_zones(zone, special)


def test_other_refusals(make_window: MakeWindow) -> None:
    with pytest.raises(TypeError, match="zone: got int, wanted a zone or a list of zones"):
        join_zones(3, "keep")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="all_mode must be one of self, uniform, reference, got 'none'"):
        masked_cells(make_window([-1, 0, -1, 1]), "all", all_mode="none")
    assert parse_zones(("all", "q2")) == ("all", "q2")
