"""LayerNorm (Ba et al. 2016, eq. 4) and its backward twin."""

from __future__ import annotations

from dataclasses import dataclass

from bertqa_fast.graphs.builder import Graph


@dataclass(frozen=True)
class SavedNorm:
    """What the backward twin needs: the input ``[.., H]``, its mean and 1/standard deviation ``[.., 1]``."""

    x: str
    mean: str
    inverse_std: str
    weight: str


def layer_norm(g: Graph, x: str, prefix: str, eps: float) -> tuple[str, SavedNorm]:
    """Normalise over the last axis with the weights ``<prefix>.weight`` and ``<prefix>.bias``."""
    weight = g.weight(f"{prefix}.weight")
    y, mean, inverse_std = g.op(
        "LayerNormalization", x, weight, g.weight(f"{prefix}.bias"), outputs=3, axis=-1, epsilon=eps
    )
    return y, SavedNorm(x, mean, inverse_std, weight)


def layer_norm_backward(g: Graph, dy: str, saved: SavedNorm) -> str:
    """Return dx = (d - mean(d) - z * mean(d * z)) / std with d = dy * weight and z the normalised input."""
    last = g.constant([-1])
    d = g.op("Mul", dy, saved.weight)
    z = g.op("Mul", g.op("Sub", saved.x, saved.mean), saved.inverse_std)
    mean_d = g.op("ReduceMean", d, last, keepdims=1)
    mean_dz = g.op("ReduceMean", g.op("Mul", d, z), last, keepdims=1)
    centred = g.op("Sub", g.op("Sub", d, mean_d), g.op("Mul", z, mean_dz))
    return g.op("Mul", centred, saved.inverse_std)
