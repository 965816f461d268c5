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


WEIGHT_FILE = "weights.bin"  # of an export, beside its graphs
MOST_LAYERS = 10_000  # far beyond any encoder: what a damaged configuration may ask memory for


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
    embedding_size : int
        E, the width of the embedding tables; 0 stands for H. Where the weights have a projection it follows
        the embeddings' LayerNorm.
    pooled_activation : str
        That of a classifier's pooled first token, of the same names.
    stored_blocks : tuple of int
        Of each block, whose weights it has: numbers of stored blocks, counted from 0. Empty stands for 0 to
        L - 1, a set of weights for each block.
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
    embedding_size: int = 0
    pooled_activation: str = "tanh"
    stored_blocks: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if self.embedding_size == 0:
            object.__setattr__(self, "embedding_size", self.hidden_size)
        for name, size in vars(self).items():
            if name in ("layer_norm_eps", "activation", "pooled_activation", "stored_blocks"):
                continue
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                raise ValueError(f"{name}: got {size!r}, wanted a positive integer")
        if self.num_layers > MOST_LAYERS:  # a list of the blocks follows
            raise ValueError(f"num_layers: got {self.num_layers}, wanted at most {MOST_LAYERS}")
        stored = tuple(self.stored_blocks) or tuple(range(self.num_layers))
        object.__setattr__(self, "stored_blocks", stored)  # a list, where it was read from JSON
        if len(stored) != self.num_layers or sorted(set(stored)) != list(range(len(set(stored)))):
            raise ValueError(
                f"stored_blocks: got {list(stored)}, wanted a number for each of {self.num_layers} blocks, "
                "from 0 on and none left out"
            )
        if self.hidden_size % self.num_heads:
            raise ValueError(
                f"num_heads: got {self.num_heads}, wanted a divisor of the hidden size {self.hidden_size}"
            )

    @property
    def head_size(self) -> int:
        """D = H / A."""
        return self.hidden_size // self.num_heads

    @property
    def shares_blocks(self) -> bool:
        """Whether several blocks have the same weights."""
        return len(set(self.stored_blocks)) < self.num_layers

    def block_name(self, layer: int) -> str:
        """Return what the names of a block's weights begin with: ``layer.<stored block>``."""
        return f"layer.{self.stored_blocks[layer]}"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as JSON types."""
        return asdict(self)
