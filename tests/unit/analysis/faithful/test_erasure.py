"""Comprehensiveness, sufficiency and curves of functions that can be worked out by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import trapezoid

from bertqa_fast.analysis.faithful.erasure import Erased, Sizes, area, average, evaluate, orders_of

Set = frozenset[int]


def evaluated(sizes: Sizes, order: list[int], function: Callable[[Set], tuple[float, float]]) -> Erased:
    """Ask a function of the tokens that are there for everything, set by set."""
    counts = sizes.counts(len(order))
    everything = frozenset(order)
    removed = np.array([function(everything - set(order[:count])) for count in counts])
    kept = np.array([function(frozenset(order[:count])) for count in counts])
    return evaluate(sizes, counts, np.array(function(everything)), removed, kept)


def test_numbers_of_tokens() -> None:
    sizes = Sizes((0.01, 0.25, 0.5, 1.0), (1, 30), 4)
    # Of 18: 0.18 is one at least, 4.5 and 13.5 go to the even number, and there are no 30.
    np.testing.assert_array_equal(sizes.counts(18), [1, 4, 9, 18, 1, 18, 0, 4, 9, 14, 18])
    np.testing.assert_array_equal(sizes.counts(1), [1, 1, 1, 1, 1, 1, 0, 1, 1, 1, 1])
    assert sizes.names == ["1 %", "25 %", "50 %", "100 %", "1 token", "30 tokens"]
    np.testing.assert_allclose(sizes.grid, [0, 0.25, 0.5, 0.75, 1])


def test_a_sum_of_weights() -> None:
    """The function adds the weights of the tokens there are; log p is -1 for every missing one."""
    weights = {7: 4.0, 2: 3.0, 5: 2.0, 9: 1.0}
    sizes = Sizes((0.25, 0.5), (3,), 4)
    found = evaluated(sizes, [7, 2, 5, 9], lambda some: (sum(weights[t] for t in some), len(some) - 4.0))
    # Sizes 1, 2 and 3: what is lost without them; with them alone; log p.
    np.testing.assert_allclose(found.sizes, [[4, 6, -1], [7, 3, -2], [9, 1, -3]])
    np.testing.assert_allclose(found.curves, [[10, 6, 3, 1, 0], [0, 4, 7, 9, 10]])
    # (10/2 + 6 + 3 + 1 + 0/2) / 4 and (0/2 + 4 + 7 + 9 + 10/2) / 4
    np.testing.assert_allclose(found.summary, [5.5, 4.5, -1.5, 3.75, 6.25])


@given(st.integers(1, 12), st.integers(0, 2**31))
def test_laws(tokens: int, seed: int) -> None:
    """Everything kept loses nothing; nothing erased loses nothing; complements say the same."""
    rng = np.random.default_rng(seed)
    known: dict[Set, tuple[float, float]] = {}

    def function(some: Set) -> tuple[float, float]:
        return known.setdefault(some, tuple(rng.normal(size=2)))

    order = rng.permutation(tokens).tolist()
    sizes = Sizes((0.3, 1.0), (2,), 5)
    found = evaluated(sizes, order, function)
    full, nothing = function(frozenset(order)), function(frozenset())
    assert found.sizes[1] == pytest.approx([full[0] - nothing[0], 0, nothing[1] - full[1]])
    assert found.curves[0, 0] == found.curves[1, -1] == full[0]
    assert found.curves[0, -1] == found.curves[1, 0] == nothing[0]
    np.testing.assert_allclose(found.summary[:3], found.sizes[:2].mean(axis=0))
    # Whoever deletes the last first inserts what this order deletes: the areas change places.
    other = evaluated(Sizes((0.3, 1.0), (2,), tokens), order[::-1], function)
    same = evaluated(Sizes((0.3, 1.0), (2,), tokens), order, function)
    np.testing.assert_allclose(other.summary[3:], same.summary[[4, 3]])


def test_areas_are_scipys() -> None:
    rng = np.random.default_rng(1)
    shares = np.sort(rng.uniform(size=6))
    curves = rng.normal(size=(3, 2, 6))
    np.testing.assert_allclose(area(shares, curves), trapezoid(curves, shares, axis=-1))


def test_orders() -> None:
    scores = np.array([9, 1, 3, 9, 3, 0], dtype=np.float32)
    positions = np.array([1, 2, 3, 4])
    random = [np.array([4, 1, 2, 3])]
    falling, drawn, rising = orders_of(scores, positions, random)
    np.testing.assert_array_equal(falling, [3, 2, 4, 1])
    np.testing.assert_array_equal(drawn, [4, 1, 2, 3])
    np.testing.assert_array_equal(rising, [1, 4, 2, 3])


def test_average() -> None:
    one = Erased(np.zeros((2, 3)), np.arange(5.0), np.ones((2, 4)))
    two = Erased(np.ones((2, 3)), np.zeros(5), np.ones((2, 4)))
    both = average([one, two])
    assert (both.sizes == 0.5).all()
    np.testing.assert_allclose(both.summary, np.arange(5) / 2)
    assert (both.curves == 1).all()


@pytest.mark.parametrize(
    ("fractions", "k", "steps", "message"),
    [
        ((), (1,), 5, r"fractions must hold numbers in \(0, 1\], got \(\)"),
        ((0.0,), (1,), 5, "fractions must hold"),
        ((1.5,), (1,), 5, "fractions must hold"),
        ((0.5,), (0,), 5, "k must hold positive numbers"),
        ((0.5,), (1,), 0, "steps must be 1 or more"),
    ],
)
def test_refusals(fractions: tuple[float, ...], k: tuple[int, ...], steps: int, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Sizes(fractions, k, steps)
