"""The heads: logits, what relevance pinned logits begin with, and its way to the last block's output."""

from __future__ import annotations

from dataclasses import dataclass

from bertqa_fast.graphs.activations import ACTIVATIONS
from bertqa_fast.graphs.builder import FLOAT, INT64, Graph
from bertqa_fast.graphs.qa_head import LOWEST
from bertqa_fast.graphs.relevance.kept import fold
from bertqa_fast.graphs.relevance.rules import LinearLayer, LinearRule
from bertqa_fast.graphs.spec import EncoderSpec


@dataclass(frozen=True)
class Ids:
    """What a model reads: ``mask`` ``[B, T]``, and ``sizes``, int64 ``[2]``: (B, T)."""

    mask: str
    sizes: str


def class_head(g: Graph, spec: EncoderSpec, linear: LinearRule, x: str, ids: Ids) -> tuple[str, str]:
    """Pooler and classifier: logits = W_c f(W_p h_0 + b_p) + b_c, with the activation f passing relevance on.

    Adds the inputs ``label`` int64 ``[B]`` and ``seed`` ``[3]`` and the output ``class_logits`` ``[B, C]``.
    Returns the relevance of ``x`` ``[N, H]`` (the first token's alone is not 0) and the initial one ``[B]``.
    """
    label, seed = g.input("label", INT64, ["B"]), g.input("seed", FLOAT, [3])
    with g.scope("class_head"):
        first = g.op("Gather", fold(g, x, ids.sizes, [spec.hidden_size]), g.constant(0), axis=1)
        product, shift = g.op("Gemm", first, g.weight("pooler.weight"), transB=1), g.weight("pooler.bias")
        pooled, _ = ACTIVATIONS[spec.pooled_activation](g, product, shift)
        dense = g.op("Add", product, shift)
        weight, bias = g.weight("classifier.weight"), g.weight("classifier.bias")
        logits = g.op("Gemm", pooled, weight, bias, transB=1)
    with g.scope("class_head_relevance"):
        initial, relevance = _pinned(g, logits, g.op("Softmax", logits, axis=-1), label, seed)
        relevance = linear(g, LinearLayer(pooled, weight, bias, logits), relevance)
        pooler = LinearLayer(first, g.weight("pooler.weight"), shift, dense)
        relevance = linear(g, pooler, relevance)
        every = _range(g, g.op("Gather", ids.sizes, g.constant([1]), axis=0))
        at_first = g.op("Cast", g.op("Equal", every, g.constant(0)), to=FLOAT)
        spread = g.op(
            "Mul", g.op("Unsqueeze", relevance, g.constant([1])), g.op("Unsqueeze", at_first, g.constant([1]))
        )
    g.output(logits, "class_logits", FLOAT, ["B", "C"])
    return g.reshape(spread, [-1, spec.hidden_size]), initial


def span_head(g: Graph, spec: EncoderSpec, linear: LinearRule, x: str, ids: Ids) -> tuple[str, str]:
    """Two logits of every token, whose softmax leaves padding out.

    Adds the inputs ``span_start``, ``span_end`` int64 ``[B]`` and ``seed`` ``[3]`` and the outputs
    ``start_logits``, ``end_logits`` ``[B, T]``. Returns the relevance of ``x`` ``[N, H]`` and the initial
    one ``[B]``, that of the start logit plus that of the end logit.
    """
    pinned = [g.input(name, INT64, ["B"]) for name in ("span_start", "span_end")]
    seed = g.input("seed", FLOAT, [3])
    last = g.constant([2])
    with g.scope("qa_head"):
        weight, bias = g.weight("qa.weight"), g.weight("qa.bias")
        logits = g.op("Gemm", x, weight, bias, transB=1)
        ends = g.op("Split", fold(g, logits, ids.sizes, [2]), outputs=2, axis=2, num_outputs=2)
        start, end = (g.op("Squeeze", side, last) for side in ends)
    with g.scope("qa_head_relevance"):
        away = g.op("Mul", g.op("Sub", g.constant(1.0), ids.mask), g.constant(LOWEST))
        initials, sides = [], []
        for side, index in zip((start, end), pinned, strict=True):
            probabilities = g.op("Softmax", g.op("Add", side, away), axis=-1)
            initial, relevance = _pinned(g, side, probabilities, index, seed)
            initials.append(initial)
            sides.append(g.op("Unsqueeze", relevance, last))
        stacked = g.reshape(g.op("Concat", *sides, axis=2), [-1, 2])
        relevance = linear(g, LinearLayer(x, weight, bias, logits, sizes=ids.sizes), stacked)
    g.output(start, "start_logits", FLOAT, ["B", "T"])
    g.output(end, "end_logits", FLOAT, ["B", "T"])
    return relevance, g.op("Add", *initials)


def _pinned(g: Graph, logits: str, probabilities: str, index: str, seed: str) -> tuple[str, str]:
    """Return seed . (logit, probability, 1) at ``index`` ``[B]``, and the same among zeros, ``[B, C]``."""
    one, last = g.constant([1]), g.constant([-1])
    every = _range(g, g.op("Shape", logits, start=1, end=2))
    hot = g.op("Cast", g.op("Equal", g.op("Unsqueeze", index, one), every), to=FLOAT)
    found = [g.op("ReduceSum", g.op("Mul", hot, each), last, keepdims=1) for each in (logits, probabilities)]
    ones = g.op("ReduceSum", hot, last, keepdims=1)
    initial = g.op("MatMul", g.op("Concat", *found, ones, axis=1), seed)
    return initial, g.op("Mul", hot, g.op("Unsqueeze", initial, one))


def _range(g: Graph, size: str) -> str:
    """Return 0, 1, … up to ``size``, int64 ``[1]``."""
    return g.op("Range", g.constant(0), g.op("Squeeze", size, g.constant([0])), g.constant(1))
