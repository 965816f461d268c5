"""What a model's windows are cut with, and how long they may be."""

from __future__ import annotations

from typing import Any


def window_tokenizer(model: Any, max_length: int) -> Any:
    """Return what a model's windows are cut with.

    Raises
    ------
    ValueError
        `max_length` exceeds the model's positions.
    """
    # A loaded model knows these without transformers, others have the objects themselves.
    tokenizer = getattr(model, "window_tokenizer", None) or model.tokenizer
    positions = getattr(model, "max_positions", None) or getattr(
        model.config, "max_position_embeddings", None
    )
    if isinstance(positions, int) and isinstance(max_length, int) and max_length > positions:
        raise ValueError(f"max_length must be at most the model's {positions} positions, got {max_length}")
    return tokenizer
