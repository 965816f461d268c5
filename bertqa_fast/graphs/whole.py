"""Graphs of one run forward and back through the whole model: plain gradients at the embeddings."""

from __future__ import annotations

from collections.abc import Mapping

from bertqa_fast.graphs.attention import At
from bertqa_fast.graphs.block import block, block_backward
from bertqa_fast.graphs.builder import FLOAT, INT64, Graph
from bertqa_fast.graphs.composed import EMBEDDINGS, attention_bias, layer_name
from bertqa_fast.graphs.embeddings import embeddings, embeddings_backward
from bertqa_fast.graphs.endings import Rows, ending_of
from bertqa_fast.graphs.spec import EncoderSpec, TensorEntry
from bertqa_fast.graphs.weights import WORD_ROOT

KINDS = ("sensitivity", "input_x_gradient", "one_hot")


def gradient_graph(spec: EncoderSpec, weights: Mapping[str, TensorEntry], kind: str) -> Graph:
    """One gradient of the target for every sequence, and what ``kind`` makes of it.

    Inputs: ``input_ids``, ``token_type_ids`` int64 ``[E, T]``, ``attention_mask`` ``[E, T]``, and those of
    the target that :func:`bertqa_fast.graphs.gradients.cut_graph` has. Outputs: the logits, and
    ``scores_embeddings``, ``signed_embeddings`` ``[E, T]``, ``values_embeddings`` ``[E, T, H]``:

    ``sensitivity``
        The gradient at the output of the embeddings, its norm and its sum over H.
    ``input_x_gradient``
        The same of the gradient times that output.
    ``one_hot``
        The gradient of the word embedding, before the sum with positions and segments and the LayerNorm; the
        norm over the vocabulary of the gradient of one-hot ids, which is |W d| for word embeddings W
        ``[V, embedding size]`` and a gradient d, and so |R d| with R the root of W^T W; and of that gradient
        the entry of the token itself. The values are as wide as the embeddings, and zeros up to H; what does
        not fit H is cut off.
    """
    g = Graph(f"gradient_{kind}", weights)
    H = spec.hidden_size
    ids = g.input("input_ids", INT64, ["E", "T"])
    segments = g.input("token_type_ids", INT64, ["E", "T"])
    mask = g.input("attention_mask", FLOAT, ["E", "T"])
    embedded, norm = embeddings(g, spec, ids, segments)
    count, tokens = g.op("Shape", ids, start=0, end=1), g.op("Shape", ids, start=1, end=2)
    ending = ending_of(g, spec, weights, Rows(lambda tensor: tensor, count, tokens))
    bias = attention_bias(g, mask)
    sizes = g.op("Concat", count, tokens, axis=0)
    at = None
    if ending.hot is not None:
        per_row = g.op("Shape", ending.hot, start=1, end=2)
        at = At(ending.hot, g.op("Concat", count, per_row, axis=0))
    x, saved = g.reshape(embedded, [-1, H]), []
    for layer in range(spec.num_layers):
        own = at if layer == spec.num_layers - 1 else None
        x, kept = block(g, spec, layer, x, sizes, bias, own)
        saved.append(kept)
    gradient = ending.gradient(x, sizes if at is None else at.sizes)
    for kept in reversed(saved):
        gradient = block_backward(g, spec, gradient, sizes, kept)
    gradient = g.op("Reshape", gradient, g.op("Shape", embedded))
    if kind == "input_x_gradient":
        gradient = g.op("Mul", gradient, embedded)
    elif kind == "one_hot":
        gradient = embeddings_backward(g, spec, gradient, norm)
    E = spec.embedding_size
    scores, signed = of_vocabulary(g, gradient, ids, E) if kind == "one_hot" else of_hidden(g, gradient)
    name = layer_name(EMBEDDINGS)
    g.output(scores, f"scores_{name}", FLOAT, ["E", "T"])
    g.output(signed, f"signed_{name}", FLOAT, ["E", "T"])
    if kind == "one_hot" and E != H:
        gradient = as_wide(g, gradient, E, H)
    g.output(gradient, f"values_{name}", FLOAT, ["E", "T", H])
    return g


def of_hidden(g: Graph, values: str) -> tuple[str, str]:
    """Return norms and sums over H."""
    last = g.constant([-1])
    return g.op("ReduceL2", values, last, keepdims=0), g.op("ReduceSum", values, last, keepdims=0)


def as_wide(g: Graph, values: str, width: int, wanted: int) -> str:
    """Cut ``[.., width]`` off, or fill it up with zeros, to ``[.., wanted]``."""
    last = g.constant([-1])
    if width > wanted:
        return g.op("Slice", values, g.constant([0]), g.constant([wanted]), last)
    return g.op("Pad", values, g.constant([0, wanted - width]), g.constant(0.0), last)


def of_vocabulary(g: Graph, gradient: str, ids: str, width: int) -> tuple[str, str]:
    """Return what the gradient of one-hot ids has for its norm, and at the token itself."""
    last = g.constant([-1])
    root = g.op("Gemm", g.reshape(gradient, [-1, width]), g.weight(WORD_ROOT))
    norms = g.op("ReduceL2", g.op("Reshape", root, g.op("Shape", gradient)), last, keepdims=0)
    words = g.op("Gather", g.weight("embeddings.word"), ids, axis=0)
    return norms, g.op("ReduceSum", g.op("Mul", gradient, words), last, keepdims=0)
