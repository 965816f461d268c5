"""The question-answering head: span logits, and the gradient of every target with respect to them.

A target is a weighted sum over K spans (i, j), such as one span minus its contrast::

    F = sum_k sign_k * ( a . [s_i, e_j] + b . [p_i, q_j] + c . [log p_i, log q_j] + d * p_i q_j )

with start and end logits s and e and their softmax p and q. The seven numbers (a, b, c: one for start and one
for end; d) are an input of the graph, so that one graph serves every target of the public interface. The
value of F itself is worked out in float64 from the logits by the engine (``csrc/engine/target.hpp``).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bertqa_fast.graphs.builder import FLOAT, Graph

LOWEST = float(np.finfo(np.float32).min)


@dataclass(frozen=True)
class TargetInputs:
    """Tensors that pin a target, already gathered to one row of the batch each.

    ``start``, ``end``: int64 ``[R, K]``; ``sign``: ``[R, K]``; ``mix``: ``[7]``; ``reselect``: bool ``[1]``,
    take the arg-max afresh in every row (ties share the gradient) in place of the pinned positions;
    ``softmax_mask``: ``[R, T]``, 1 where a position takes part in the softmax.
    """

    start: str
    end: str
    sign: str
    mix: str
    reselect: str
    softmax_mask: str


def qa_logits(g: Graph, x: str, sizes: str) -> tuple[str, str]:
    """Return start and end logits ``[B, T]`` of hidden states ``[N, H]``."""
    with g.scope("qa_head"):
        logits = g.op("Gemm", x, g.weight("qa.weight"), g.weight("qa.bias"), transB=1)
        folded = g.op("Reshape", logits, g.op("Concat", sizes, g.constant([2]), axis=0))
        start, end = g.op("Split", folded, outputs=2, axis=2, num_outputs=2)
        last = g.constant([2])
        return g.op("Squeeze", start, last), g.op("Squeeze", end, last)


def qa_target_gradient(g: Graph, start_logits: str, end_logits: str, target: TargetInputs) -> tuple[str, str]:
    """Return dF/d(start logits) and dF/d(end logits), ``[R, T]`` each."""
    with g.scope("qa_target"):
        bias = g.op("Mul", g.op("Sub", g.constant(1.0), target.softmax_mask), g.constant(LOWEST))
        p, p_at, start_hot = pinned_softmax(g, start_logits, bias, target.start, target.reselect)
        q, q_at, end_hot = pinned_softmax(g, end_logits, bias, target.end, target.reselect)
        mix = g.op("Split", target.mix, outputs=7, axis=0, num_outputs=7)
        both = g.op("Mul", g.op("Mul", p_at, q_at), mix[6])
        d_start = softmax_seed(g, p, p_at, start_hot, both, target.sign, mix[0], mix[2], mix[4])
        d_end = softmax_seed(g, q, q_at, end_hot, both, target.sign, mix[1], mix[3], mix[5])
        return d_start, d_end


def pinned_softmax(
    g: Graph, logits: str, bias: str | None, index: str, reselect: str
) -> tuple[str, str, str]:
    """Softmax ``[R, T]``, its value at the pinned positions ``[R, K]`` and their indicator ``[R, K, T]``.

    ``bias`` ``[R, T]`` is added to the logits first.
    """
    p = g.op("Softmax", logits if bias is None else g.op("Add", logits, bias), axis=-1)
    length = g.op("Squeeze", g.op("Shape", logits, start=1, end=2), g.constant([0]))
    positions = g.op("Range", g.constant(0), length, g.constant(1))
    pinned = g.op("Cast", g.op("Equal", g.op("Unsqueeze", index, g.constant([2])), positions), to=FLOAT)
    largest = g.op("ReduceMax", p, g.constant([-1]), keepdims=1)
    tied = g.op("Cast", g.op("Equal", p, largest), to=FLOAT)
    tied = g.op("Div", tied, g.op("ReduceSum", tied, g.constant([-1]), keepdims=1))
    hot = g.op("Where", reselect, g.op("Unsqueeze", tied, g.constant([1])), pinned)
    at = g.op(
        "ReduceSum", g.op("Mul", hot, g.op("Unsqueeze", p, g.constant([1]))), g.constant([-1]), keepdims=0
    )
    return p, at, hot


def softmax_seed(
    g: Graph, p: str, p_at: str, hot: str, both: str | None, sign: str, logit: str, probability: str, log: str
) -> str:
    """Return the gradient of one side's logits, ``[R, T]``, from what :func:`pinned_softmax` gives.

    ``logit``, ``probability`` and ``log`` are the target's weights ``[1]``, ``both`` ``[R, K]`` what the
    product of two probabilities adds.
    """
    # d p_i / d z = p_i (1_i - p) and d log p_i / d z = 1_i - p: all but the logit are multiples of 1_i - p.
    # At the pinned position that is written as the sum of the other probabilities: where the answer is all
    # but sure, 1 - p would have lost its digits.
    everywhere = g.op("Unsqueeze", p, g.constant([1]))
    others = g.op("Mul", g.op("Sub", g.constant(1.0), hot), everywhere)  # [R, K, T]
    rest = g.op("ReduceSum", others, g.constant([-1]), keepdims=1)
    deviation = g.op("Sub", g.op("Mul", hot, rest), others)
    through_softmax = g.op("Add", g.op("Mul", p_at, probability), log)  # [R, K]
    if both is not None:
        through_softmax = g.op("Add", through_softmax, both)
    last = g.constant([2])
    bent = g.op("Mul", g.op("Unsqueeze", through_softmax, last), deviation)
    each = g.op("Add", bent, g.op("Mul", hot, logit))
    signed = g.op("Mul", g.op("Unsqueeze", sign, last), each)
    return g.op("ReduceSum", signed, g.constant([1]), keepdims=0)


def qa_logits_backward(g: Graph, d_start: str, d_end: str) -> str:
    """Return the gradient of the hidden states ``[N, H]`` from those of the logits ``[B, T]``."""
    with g.scope("qa_head_backward"):
        last = g.constant([2])
        stacked = g.op("Concat", g.op("Unsqueeze", d_start, last), g.op("Unsqueeze", d_end, last), axis=2)
        return g.op("Gemm", g.reshape(stacked, [-1, 2]), g.weight("qa.weight"))


def span_logits(g: Graph, x: str, spans: str) -> tuple[str, str]:
    """Return the logits ``[R, K]`` at the starts and at the ends of spans.

    ``x`` holds hidden states at both, ``[R * 2K, H]``: of every row K starts, then K ends. ``spans`` is int64
    ``[2]``: (R, K).
    """
    with g.scope("qa_head"):
        logits = g.op("Gemm", x, g.weight("qa.weight"), g.weight("qa.bias"), transB=1)
        rows, count = g.op("Split", spans, outputs=2, axis=0, num_outputs=2)
        four = g.op("Concat", rows, g.constant([2]), count, g.constant([2]), axis=0)
        starts, ends = g.op("Split", g.op("Reshape", logits, four), outputs=2, axis=1, num_outputs=2)
        start = g.op("Gather", starts, g.constant(0), axis=3)
        end = g.op("Gather", ends, g.constant(1), axis=3)
        return g.op("Squeeze", start, g.constant([1])), g.op("Squeeze", end, g.constant([1]))


def span_logits_backward(g: Graph, sign: str, mix: str) -> str:
    """Return the gradient of the hidden states that `span_logits` takes, of a target without softmax.

    F is linear in them: sign_k * a. ``sign`` is ``[R, K]``.
    """
    with g.scope("qa_head_backward"):
        start, end = g.op("Split", g.op("Gather", mix, g.constant([0, 1]), axis=0), outputs=2, num_outputs=2)
        nothing = g.op("Mul", sign, g.constant(0.0))
        of_starts = g.op("Concat", g.op("Mul", sign, start), nothing, axis=1)
        of_ends = g.op("Concat", nothing, g.op("Mul", sign, end), axis=1)
        last = g.constant([2])
        stacked = g.op("Concat", g.op("Unsqueeze", of_starts, last), g.op("Unsqueeze", of_ends, last), axis=2)
        return g.op("Gemm", g.reshape(stacked, [-1, 2]), g.weight("qa.weight"))
