"""Activations of the feed-forward layer: value, and derivative at the same point.

Each is a pair of functions of a graph and a tensor. ``value`` returns the activation and what its
derivative wants to re-use (or None); ``derivative`` takes both.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from bertqa_fast.graphs.builder import FLOAT, Graph


@dataclass(frozen=True)
class Activation:
    """``value(g, u) -> (f(u), kept)`` and ``derivative(g, u, kept) -> f'(u)``."""

    value: Callable[[Graph, str], tuple[str, str]]
    derivative: Callable[[Graph, str, str], str]


def _gelu(g: Graph, u: str) -> tuple[str, str]:
    # u * Phi(u) with Phi the normal distribution function; Phi is kept for the derivative.
    erf = g.op("Erf", g.op("Mul", u, g.constant(1 / math.sqrt(2))))
    phi = g.op("Mul", g.op("Add", erf, g.constant(1.0)), g.constant(0.5))
    return g.op("Mul", u, phi), phi


def _gelu_derivative(g: Graph, u: str, phi: str) -> str:
    # Phi(u) + u * density(u)
    exponent = g.op("Mul", g.op("Mul", u, u), g.constant(-0.5))
    density = g.op("Mul", g.op("Exp", exponent), g.constant(1 / math.sqrt(2 * math.pi)))
    return g.op("Add", phi, g.op("Mul", u, density))


_TANH_SCALE = math.sqrt(2 / math.pi)
_TANH_CUBIC = 0.044715


def _gelu_tanh(g: Graph, u: str) -> tuple[str, str]:
    square = g.op("Mul", u, u)
    inner = g.op("Add", g.op("Mul", square, g.constant(_TANH_CUBIC)), g.constant(1.0))
    tanh = g.op("Tanh", g.op("Mul", g.op("Mul", u, inner), g.constant(_TANH_SCALE)))
    half = g.op("Mul", u, g.constant(0.5))
    return g.op("Add", half, g.op("Mul", half, tanh)), tanh


def _gelu_tanh_derivative(g: Graph, u: str, tanh: str) -> str:
    # (1 + t) / 2 + u (1 - t^2) / 2 * c (1 + 3 a u^2)
    slope = g.op("Mul", g.op("Mul", u, u), g.constant(3 * _TANH_CUBIC))
    slope = g.op("Mul", g.op("Add", slope, g.constant(1.0)), g.constant(_TANH_SCALE))
    sech2 = g.op("Sub", g.constant(1.0), g.op("Mul", tanh, tanh))
    right = g.op("Mul", g.op("Mul", u, sech2), slope)
    left = g.op("Add", tanh, g.constant(1.0))
    return g.op("Mul", g.op("Add", left, right), g.constant(0.5))


def _relu(g: Graph, u: str) -> tuple[str, str]:
    value = g.op("Relu", u)
    return value, value


def _relu_derivative(g: Graph, u: str, value: str) -> str:
    return g.op("Cast", g.op("Greater", u, g.constant(0.0)), to=FLOAT)


ACTIVATIONS: dict[str, Activation] = {
    "gelu": Activation(_gelu, _gelu_derivative),
    "gelu_new": Activation(_gelu_tanh, _gelu_tanh_derivative),
    "gelu_pytorch_tanh": Activation(_gelu_tanh, _gelu_tanh_derivative),
    "relu": Activation(_relu, _relu_derivative),
}
