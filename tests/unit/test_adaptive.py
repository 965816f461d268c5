"""The spline's weights by their laws, and the adaptive rule on paths whose integrals are known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bertqa_fast import _core

Array = np.ndarray[Any, np.dtype[np.float64]]

node_lists = st.lists(st.integers(0, 200), min_size=4, max_size=24, unique=True).map(
    lambda numbers: np.sort(np.array(numbers)) / 200
)


@given(node_lists, st.integers(0, 3))
def test_the_spline_is_exact_for_cubics(nodes: Array, degree: int) -> None:
    weights = _core.spline_weights(nodes)
    # Nodes that leave most of the interval out reach there by extrapolation, which loses digits.
    scale = np.abs(weights).sum()
    assert weights @ nodes**degree == pytest.approx(1 / (degree + 1), abs=1e-7 * scale)


def test_halved_panels_divide_the_error_by_sixteen_or_more() -> None:
    errors = []
    for n in (10, 20, 40):
        nodes = np.linspace(0, 1, n + 1)
        errors.append(abs(_core.spline_weights(nodes) @ np.exp(3 * nodes) - (np.exp(3) - 1) / 3))
    assert errors[0] / errors[1] > 15
    assert errors[1] / errors[2] > 15


@pytest.mark.parametrize(
    "nodes", [[], [0, 0.5, 1], [0, 0.5, 0.5, 1], [0, 0.6, 0.5, 1], [-0.1, 0.2, 0.5, 1], [0, 0.2, 0.5, 1.1]]
)
def test_nodes_must_rise_in_the_interval(nodes: list[float]) -> None:
    with pytest.raises(ValueError, match=r"nodes: .*wanted"):
        _core.spline_weights(nodes)


Path = Callable[[Array], Array]  # alpha [n] -> what each token adds to F, [n, T]


def slope_of(path: Path, alpha: Array) -> Array:
    step = 1e-6
    return (path(alpha + step) - path(alpha - step)) / (2 * step)


def integrate(path: Path, tolerance: float, max_nodes: int = 128) -> tuple[Array, float, int]:
    """Drive the rule as the engine does: token scores, estimated error, nodes spent."""
    nodes = _core.first_nodes()
    start, end = (float(path(np.array([at])).sum()) for at in (0.0, 1.0))
    while True:
        slopes = slope_of(path, nodes)
        error, wanted = _core.assess_path(nodes, path(nodes).sum(1), slopes, start, end, tolerance, max_nodes)
        if len(wanted) == 0:
            return _core.spline_weights(nodes) @ slopes, error, len(nodes)
        assert not np.isin(wanted, nodes).any()
        nodes = np.sort(np.concatenate([nodes, wanted]))


def step_at(place: float, width: float) -> Path:
    """Two tokens: one jumps at ``place``, the other grows slowly."""

    def path(alpha: Array) -> Array:
        return np.stack([1 / (1 + np.exp(-(alpha - place) / width)), 0.3 * alpha**2], axis=1)

    return path


def true_error(path: Path, scores: Array) -> float:
    wanted = path(np.array([1.0]))[0] - path(np.array([0.0]))[0]
    return float(np.abs(scores - wanted).sum() / np.abs(wanted).sum())


@pytest.mark.parametrize("place", [0.05, 0.2, 0.43, 0.9])
@pytest.mark.parametrize("width", [0.2, 0.05, 0.01])
@pytest.mark.parametrize("tolerance", [0.03, 0.01, 0.001])
def test_jumps_are_found_and_integrated(place: float, width: float, tolerance: float) -> None:
    path = step_at(place, width)
    scores, error, spent = integrate(path, tolerance)
    assert error <= tolerance
    assert true_error(path, scores) < 1.5 * tolerance
    assert spent < 60


def test_nodes_go_where_the_integrand_moves() -> None:
    slow, fast = (integrate(step_at(0.3, width), 0.01)[2] for width in (0.3, 0.01))
    assert slow < fast < 40


def test_tokens_that_cancel_are_not_mistaken_for_peace() -> None:
    """The sum over tokens is constant, so the completeness gap is zero throughout; the tokens move."""

    def path(alpha: Array) -> Array:
        jump = 1 / (1 + np.exp(-(alpha - 0.4) / 0.02))
        return np.stack([jump, -jump], axis=1)

    scores, error, spent = integrate(path, 0.01)
    assert error <= 0.01
    assert true_error(path, scores) < 0.01
    assert spent > 8


def test_what_does_not_change_is_done_at_once() -> None:
    scores, error, spent = integrate(lambda alpha: np.full((len(alpha), 3), 0.7), 0.01)
    np.testing.assert_array_equal(scores, 0)
    assert (error, spent) == (0.0, 5)


def test_a_straight_line_is_done_at_once() -> None:
    _, error, spent = integrate(lambda alpha: np.outer(alpha, [1.0, -0.5, 0.2]), 0.01)
    assert error < 1e-4
    assert spent == 5


@pytest.mark.parametrize("limit", [5, 6, 9])
def test_the_limit_is_kept(limit: int) -> None:
    _, error, spent = integrate(step_at(0.2, 0.003), 0.001, limit)
    assert spent == limit
    assert error > 0.001


def test_a_break_is_not_halved_for_ever() -> None:
    """F jumps at the very baseline, as where a LayerNorm divides by almost nothing."""

    def path(alpha: Array) -> Array:
        return np.stack([1.0 * (alpha > 1e-7), 0.3 * alpha**2], axis=1)

    _, error, spent = integrate(path, 0.01)
    assert error > 0.01
    assert spent < 40


def test_missing_ends_are_bridged() -> None:
    """A gradient that is not finite at the baseline: its node is left out, F there is known all the same."""
    nodes = np.array([0.125, 0.25, 0.5, 0.75, 1.0])
    cubic = np.stack([nodes**3, 1 - nodes], axis=1)
    slopes = np.stack([3 * nodes**2, np.full(5, -1.0)], axis=1)
    error, _ = _core.assess_path(nodes, cubic.sum(1), slopes, 1.0, 1.0, 1e-9, 64)
    gaps_alone = 0.5 * np.abs(slopes).max() ** 1.5
    assert error < gaps_alone
    np.testing.assert_allclose(_core.spline_weights(nodes) @ slopes, [1, -1], atol=1e-12)


def test_shapes_must_fit() -> None:
    with pytest.raises(ValueError, match=r"slopes: wanted \[nodes, tokens\]"):
        _core.assess_path([0, 0.5, 1], [0, 0, 0, 0], np.zeros((3, 2)), 0, 0, 0.1, 9)
