"""The embeddings (word + position + segment, LayerNorm, and a projection if any) and their backward twin."""

from __future__ import annotations

from bertqa_fast.graphs.builder import Graph
from bertqa_fast.graphs.norm import SavedNorm, layer_norm, layer_norm_backward
from bertqa_fast.graphs.spec import EncoderSpec

PROJECTION = "embeddings.projection"


def embeddings(g: Graph, spec: EncoderSpec, input_ids: str, token_type_ids: str) -> tuple[str, SavedNorm]:
    """Embed ``[B, T]`` ids into ``[B, T, H]``.

    Tables and LayerNorm are ``[.., E]``; where E is not H, a linear layer makes H of it.
    """
    with g.scope("embeddings"):
        words = g.op("Gather", g.weight("embeddings.word"), input_ids, axis=0)
        length = g.op("Shape", input_ids, start=1, end=2)
        positions = g.op("Slice", g.weight("embeddings.position"), g.constant([0]), length, g.constant([0]))
        segments = g.op("Gather", g.weight("embeddings.token_type"), token_type_ids, axis=0)
        total = g.op("Add", g.op("Add", words, segments), positions)
        normed, saved = layer_norm(g, total, "embeddings.norm", spec.layer_norm_eps)
        if not g.has_weight(f"{PROJECTION}.weight"):
            return normed, saved
        rows = g.linear(g.reshape(normed, [-1, spec.embedding_size]), f"{PROJECTION}.weight")
        rows = g.op("Add", rows, g.weight(f"{PROJECTION}.bias"))
        return _fold(g, rows, normed, spec.hidden_size), saved


def embeddings_backward(g: Graph, spec: EncoderSpec, dy: str, saved: SavedNorm) -> str:
    """Return the gradient of the sum before the LayerNorm, ``[B, T, E]``, from ``dy`` ``[B, T, H]``.

    The sum adds the three tables with weight one, so this is also the gradient of the word embedding.
    """
    with g.scope("embeddings_backward"):
        if g.has_weight(f"{PROJECTION}.weight"):
            rows = g.linear_backward(g.reshape(dy, [-1, spec.hidden_size]), f"{PROJECTION}.weight")
            dy = _fold(g, rows, dy, spec.embedding_size)
        return layer_norm_backward(g, dy, saved)


def _fold(g: Graph, rows: str, like: str, width: int) -> str:
    """Fold ``[B * T, width]`` as ``like``, ``[B, T, ..]``, is."""
    sizes = g.op("Shape", like, start=0, end=2)
    return g.op("Reshape", rows, g.op("Concat", sizes, g.constant([width]), axis=0))
