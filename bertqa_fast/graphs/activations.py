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


def _tanh(g: Graph, u: str, bias: str) -> tuple[str, str]:
    value = g.op("Tanh", g.op("Add", u, bias))
    return value, g.op("Sub", g.constant(1.0), g.op("Mul", value, value))


def _times_sigmoid(scale: float) -> Activation:
    """Return u * s(scale u) with s the logistic function, whose slope is s + scale u s (1 - s)."""

    def activation(g: Graph, u: str, bias: str) -> tuple[str, str]:
        u = g.op("Add", u, bias)
        gate = g.op("Sigmoid", u if scale == 1.0 else g.op("Mul", u, g.constant(scale)))
        value = g.op("Mul", u, gate)
        bend = g.op("Mul", value, g.op("Sub", g.constant(1.0), gate))
        return value, g.op("Add", gate, bend if scale == 1.0 else g.op("Mul", bend, g.constant(scale)))

    return activation


_SILU, _QUICK_GELU = _times_sigmoid(1.0), _times_sigmoid(1.702)

ACTIVATIONS: dict[str, Activation] = {
    "gelu": _fused(GELU),
    "gelu_python": _fused(GELU),
    "gelu_new": _fused(GELU_TANH),
    # The same formula: transformers writes sqrt(2 / pi) with ten digits in gelu_fast, more than float32 has.
    "gelu_fast": _fused(GELU_TANH),
    "gelu_accurate": _fused(GELU_TANH),
    "gelu_pytorch_tanh": _fused(GELU_TANH),
    "gelu_python_tanh": _fused(GELU_TANH),
    "quick_gelu": _QUICK_GELU,
    "relu": _relu,
    "silu": _SILU,
    "swish": _SILU,
    "tanh": _tanh,
}
"""By the names of transformers."""
