"""Rules for linear layers, residuals and LayerNorm: each takes relevance from an output to the inputs.

Below the head relevance is divided only by activations that it was multiplied with just before, or that bound
it. So R / z has a limit at z = 0 and keeps its digits near it, in float32 too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bertqa_fast.graphs.builder import Graph
from bertqa_fast.graphs.norm import SavedNorm

EPSILON = 1e-9
"""The stabiliser of every division, in units of the activation that is divided by.

It keeps zeros from being divided by and does no more. One that stands out against rounding would cost digits:
z / (z + eps) turns within eps of 0, and float32 knows a z near 0 to 1e-7 or so of the terms it is made of.
"""

ALPHA, BETA = 2.0, 1.0
"""Weights of positive and negative contributions in ``alpha_beta``; ALPHA - BETA is 1."""


@dataclass(frozen=True)
class LinearLayer:
    """A linear layer z = a W^T + b at work.

    ``inputs`` a ``[M, in]``, ``weight`` W ``[out, in]``, ``bias`` b ``[out]``, ``outputs`` z ``[M, out]``.
    ``packed`` is the weight's name where the engine has it packed for products. ``sizes``, int64 ``[2]``
    (B, T), folds the M rows into examples; None where every row is an example of its own.
    """

    inputs: str
    weight: str
    bias: str
    outputs: str
    packed: str | None = None
    sizes: str | None = None


LinearRule = Callable[[Graph, LinearLayer, str], str]


def named_layer(g: Graph, name: str, inputs: str, outputs: str, sizes: str | None) -> LinearLayer:
    """Return the layer with the weights ``<name>.weight`` and ``<name>.bias`` of an encoder block."""
    weight = f"{name}.weight"
    return LinearLayer(inputs, g.weight(weight), g.weight(f"{name}.bias"), outputs, weight, sizes)


def stabilised(g: Graph, z: str, factor: float = 1.0) -> str:
    """Return ``factor`` z + EPSILON sign(z), with sign(0) = 1."""
    negative = g.op("Greater", g.constant(0.0), z)
    away = g.op("Where", negative, g.constant(-EPSILON), g.constant(EPSILON))
    return g.op("Add", z if factor == 1.0 else g.op("Mul", z, g.constant(factor)), away)


def epsilon_linear(g: Graph, layer: LinearLayer, relevance: str) -> str:
    """R_i = a_i sum_j w_ji R_j / (z_j + eps sign z_j): Bach et al. 2015, eq. 58. Biases keep their share."""
    quotient = g.op("Div", relevance, stabilised(g, layer.outputs))
    if layer.packed is not None:
        back = g.linear_backward(quotient, layer.packed)
    else:
        back = g.op("Gemm", quotient, layer.weight)
    return g.op("Mul", layer.inputs, back)


def alpha_beta_linear(g: Graph, layer: LinearLayer, relevance: str) -> str:
    """R_i = sum_j (ALPHA z_ij+ / z_j+ - BETA z_ij- / z_j-) R_j: Bach et al. 2015, eq. 60.

    z_ij+ and z_ij- are the positive and negative parts of the product a_i w_ji, z_j+ and z_j- their sums over
    i. A bias belongs to the sum of its sign and keeps its share.
    """
    zero = g.constant(0.0)
    up, down = _signed(g, layer.inputs)
    w_up, w_down = _signed(g, layer.weight)
    positive = g.op("Gemm", down, w_down, g.op("Relu", layer.bias), transB=1)
    positive = g.op("Gemm", up, w_up, positive, transB=1)
    negative = g.op("Gemm", down, w_up, g.op("Min", layer.bias, zero), transB=1)
    negative = g.op("Gemm", up, w_down, negative, transB=1)
    s_up = g.op("Div", relevance, g.op("Add", positive, g.constant(EPSILON)))
    s_down = g.op("Div", relevance, g.op("Sub", negative, g.constant(EPSILON)))
    of_up = g.op("Gemm", s_up, w_up, g.op("Gemm", s_down, w_down, alpha=-BETA), alpha=ALPHA)
    of_down = g.op("Gemm", s_up, w_down, g.op("Gemm", s_down, w_up, alpha=-BETA), alpha=ALPHA)
    return g.op("Add", g.op("Mul", up, of_up), g.op("Mul", down, of_down))


def _signed(g: Graph, x: str) -> tuple[str, str]:
    """Return the positive and the negative part, which sum to ``x``."""
    return g.op("Relu", x), g.op("Min", x, g.constant(0.0))


def residual(g: Graph, relevance: str, total: str, *terms: str) -> tuple[str, ...]:
    """Part the relevance of a sum among its terms, in proportion to what they are (the rule of eq. 58)."""
    quotient = g.op("Div", relevance, stabilised(g, total))
    return tuple(g.op("Mul", term, quotient) for term in terms)


def norm(g: Graph, relevance: str, x: str, y: str, saved: SavedNorm) -> str:
    """Return the relevance of a LayerNorm's input ``x`` from that of its output ``y``.

    The standard deviation is taken as given (Ali et al. 2022, LN-rule; the identity rule for x / std of
    Achtibat et al. 2024, proposition 3.4). What is left, y = w (x - mean x) / std + b, is linear:
    R_i = x_i sum_j (1_ij - 1/H) w_j / std R_j / (y_j + eps sign y_j).
    """
    quotient = g.op("Div", relevance, stabilised(g, y))
    scaled = g.op("Mul", g.op("Mul", quotient, saved.weight), saved.inverse_std)
    mean = g.op("ReduceMean", scaled, g.constant([-1]), keepdims=1)
    return g.op("Mul", x, g.op("Sub", scaled, mean))
