"""Activations of the feed-forward layer: value, and derivative at the same point.

Each is a function of a graph, a tensor and the bias to add to it first, and returns f(u + bias) and
f'(u + bias). A graph in which nothing uses the derivative does without it.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from bertqa_fast.graphs.builder import FLOAT, Fused, Graph

Activation = Callable[[Graph, str, str], tuple[str, str]]


def _gelu(g: Graph, u: str, bias: str) -> tuple[str, str]:
    # u * Phi(u) with Phi the normal distribution function; Phi(u) + u * density(u)
    u = g.op("Add", u, bias)
    erf = g.op("Erf", g.op("Mul", u, g.constant(1 / math.sqrt(2))))
    phi = g.op("Mul", g.op("Add", erf, g.constant(1.0)), g.constant(0.5))
    exponent = g.op("Mul", g.op("Mul", u, u), g.constant(-0.5))
    density = g.op("Mul", g.op("Exp", exponent), g.constant(1 / math.sqrt(2 * math.pi)))
    return g.op("Mul", u, phi), g.op("Add", phi, g.op("Mul", u, density))


_TANH_SCALE = math.sqrt(2 / math.pi)
_TANH_CUBIC = 0.044715


def _gelu_tanh(g: Graph, u: str, bias: str) -> tuple[str, str]:
    u = g.op("Add", u, bias)
    square = g.op("Mul", u, u)
    inner = g.op("Add", g.op("Mul", square, g.constant(_TANH_CUBIC)), g.constant(1.0))
    tanh = g.op("Tanh", g.op("Mul", g.op("Mul", u, inner), g.constant(_TANH_SCALE)))
    half = g.op("Mul", u, g.constant(0.5))
    value = g.op("Add", half, g.op("Mul", half, tanh))
    # (1 + t) / 2 + u (1 - t^2) / 2 * c (1 + 3 a u^2)
    slope = g.op("Mul", square, g.constant(3 * _TANH_CUBIC))
    slope = g.op("Mul", g.op("Add", slope, g.constant(1.0)), g.constant(_TANH_SCALE))
    sech2 = g.op("Sub", g.constant(1.0), g.op("Mul", tanh, tanh))
    right = g.op("Mul", g.op("Mul", u, sech2), slope)
    left = g.op("Add", tanh, g.constant(1.0))
    return value, g.op("Mul", g.op("Add", left, right), g.constant(0.5))


GELU = Fused("Gelu", ("u", "bias"), _gelu, outputs=2)
GELU_TANH = Fused("GeluTanh", ("u", "bias"), _gelu_tanh, outputs=2)


def _fused(operator: Fused) -> Activation:
    def activation(g: Graph, u: str, bias: str) -> tuple[str, str]:
        value, slope = g.fused(operator, u, bias)
        return value, slope

    return activation


def _relu(g: Graph, u: str, bias: str) -> tuple[str, str]:
    u = g.op("Add", u, bias)
    return g.op("Relu", u), g.op("Cast", g.op("Greater", u, g.constant(0.0)), to=FLOAT)


ACTIVATIONS: dict[str, Activation] = {
    "gelu": _fused(GELU),
    "gelu_new": _fused(GELU_TANH),
    "gelu_pytorch_tanh": _fused(GELU_TANH),
    "relu": _relu,
}
