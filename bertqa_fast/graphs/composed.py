"""Whole graphs composed of the parts: ``hidden_states``, ``cut_<l>`` and ``finish``."""

from __future__ import annotations

from collections.abc import Mapping

from bertqa_fast.graphs.block import SavedBlock, block, block_backward
from bertqa_fast.graphs.builder import BOOL, FLOAT, INT64, Dim, Graph, TensorEntry
from bertqa_fast.graphs.embeddings import embeddings
from bertqa_fast.graphs.ends import interpolate, weighted_sum
from bertqa_fast.graphs.qa_head import (
    LOWEST,
    TargetInputs,
    qa_logits,
    qa_logits_backward,
    qa_target_gradient,
)
from bertqa_fast.graphs.spec import EncoderSpec

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
    ``hidden_embeddings``, ``hidden_0`` … ``[B, T, H]``, ``start_logits``, ``end_logits`` ``[B, T]``.
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
    start, end = qa_logits(g, x, sizes)
    g.output(start, "start_logits", FLOAT, ["B", "T"])
    g.output(end, "end_logits", FLOAT, ["B", "T"])
    return g


def cut_graph(spec: EncoderSpec, weights: Mapping[str, TensorEntry], layer: int) -> Graph:
    """Integrated gradients at the output of block ``layer`` (-1: of the embeddings).

    Rows are interpolated at the cut, run through the blocks above and the head, and the target's gradient is
    carried back to the cut and added up with weights. Nothing below the cut is computed.

    Inputs (E examples, R rows, K spans a target): ``hidden``, ``baseline``, ``accumulator`` ``[E, T, H]``,
    ``attention_mask``, ``softmax_mask`` ``[E, T]``, ``example`` int64 ``[R]``, ``alpha`` ``[R]``, ``weights``
    ``[E, R]``, ``span_start``, ``span_end`` int64 ``[E, K]``, ``span_sign`` ``[E, K]``,
    ``target_mix`` ``[7]``, ``reselect`` bool ``[1]``.
    Outputs: ``accumulated`` ``[E, T, H]``, ``start_logits``, ``end_logits`` ``[R, T]``.
    """
    H = spec.hidden_size
    g = Graph(f"cut_{layer_name(layer)}", weights)
    hidden = g.input("hidden", FLOAT, ["E", "T", H])
    baseline = g.input("baseline", FLOAT, ["E", "T", H])
    accumulator = g.input("accumulator", FLOAT, ["E", "T", H])
    mask = g.input("attention_mask", FLOAT, ["E", "T"])
    softmax_mask = g.input("softmax_mask", FLOAT, ["E", "T"])
    example = g.input("example", INT64, ["R"])
    alpha = g.input("alpha", FLOAT, ["R"])
    row_weights = g.input("weights", FLOAT, ["E", "R"])
    span_start = g.input("span_start", INT64, ["E", "K"])
    span_end = g.input("span_end", INT64, ["E", "K"])
    span_sign = g.input("span_sign", FLOAT, ["E", "K"])
    mix = g.input("target_mix", FLOAT, [7])
    reselect = g.input("reselect", BOOL, [1])

    def rows_of(tensor: str) -> str:
        return g.op("Gather", tensor, example, axis=0)

    rows = interpolate(g, hidden, baseline, example, alpha)
    sizes = g.op("Shape", rows, start=0, end=2)
    bias = attention_bias(g, rows_of(mask))
    x = g.reshape(rows, [-1, H])
    saved: list[SavedBlock] = []
    for number in range(layer + 1, spec.num_layers):
        x, kept = block(g, spec, number, x, sizes, bias)
        saved.append(kept)
    start, end = qa_logits(g, x, sizes)
    g.output(start, "start_logits", FLOAT, ["R", "T"])
    g.output(end, "end_logits", FLOAT, ["R", "T"])
    target = TargetInputs(
        rows_of(span_start), rows_of(span_end), rows_of(span_sign), mix, reselect, rows_of(softmax_mask)
    )
    d_start, d_end = qa_target_gradient(g, start, end, target)
    # A row of no weight is there for its logits. Its gradient may overflow (a baseline of equal rows can make
    # every LayerNorm above divide by almost nothing), and 0 times infinity must not reach the sum.
    size = g.op("ReduceMax", g.op("Abs", row_weights), g.constant([0]), keepdims=0)
    live = g.op("Unsqueeze", g.op("Cast", g.op("Greater", size, g.constant(0.0)), to=FLOAT), g.constant([1]))
    gradient = qa_logits_backward(g, g.op("Mul", d_start, live), g.op("Mul", d_end, live))
    for kept in reversed(saved):
        gradient = block_backward(g, spec, gradient, sizes, kept)
    accumulated = weighted_sum(g, gradient, row_weights, accumulator)
    g.output(accumulated, "accumulated", FLOAT, ["E", "T", H])
    return g


def finish_graph(spec: EncoderSpec) -> Graph:
    """Turn the averaged gradient into attributions (Sundararajan et al. 2017, eq. 1).

    Inputs ``hidden``, ``baseline``, ``accumulated`` ``[E, T, H]``. Outputs ``values`` = (x - x') *
    accumulated ``[E, T, H]``, ``scores`` (L2 norms over H) and ``signed`` (sums over H), ``[E, T]``.
    """
    g = Graph("finish", {})
    shape: list[Dim] = ["E", "T", spec.hidden_size]
    hidden, baseline, accumulated = (g.input(n, FLOAT, shape) for n in ("hidden", "baseline", "accumulated"))
    values = g.op("Mul", g.op("Sub", hidden, baseline), accumulated)
    last = g.constant([-1])
    g.output(values, "values", FLOAT, shape)
    g.output(g.op("ReduceL2", values, last, keepdims=0), "scores", FLOAT, ["E", "T"])
    g.output(g.op("ReduceSum", values, last, keepdims=0), "signed", FLOAT, ["E", "T"])
    return g
