"""Sizes and options of an encoder and where its weights lie: what graphs need, not where it came from."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class TensorEntry:
    """Where one weight lies in the weight file: ``offset`` and ``nbytes`` in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    nbytes: int


@dataclass(frozen=True)
class EncoderSpec:
    """An encoder of L equal post-LayerNorm transformer blocks.

    Attributes
    ----------
    num_layers, hidden_size, num_heads, intermediate_size : int
        L, H, A and I.
    vocab_size, max_positions, type_vocab_size : int
        Rows of the three embedding tables.
    layer_norm_eps : float
        Added to the variance in every LayerNorm.
    activation : str
        One of :data:`bertqa_fast.graphs.activations.ACTIVATIONS`.
    """

    num_layers: int
    hidden_size: int
    num_heads: int
    intermediate_size: int
    vocab_size: int
    max_positions: int
    type_vocab_size: int
    layer_norm_eps: float
    activation: str

    def __post_init__(self) -> None:
        for name, size in vars(self).items():
            if name in ("layer_norm_eps", "activation"):
                continue
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                raise ValueError(f"{name}: got {size!r}, wanted a positive integer")
        if self.hidden_size % self.num_heads:
            raise ValueError(
                f"num_heads: got {self.num_heads}, wanted a divisor of the hidden size {self.hidden_size}"
            )

    @property
    def head_size(self) -> int:
        """D = H / A."""
        return self.hidden_size // self.num_heads

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return asdict(self)
