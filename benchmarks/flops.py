"""Floating-point operations of the matrix products that an attribution asks for.

For one row of T tokens through one encoder block of hidden size H and intermediate size I, a product of [m,
k] and [k, n] counting 2 m k n:

    forward    2 T (4 H^2 + 2 H I)   queries, keys and values (3 H^2), output (H^2), feed-forward (2 H I)
             + 4 T^2 H               scores and context of all heads
    backward   2 T (4 H^2 + 2 H I)   the same weights, transposed: gradients of inputs only, none of weights
             + 8 T^2 H               two products for each of the forward's two

The head's two columns, the embeddings, LayerNorm, softmax and GELU are left out: they are no matrix
products, or less than a thousandth of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Sizes:
    """An encoder's sizes: L, H and I."""

    layers: int
    hidden: int
    intermediate: int


def block_forward(sizes: Sizes, tokens: int) -> int:
    """Count one block's forward products for one row."""
    H, T = sizes.hidden, tokens
    return 2 * T * (4 * H * H + 2 * H * sizes.intermediate) + 4 * T * T * H


def block_backward(sizes: Sizes, tokens: int) -> int:
    """Count the products of one block's backward twin for one row."""
    return block_forward(sizes, tokens) + 4 * tokens * tokens * sizes.hidden


def gradient(sizes: Sizes, tokens: int, layer: int) -> int:
    """Count one gradient at the output of ``layer`` (-1: the embeddings): through the blocks above."""
    above = sizes.layers - 1 - layer
    return above * (block_forward(sizes, tokens) + block_backward(sizes, tokens))


def forward(sizes: Sizes, tokens: int) -> int:
    """Count one forward pass through every block."""
    return sizes.layers * block_forward(sizes, tokens)


def attribution(sizes: Sizes, tokens: int, evaluations: Mapping[int, float]) -> float:
    """Count a whole attribution of one example.

    The forward pass that gives hidden states and the target, and for each layer its gradients
    (``evaluations``: layer to number, in which a forward pass, such as that for the target at the baseline,
    counts as half).
    """
    spent = sum(count * gradient(sizes, tokens, layer) for layer, count in evaluations.items())
    return forward(sizes, tokens) + spent
