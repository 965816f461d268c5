"""Presets and quadrature rules by name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bertqa_fast.attribution.presets import PRESETS, find_preset
from bertqa_fast.attribution.rules import METHODS, find_rule


def test_no_name_no_preset() -> None:
    assert find_preset(None) is None


@pytest.mark.parametrize("name", ["ramnath", "RAMNATH2020", "", 2020, ["ramnath2020"]])
def test_unknown_presets(name: Any) -> None:
    with pytest.raises(ValueError, match=r"preset: got .*wanted one of: ramnath2020, ramnath2020-code"):
        find_preset(name)


def test_the_paper() -> None:
    rule = find_rule("auto", None, PRESETS["ramnath2020"])
    assert rule.name == "riemann_right"
    np.testing.assert_allclose(rule.nodes, np.arange(1, 51) / 50)
    np.testing.assert_allclose(rule.weights, 1 / 50)


def test_the_published_code() -> None:
    rule = find_rule("auto", None, PRESETS["ramnath2020-code"])
    np.testing.assert_allclose(rule.nodes, np.arange(20) / 20)
    np.testing.assert_allclose(rule.weights, [1 / 38, *[1 / 19] * 18, 1 / 38])


@pytest.mark.parametrize("method", METHODS[1:])
@pytest.mark.parametrize("n_steps", [2, 7, 50])
def test_weights_of_every_fixed_method_sum_to_one(method: str, n_steps: int) -> None:
    rule = find_rule(method, n_steps, None)
    assert len(rule.nodes) == len(rule.weights) == n_steps
    assert rule.weights.sum() == pytest.approx(1, abs=1e-15)
    assert (np.diff(rule.nodes) > 0).all()
    assert rule.nodes[0] >= 0
    assert rule.nodes[-1] <= 1


def test_fifty_nodes_unless_said() -> None:
    assert len(find_rule("riemann_left", None, None).nodes) == 50


def test_the_adaptive_rule_has_a_limit_in_place_of_nodes() -> None:
    assert find_rule("auto", None, None).limit == 128
    assert find_rule("auto", 9, None).limit == 9
    assert len(find_rule("auto", 9, None).nodes) == 0


@pytest.mark.parametrize("n_steps", [1, 4])
def test_too_few_nodes_to_adapt(n_steps: int) -> None:
    rule = find_rule("auto", n_steps, None)
    assert (rule.name, len(rule.nodes), rule.limit) == ("gausslegendre", n_steps, None)


@pytest.mark.parametrize("method", ["simpson", "", None, "Gausslegendre", "ramnath2020_code"])
def test_unknown_methods(method: Any) -> None:
    with pytest.raises(ValueError, match=r"method: got .*wanted one of: auto, gausslegendre"):
        find_rule(method, None, None)


@pytest.mark.parametrize("n_steps", [0, -3, 2.0, True, "9"])
def test_wrong_numbers_of_nodes(n_steps: Any) -> None:
    with pytest.raises(ValueError, match="n_steps: got"):
        find_rule("riemann_right", n_steps, None)


def test_a_trapezoid_needs_two_ends() -> None:
    with pytest.raises(ValueError, match="n_steps: got 1, wanted at least 2"):
        find_rule("riemann_trapezoid", 1, None)
