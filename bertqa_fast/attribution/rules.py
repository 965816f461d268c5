"""Quadrature rules by the names that users type."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bertqa_fast.attribution.presets import Preset

METHODS = ("auto", "gausslegendre", "riemann_left", "riemann_right", "riemann_middle", "riemann_trapezoid")
DEFAULT_STEPS = 50
DEFAULT_LIMIT = 128  # nodes that the adaptive rule may spend on a path


@dataclass(frozen=True)
class Rule:
    """A rule's name, and its nodes in [0, 1] and weights, float64 ``[S]``.

    The adaptive rule has none of its own, but a ``limit``: the most nodes that it may spend on one layer of
    one example (None for fixed rules).
    """

    name: str
    nodes: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    limit: int | None = None


def find_rule(method: str, n_steps: int | None, preset: Preset | None) -> Rule:
    """Return the rule that a call means; a preset brings its own.

    Raises
    ------
    ValueError
        For an unknown method, or a number of nodes that the rule cannot have.
    """
    from bertqa_fast import _core

    if preset is not None and preset.method == "ramnath2020_code":
        return Rule(preset.method, *_core.ramnath2020_code_rule())
    if preset is not None:
        method, n_steps = preset.method, preset.n_steps
    if method not in METHODS:
        raise ValueError(f"method: got {method!r}, wanted one of: {', '.join(METHODS)}")
    if method == "auto":
        limit = DEFAULT_LIMIT if n_steps is None else n_steps
        require_count("n_steps", limit)
        if limit >= len(_core.first_nodes()):
            return Rule(method, np.empty(0), np.empty(0), limit)
        method = "gausslegendre"  # the best that so few can do: there is nothing to adapt
    steps = DEFAULT_STEPS if n_steps is None else n_steps
    require_count("n_steps", steps)
    return Rule(method, *_core.quadrature_rule(method, steps))


def require_count(name: str, value: object) -> None:
    """Raise ``ValueError`` unless ``value`` is a positive integer."""
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise ValueError(f"{name}: got {value!r}, wanted a positive integer")
