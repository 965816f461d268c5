"""BERT's embeddings (word + position + segment, then LayerNorm) and their backward twin."""

from __future__ import annotations

from bertqa_fast.graphs.builder import Graph
from bertqa_fast.graphs.norm import SavedNorm, layer_norm, layer_norm_backward
from bertqa_fast.graphs.spec import EncoderSpec


def embeddings(g: Graph, spec: EncoderSpec, input_ids: str, token_type_ids: str) -> tuple[str, SavedNorm]:
    """Embed ``[B, T]`` ids into ``[B, T, H]``."""
    with g.scope("embeddings"):
        words = g.op("Gather", g.weight("embeddings.word"), input_ids, axis=0)
        length = g.op("Shape", input_ids, start=1, end=2)
        positions = g.op("Slice", g.weight("embeddings.position"), g.constant([0]), length, g.constant([0]))
        segments = g.op("Gather", g.weight("embeddings.token_type"), token_type_ids, axis=0)
        total = g.op("Add", g.op("Add", words, segments), positions)
        return layer_norm(g, total, "embeddings.norm", spec.layer_norm_eps)


def embeddings_backward(g: Graph, dy: str, saved: SavedNorm) -> str:
    """Return the gradient of the sum before the LayerNorm, ``[B, T, H]``.

    The sum adds the three tables with weight one, so this is also the gradient of the word embedding.
    """
    with g.scope("embeddings_backward"):
        return layer_norm_backward(g, dy, saved)
