"""LayerNorm (Ba et al. 2016, eq. 4), alone and behind a residual connection, and its backward twin."""

from __future__ import annotations

from dataclasses import dataclass

from bertqa_fast.graphs.builder import Attribute, Fused, Graph


@dataclass(frozen=True)
class SavedNorm:
    """What the backward twin needs: the normalised input z ``[.., H]``, 1/standard deviation ``[.., 1]``."""

    z: str
    inverse_std: str
    weight: str


def _normalise(g: Graph, x: str, weight: str, shift: str, eps: float | Attribute) -> tuple[str, str, str]:
    """Return z * weight + shift, z and the inverse standard deviation."""
    y, mean, inverse_std = g.op("LayerNormalization", x, weight, shift, outputs=3, axis=-1, epsilon=eps)
    return y, g.op("Mul", g.op("Sub", x, mean), inverse_std), inverse_std


def _add_norm(g: Graph, a: str, bias: str, b: str, weight: str, shift: str) -> tuple[str, str, str]:
    total = g.op("Add", g.op("Add", a, bias), b)
    return _normalise(g, total, weight, shift, Attribute("epsilon"))


def _norm_backward(g: Graph, dy: str, z: str, inverse_std: str, weight: str) -> tuple[str]:
    """Return dx = (d - mean(d) - z * mean(d * z)) / std with d = dy * weight."""
    last = g.constant([-1])
    d = g.op("Mul", dy, weight)
    mean_d = g.op("ReduceMean", d, last, keepdims=1)
    mean_dz = g.op("ReduceMean", g.op("Mul", d, z), last, keepdims=1)
    centred = g.op("Sub", g.op("Sub", d, mean_d), g.op("Mul", z, mean_dz))
    return (g.op("Mul", centred, inverse_std),)


def _add_norm_backward(g: Graph, a: str, b: str, z: str, inverse_std: str, weight: str) -> tuple[str]:
    return _norm_backward(g, g.op("Add", a, b), z, inverse_std, weight)


ADD_NORM = Fused(
    "AddNorm", ("a", "bias", "b", "weight", "shift"), _add_norm, outputs=3, attributes=("epsilon",)
)
NORM_BACKWARD = Fused("NormBackward", ("dy", "z", "inverse_std", "weight"), _norm_backward)
ADD_NORM_BACKWARD = Fused("AddNormBackward", ("a", "b", "z", "inverse_std", "weight"), _add_norm_backward)


def layer_norm(g: Graph, x: str, prefix: str, eps: float) -> tuple[str, SavedNorm]:
    """Normalise over the last axis with the weights ``<prefix>.weight`` and ``<prefix>.bias``."""
    weight = g.weight(f"{prefix}.weight")
    y, z, inverse_std = _normalise(g, x, weight, g.weight(f"{prefix}.bias"), eps)
    return y, SavedNorm(z, inverse_std, weight)


def add_norm(g: Graph, a: str, bias: str, b: str, prefix: str, eps: float) -> tuple[str, SavedNorm]:
    """Normalise a + bias + b: what a linear layer gives, its bias, and the residual."""
    weight = g.weight(f"{prefix}.weight")
    y, z, inverse_std = g.fused(ADD_NORM, a, bias, b, weight, g.weight(f"{prefix}.bias"), epsilon=eps)
    return y, SavedNorm(z, inverse_std, weight)


def layer_norm_backward(g: Graph, dy: str, saved: SavedNorm, other: str | None = None) -> str:
    """Return the gradient of the input from that of the output, ``dy`` (plus ``other``)."""
    kept = (saved.z, saved.inverse_std, saved.weight)
    if other is None:
        return g.fused(NORM_BACKWARD, dy, *kept)[0]
    return g.fused(ADD_NORM_BACKWARD, dy, other, *kept)[0]
