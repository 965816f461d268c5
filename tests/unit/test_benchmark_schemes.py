"""What benchmarks/schemes.py compares integration rules with, by its laws."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast import _core

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture
def benchmark_module(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Import a module of benchmarks/ by name."""
    monkeypatch.syspath_prepend(str(BENCHMARKS))
    return importlib.import_module


@pytest.mark.parametrize("panels", [4, 8, 32])
def test_clenshaw_curtis_is_exact_and_nested(benchmark_module: Callable[[str], Any], panels: int) -> None:
    rule = benchmark_module("schemes").curtis_rule
    x, w = rule(panels)
    for degree in range(panels + 1):
        assert w @ x**degree == pytest.approx(1 / (degree + 1), abs=1e-12)
    np.testing.assert_allclose(rule(2 * panels)[0][::2], x, atol=1e-15)


def test_the_spline_is_the_engines(benchmark_module: Callable[[str], Any]) -> None:
    spline_class = benchmark_module("tabulated").Spline
    nodes = np.array([0.0, 0.1, 0.15, 0.5, 0.8, 1.0])
    lines, bends = spline_class(nodes).panels()
    np.testing.assert_allclose((lines + bends).sum(axis=0), _core.spline_weights(nodes.tolist()), atol=1e-12)
    points = np.linspace(0, 1, 17)
    np.testing.assert_allclose(spline_class(nodes).at(points) @ nodes**3, points**3, atol=1e-12)


def test_the_grid_integrates_in_alpha(benchmark_module: Callable[[str], Any]) -> None:
    grid = benchmark_module("tabulated").Grid(21)
    alphas = np.array([0.0, 0.013, 0.25, 0.7, 1.0])
    # sqrt(alpha)^3 is a cubic in t, which the spline holds exactly.
    np.testing.assert_allclose(grid.up_to(alphas) @ grid.alphas**1.5, alphas**2.5 / 2.5, atol=1e-12)
    assert grid.half_integral @ grid.alphas**1.5 == pytest.approx(0.4)
    assert grid.integral.sum() == pytest.approx(1.0)


def test_a_density_puts_nodes_where_it_is(benchmark_module: Callable[[str], Any]) -> None:
    warps = benchmark_module("warps")
    knots = np.linspace(0, 1, 11)
    even = warps.from_density(knots, np.ones(10))
    t = np.linspace(0, 1, 101)
    np.testing.assert_allclose(even(t)[0], t, atol=1e-12)
    mass = np.where(np.arange(10) == 2, 1.0, 0.0)
    alphas, speed = warps.from_density(knots, mass)(t)
    assert (np.diff(alphas) > 0).all()
    assert np.mean((alphas >= 0.2) & (alphas <= 0.3)) > 0.7
    assert (speed > 0).all()
    t = np.linspace(0, 1, 20001)
    middle = (t[1:] + t[:-1]) / 2
    alphas, speed = warps.from_density(knots, mass)(middle)
    np.testing.assert_allclose(np.cumsum(speed) / 20000, alphas, atol=1e-3)
