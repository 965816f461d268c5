"""Graphs of forward runs, composed of the parts: from ids, and from points on paths above a cut."""

from __future__ import annotations

from collections.abc import Mapping

from bertqa_fast.graphs.block import block
from bertqa_fast.graphs.builder import FLOAT, INT64, Graph
from bertqa_fast.graphs.class_head import first_token, num_classes
from bertqa_fast.graphs.embeddings import embeddings
from bertqa_fast.graphs.endings import read_out
from bertqa_fast.graphs.ends import interpolate
from bertqa_fast.graphs.qa_head import LOWEST
from bertqa_fast.graphs.spec import EncoderSpec, TensorEntry

EMBEDDINGS = -1  # the number of the embedding layer: layer l is the output of block l


def layer_name(layer: int) -> str:
    """Name a layer in files and tensors: ``embeddings``, ``0``, ``1`` and so on."""
    return "embeddings" if layer == EMBEDDINGS else str(layer)


def attention_bias(g: Graph, mask: str) -> str:
    """Turn a mask ``[B, T]`` (1 attends) into the bias ``[B, 1, 1, T]`` that is added to attention scores.

    The lowest float, as transformers uses, and not -10000: two such terms cannot cancel.
    """
    bias = g.op("Mul", g.op("Sub", g.constant(1.0), mask), g.constant(LOWEST))
    return g.op("Unsqueeze", bias, g.constant([1, 2]))


def hidden_states_graph(spec: EncoderSpec, weights: Mapping[str, TensorEntry]) -> Graph:
    """Embeddings, every block and the head.

    Inputs ``input_ids``, ``token_type_ids`` int64 ``[B, T]``, ``attention_mask`` ``[B, T]``; outputs
    ``hidden_embeddings``, ``hidden_0`` … ``[B, T, H]``, and a reader's ``start_logits``, ``end_logits``
    ``[B, T]`` or a classifier's ``class_logits`` ``[B, C]``.
    """
    g = Graph("hidden_states", weights)
    ids = g.input("input_ids", INT64, ["B", "T"])
    segments = g.input("token_type_ids", INT64, ["B", "T"])
    mask = g.input("attention_mask", FLOAT, ["B", "T"])
    embedded, _ = embeddings(g, spec, ids, segments)
    g.output(embedded, f"hidden_{layer_name(EMBEDDINGS)}", FLOAT, ["B", "T", spec.hidden_size])
    sizes = g.op("Shape", ids)
    bias = attention_bias(g, mask)
    x = g.reshape(embedded, [-1, spec.hidden_size])
    back = g.op("Concat", sizes, g.constant([spec.hidden_size]), axis=0)
    for layer in range(spec.num_layers):
        x, _ = block(g, spec, layer, x, sizes, bias)
        folded = g.op("Reshape", x, back)
        g.output(folded, f"hidden_{layer_name(layer)}", FLOAT, ["B", "T", spec.hidden_size])
    read_out(g, spec, weights, x, sizes, "B")
    return g


def forward_graph(spec: EncoderSpec, weights: Mapping[str, TensorEntry], layer: int) -> Graph:
    """Logits at points on the paths from the output of block ``layer`` (-1: of the embeddings).

    Inputs (E examples, R rows): ``hidden``, ``baseline`` ``[E, T, H]``, ``attention_mask`` ``[E, T]``,
    ``example`` int64 ``[R]``, ``alpha`` ``[R]``. Outputs: ``start_logits``, ``end_logits`` ``[R, T]``, or
    ``class_logits`` ``[R, C]``.
    """
    g = Graph(f"forward_{layer_name(layer)}", weights)
    hidden = g.input("hidden", FLOAT, ["E", "T", spec.hidden_size])
    baseline = g.input("baseline", FLOAT, ["E", "T", spec.hidden_size])
    mask = g.input("attention_mask", FLOAT, ["E", "T"])
    example = g.input("example", INT64, ["R"])
    alpha = g.input("alpha", FLOAT, ["R"])
    rows, _ = interpolate(g, hidden, baseline, example, alpha)
    bias = attention_bias(g, g.op("Gather", mask, example, axis=0))
    sizes = g.op("Shape", rows, start=0, end=2)
    x = g.reshape(rows, [-1, spec.hidden_size])
    at = None
    for number in range(layer + 1, spec.num_layers):
        if num_classes(weights) and number == spec.num_layers - 1:
            at = first_token(g, g.op("Shape", example), g.op("Shape", rows, start=1, end=2))
        x, _ = block(g, spec, number, x, sizes, bias, at)
    read_out(g, spec, weights, x, sizes, "R", first_only=at is not None)
    return g
