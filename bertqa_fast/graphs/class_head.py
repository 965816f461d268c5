"""The classification head: the first token is pooled and gives a logit for each class.

Pooled is the activation of a linear layer; a second linear layer gives the logits.

A target is a weighted sum over K classes c, such as one class minus its contrast::

    F = sum_k sign_k * ( a * z_c + b * p_c + c * log p_c )

with logits z and their softmax p. The weights are those that a reader's targets give to the start of a span
(:mod:`bertqa_fast.graphs.qa_head`), so that one vector of seven numbers serves both heads.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bertqa_fast.graphs.activations import ACTIVATIONS
from bertqa_fast.graphs.attention import At
from bertqa_fast.graphs.builder import FLOAT, Graph
from bertqa_fast.graphs.qa_head import pinned_softmax, softmax_seed
from bertqa_fast.graphs.spec import EncoderSpec, TensorEntry
from bertqa_fast.graphs.weights import TRANSPOSED


@dataclass(frozen=True)
class LabelInputs:
    """Tensors that pin a target, already gathered to one row of the batch each.

    ``label``: int64 ``[R, K]``; ``sign``: ``[R, K]``; ``mix``: ``[7]``; ``reselect``: bool ``[1]``, take the
    arg-max afresh in every row (ties share the gradient) in place of the pinned classes.
    """

    label: str
    sign: str
    mix: str
    reselect: str


def num_classes(weights: Mapping[str, TensorEntry]) -> int | None:
    """Return C, or None where the weights are those of another head."""
    entry = weights.get("classifier.weight")
    return None if entry is None else entry.shape[0]


def task_of(weights: Mapping[str, TensorEntry]) -> str:
    """Return the task of the head that the weights have."""
    return "question-answering" if num_classes(weights) is None else "text-classification"


def first_token(g: Graph, count: str, tokens: str) -> At:
    """Return the first token of every sequence; ``count`` and ``tokens`` are int64 ``[1]``, B and T."""
    with g.scope("first_token"):
        every = g.op("Range", g.constant(0), g.op("Squeeze", tokens), g.constant(1))
        first = g.op("Cast", g.op("Equal", every, g.constant(0)), to=FLOAT)
        one = g.constant([1])
        hot = g.op("Expand", first, g.op("Concat", count, one, tokens, axis=0))
        return At(hot, g.op("Concat", count, one, axis=0))


def class_logits(g: Graph, spec: EncoderSpec, x: str) -> tuple[str, str]:
    """Return logits ``[B, C]`` and the slope of pooling ``[B, H]``, given first tokens ``[B, H]``."""
    with g.scope("class_head"):
        dense = g.op("Gemm", x, g.weight("pooler.weight"), transB=1)
        pooled, slope = ACTIVATIONS[spec.pooled_activation](g, dense, g.weight("pooler.bias"))
        weight, bias = g.weight("classifier.weight"), g.weight("classifier.bias")
        return g.op("Gemm", pooled, weight, bias, transB=1), slope


def class_target_gradient(g: Graph, logits: str, target: LabelInputs) -> str:
    """Return dF/d(logits), ``[R, C]``."""
    with g.scope("class_target"):
        p, p_at, hot = pinned_softmax(g, logits, None, target.label, target.reselect)
        mix = g.op("Split", target.mix, outputs=7, axis=0, num_outputs=7)
        return softmax_seed(g, p, p_at, hot, None, target.sign, mix[0], mix[2], mix[4])


def class_logits_backward(g: Graph, d_logits: str, slope: str) -> str:
    """Return the gradient of the first tokens' states, ``[B, H]``, from that of the logits."""
    with g.scope("class_head_backward"):
        d_pooled = g.op("Gemm", d_logits, g.weight("classifier.weight"))
        # The second copy of the weight, for the reason that graphs/weights.py gives.
        return g.op("Gemm", g.op("Mul", d_pooled, slope), g.weight(f"pooler.weight{TRANSPOSED}"), transB=1)
