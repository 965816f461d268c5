"""How layers are numbered and named, everywhere in the package."""

from __future__ import annotations

EMBEDDINGS = -1

LAYER_NUMBERING = (
    "Layer l (0 … L-1) is the output of encoder block l; -1 is the output of the embeddings. "
    "Hugging Face's hidden_states[k] is layer k-1."
)


def layer_name(layer: int) -> str:
    """Name a layer in words: ``"embeddings"`` for -1, ``"layer 3"`` for 3.

    Parameters
    ----------
    layer : int
        ``0 … L-1`` is the output of encoder block ``layer``, -1 the output of the embeddings.
        Hugging Face's ``hidden_states[k]`` is layer ``k-1``.
    """
    return "embeddings" if layer == EMBEDDINGS else f"layer {layer}"


def layer_tick(layer: int) -> str:
    """Name a layer in the few characters of an axis label: ``"emb"`` or its number."""
    return "emb" if layer == EMBEDDINGS else str(layer)
