"""The claims of the paper beside made-up results whose trends are plain."""

from __future__ import annotations

from typing import Any

import pytest

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.analysis.tables import Table
from bertqa_fast.analysis.trends import trends


def divergence(
    near: float, far: float, layers: tuple[int, ...] = (-1, 0, 1, 2), kept: str = "top 5"
) -> Result:
    """Return ``jsd`` with ``near`` between neighbours; the embeddings differ from everything by 1."""

    def cell(one: int, other: int) -> float:
        if one == other:
            return 0.0
        return 1.0 if -1 in (one, other) else near if abs(one - other) == 1 else far

    rows = [(kept, one, other, cell(one, other)) for one in layers for other in layers]
    table = Table.of("jsd", "", ["kept", "layer", "other", "jsd"], rows)
    return Result("jsd", "", {}, 1, (table,))


def roles(*rows: tuple[Any, ...]) -> Result:
    table = Table.of("roles_trend", "", ["role", "source", "first", "last", "trend"], rows)
    return Result("roles", "", {}, 1, (table,))


@pytest.mark.parametrize(("near", "far", "agrees"), [(0.125, 0.5, True), (0.5, 0.125, False)])
def test_neighbours_against_the_ends(near: float, far: float, agrees: bool) -> None:
    table = trends([divergence(near, far)])
    assert table is not None
    ((claim, paper, here, same),) = table.rows
    assert "smaller between neighbours" in claim
    # Slide 22: the eleven cells beside the diagonal add up to 2.94, the corner is 0.59.
    assert paper == "0.27 and 0.59 bits"
    assert here == f"{near:.2f} and {far:.2f} bits"
    assert same is agrees


def test_shares_of_answer_and_question_words() -> None:
    found = roles(
        ("answer", "this run", 20.0, 30.0, "up"),
        ("answer", "somebody else", 1.0, 2.0, "up"),
        ("query", "this run", 10.0, 12.0, "up"),
        ("contextual", "this run", 1.0, 2.0, "up"),
    )
    table = trends([found])
    assert table is not None
    assert table.column("this run") == ["20.0 % to 30.0 %", "10.0 % to 12.0 %"]
    assert table.column("paper") == ["27.0 % to 34.6 %", "22.9 % to 12.0 %"]
    assert table.column("agrees") == [True, False]


@pytest.mark.parametrize(
    "result",
    [
        divergence(0.1, 0.2, kept="top 2"),
        divergence(0.1, 0.2, layers=(-1, 0, 1)),  # the two blocks are neighbours and the ends at once
        Result("conicity", "", {}, 1, (Table.of("conicity", "", ["layer"], [(0,)]),)),
    ],
)
def test_nothing_to_compare(result: Result) -> None:
    assert trends([result]) is None
