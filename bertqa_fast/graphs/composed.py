"""Whole graphs composed of the parts: hidden states, forward and gradient runs above a cut, sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bertqa_fast.graphs.block import SavedBlock, block, block_backward
from bertqa_fast.graphs.builder import BOOL, FLOAT, INT64, Dim, Graph
from bertqa_fast.graphs.embeddings import embeddings
from bertqa_fast.graphs.ends import interpolate, slopes, weighted_sum
from bertqa_fast.graphs.qa_head import (
    LOWEST,
    TargetInputs,
    qa_logits,
    qa_logits_backward,
    qa_target_gradient,
)
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


@dataclass(frozen=True)
class _Rows:
    """Rows on their way up from a cut: what both kinds of run above it begin with."""

    x: str  # hidden states [N, H]
    change: str
    sizes: str
    bias: str
    example: str


def _rows(g: Graph, spec: EncoderSpec) -> _Rows:
    hidden = g.input("hidden", FLOAT, ["E", "T", spec.hidden_size])
    baseline = g.input("baseline", FLOAT, ["E", "T", spec.hidden_size])
    mask = g.input("attention_mask", FLOAT, ["E", "T"])
    example = g.input("example", INT64, ["R"])
    alpha = g.input("alpha", FLOAT, ["R"])
    rows, change = interpolate(g, hidden, baseline, example, alpha)
    bias = attention_bias(g, g.op("Gather", mask, example, axis=0))
    sizes = g.op("Shape", rows, start=0, end=2)
    return _Rows(g.reshape(rows, [-1, spec.hidden_size]), change, sizes, bias, example)


def _logits(g: Graph, x: str, sizes: str) -> tuple[str, str]:
    start, end = qa_logits(g, x, sizes)
    g.output(start, "start_logits", FLOAT, ["R", "T"])
    g.output(end, "end_logits", FLOAT, ["R", "T"])
    return start, end


def forward_graph(spec: EncoderSpec, weights: Mapping[str, TensorEntry], layer: int) -> Graph:
    """Logits at points on the paths from the output of block ``layer`` (-1: of the embeddings).

    Inputs (E examples, R rows): ``hidden``, ``baseline`` ``[E, T, H]``, ``attention_mask`` ``[E, T]``,
    ``example`` int64 ``[R]``, ``alpha`` ``[R]``. Outputs: ``start_logits``, ``end_logits`` ``[R, T]``.
    """
    g = Graph(f"forward_{layer_name(layer)}", weights)
    rows = _rows(g, spec)
    x = rows.x
    for number in range(layer + 1, spec.num_layers):
        x, _ = block(g, spec, number, x, rows.sizes, rows.bias)
    _logits(g, x, rows.sizes)
    return g


def cut_graph(spec: EncoderSpec, weights: Mapping[str, TensorEntry], layer: int) -> Graph:
    """Gradients of the target at points on the paths from the output of block ``layer`` (-1: the embeddings).

    Rows are interpolated at the cut, run through the blocks above and the head, and the target's gradient is
    carried back to the cut. Nothing below the cut is computed.

    Inputs (E examples, R rows, K spans a target): those of :func:`forward_graph`, ``softmax_mask``
    ``[E, T]``, ``span_start``, ``span_end`` int64 ``[E, K]``, ``span_sign`` ``[E, K]``, ``target_mix``
    ``[7]``, ``reselect`` bool ``[1]``.
    Outputs: ``gradient`` ``[R, T, H]``, ``slopes`` ``[R, T]`` (what each token adds to dF/d(alpha)),
    ``start_logits``, ``end_logits`` ``[R, T]``.
    """
    H = spec.hidden_size
    g = Graph(f"cut_{layer_name(layer)}", weights)
    rows = _rows(g, spec)

    def rows_of(tensor: str) -> str:
        return g.op("Gather", tensor, rows.example, axis=0)

    softmax_mask = g.input("softmax_mask", FLOAT, ["E", "T"])
    span_start = g.input("span_start", INT64, ["E", "K"])
    span_end = g.input("span_end", INT64, ["E", "K"])
    span_sign = g.input("span_sign", FLOAT, ["E", "K"])
    mix = g.input("target_mix", FLOAT, [7])
    reselect = g.input("reselect", BOOL, [1])

    x = rows.x
    saved: list[SavedBlock] = []
    for number in range(layer + 1, spec.num_layers):
        x, kept = block(g, spec, number, x, rows.sizes, rows.bias)
        saved.append(kept)
    start, end = _logits(g, x, rows.sizes)
    target = TargetInputs(
        rows_of(span_start), rows_of(span_end), rows_of(span_sign), mix, reselect, rows_of(softmax_mask)
    )
    gradient = qa_logits_backward(g, *qa_target_gradient(g, start, end, target))
    for kept in reversed(saved):
        gradient = block_backward(g, spec, gradient, rows.sizes, kept)
    folded = g.op("Reshape", gradient, g.op("Concat", rows.sizes, g.constant([H]), axis=0))
    g.output(folded, "gradient", FLOAT, ["R", "T", H])
    g.output(slopes(g, folded, rows.change), "slopes", FLOAT, ["R", "T"])
    return g


def weigh_graph(spec: EncoderSpec) -> Graph:
    """Add weighted gradients to sums: the quadrature.

    Inputs (A sums, R rows): ``accumulator`` ``[A, T, H]``, ``weights`` ``[A, R]``, ``gradient``
    ``[R, T, H]``. Output: ``accumulated`` ``[A, T, H]``.
    """
    g = Graph("weigh", {})
    sums: list[Dim] = ["A", "T", spec.hidden_size]
    accumulator = g.input("accumulator", FLOAT, sums)
    row_weights = g.input("weights", FLOAT, ["A", "R"])
    gradient = g.input("gradient", FLOAT, ["R", "T", spec.hidden_size])
    g.output(weighted_sum(g, gradient, row_weights, accumulator), "accumulated", FLOAT, sums)
    return g


def finish_graph(spec: EncoderSpec) -> Graph:
    """Turn averaged gradients into attributions (Sundararajan et al. 2017, eq. 1).

    Inputs (E examples, A sums): ``hidden``, ``baseline`` ``[E, T, H]``, ``accumulated`` ``[A, T, H]``,
    ``example`` int64 ``[A]`` (whose sum it is). Outputs ``values`` = (x - x') * accumulated ``[A, T, H]``,
    ``scores`` (L2 norms over H) and ``signed`` (sums over H), ``[A, T]``.
    """
    g = Graph("finish", {})
    H = spec.hidden_size
    hidden, baseline = (g.input(name, FLOAT, ["E", "T", H]) for name in ("hidden", "baseline"))
    accumulated = g.input("accumulated", FLOAT, ["A", "T", H])
    example = g.input("example", INT64, ["A"])
    change = g.op("Gather", g.op("Sub", hidden, baseline), example, axis=0)
    values = g.op("Mul", change, accumulated)
    last = g.constant([-1])
    g.output(values, "values", FLOAT, ["A", "T", H])
    g.output(g.op("ReduceL2", values, last, keepdims=0), "scores", FLOAT, ["A", "T"])
    g.output(g.op("ReduceSum", values, last, keepdims=0), "signed", FLOAT, ["A", "T"])
    return g
