"""Quadrature rules by their laws: sums, symmetry, and the degrees up to which they are exact."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.polynomial import legendre

from bertqa_fast import _core

RULES = ["gausslegendre", "riemann_left", "riemann_right", "riemann_middle", "riemann_trapezoid"]
names = st.sampled_from(RULES)
sizes = st.integers(2, 500)


def moment(name: str, n: int, degree: int) -> float:
    """Integrate x**degree by the rule; the exact value is 1 / (degree + 1)."""
    nodes, weights = _core.quadrature_rule(name, n)
    return float(weights @ nodes**degree)


@given(names, sizes)
def test_weights_are_positive_and_sum_to_one(name: str, n: int) -> None:
    nodes, weights = _core.quadrature_rule(name, n)
    assert nodes.dtype == weights.dtype == np.float64
    assert nodes.shape == weights.shape == (n,)
    assert (weights > 0).all()
    assert abs(weights.sum() - 1) < 1e-13


@given(names, sizes)
def test_nodes_increase_inside_the_interval(name: str, n: int) -> None:
    nodes, _ = _core.quadrature_rule(name, n)
    assert (np.diff(nodes) > 0).all()
    assert nodes[0] >= 0
    assert nodes[-1] <= 1


@given(st.sampled_from(["gausslegendre", "riemann_middle", "riemann_trapezoid"]), sizes)
def test_symmetric_rules_mirror_themselves(name: str, n: int) -> None:
    nodes, weights = _core.quadrature_rule(name, n)
    np.testing.assert_allclose(nodes + nodes[::-1], 1, atol=1e-15)
    np.testing.assert_array_equal(weights, weights[::-1])


@given(sizes)
def test_left_and_right_mirror_each_other(n: int) -> None:
    left, _ = _core.quadrature_rule("riemann_left", n)
    right, _ = _core.quadrature_rule("riemann_right", n)
    np.testing.assert_allclose(left + right[::-1], 1, atol=1e-15)


@given(st.integers(1, 500), st.data())
def test_gauss_integrates_powers_up_to_degree_2n_minus_1(n: int, data: st.DataObject) -> None:
    degree = data.draw(st.integers(0, 2 * n - 1))
    assert moment("gausslegendre", n, degree) == pytest.approx(1 / (degree + 1), rel=1e-12)


@given(st.integers(2, 500), st.data())
def test_gauss_keeps_legendre_polynomials_orthogonal(n: int, data: st.DataObject) -> None:
    """The products P_j P_k with j + k <= 2n - 1 are integrated exactly: 0, or 1 / (2j + 1) on [0, 1]."""
    j = data.draw(st.integers(0, n - 1))
    k = data.draw(st.integers(0, n - 1))
    nodes, weights = _core.quadrature_rule("gausslegendre", n)
    values = legendre.legvander(2 * nodes - 1, n)
    assert weights @ (values[:, j] * values[:, k]) == pytest.approx((j == k) / (2 * j + 1), abs=1e-13)


@given(st.integers(1, 500))
def test_gauss_nodes_are_roots_so_that_degree_2n_is_missed(n: int) -> None:
    """P_n squared has degree 2n and integral 1 / (2n + 1), and is zero at every node."""
    nodes, weights = _core.quadrature_rule("gausslegendre", n)
    squared = legendre.legvander(2 * nodes - 1, n)[:, n] ** 2
    assert weights @ squared < 1e-9 / (2 * n + 1)


@given(st.integers(1, 500))
def test_one_sided_sums_miss_degree_one_by_half_a_step(n: int) -> None:
    assert moment("riemann_left", n, 1) == pytest.approx(0.5 - 0.5 / n, abs=1e-13)
    assert moment("riemann_right", n, 1) == pytest.approx(0.5 + 0.5 / n, abs=1e-13)


@given(st.integers(1, 500))
def test_middle_sum_is_exact_to_degree_one(n: int) -> None:
    assert moment("riemann_middle", n, 1) == pytest.approx(0.5, abs=1e-13)
    assert moment("riemann_middle", n, 2) == pytest.approx(1 / 3 - 1 / (12 * n**2), abs=1e-13)


@given(sizes)
def test_trapezoid_is_exact_to_degree_one(n: int) -> None:
    assert moment("riemann_trapezoid", n, 1) == pytest.approx(0.5, abs=1e-13)
    assert moment("riemann_trapezoid", n, 2) == pytest.approx(1 / 3 + 1 / (6 * (n - 1) ** 2), abs=1e-13)


def test_published_code_averages_neighbours_over_its_twenty_points() -> None:
    """Take the mean over i = 0 ... 18 of (g_i + g_{i+1}) / 2 at the points i / 20, for any g."""
    nodes, weights = _core.ramnath2020_code_rule()
    np.testing.assert_allclose(nodes * 20, np.arange(20), atol=1e-14)
    gradients = np.random.default_rng(0).standard_normal(20)
    average = np.mean((gradients[:-1] + gradients[1:]) / 2)
    assert weights @ gradients == pytest.approx(average, abs=1e-14)


def test_unknown_method_is_named_with_those_that_exist() -> None:
    with pytest.raises(ValueError, match='method: got "simpson"') as caught:
        _core.quadrature_rule("simpson", 4)
    assert all(name in str(caught.value) for name in RULES)


@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("n", [0, -3])
def test_too_few_nodes_are_refused(name: str, n: int) -> None:
    with pytest.raises(ValueError, match=f"n_steps: got {n}, wanted at least"):
        _core.quadrature_rule(name, n)


def test_trapezoid_needs_two_points() -> None:
    with pytest.raises(ValueError, match="n_steps: got 1, wanted at least 2"):
        _core.quadrature_rule("riemann_trapezoid", 1)
