"""The graph of a rule: forward with everything kept, then relevance from pinned logits to every layer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bertqa_fast.graphs.builder import FLOAT, INT64, Graph
from bertqa_fast.graphs.composed import EMBEDDINGS, attention_bias, layer_name
from bertqa_fast.graphs.embeddings import embeddings
from bertqa_fast.graphs.relevance.attention import attention_as_given, attention_attn_lrp
from bertqa_fast.graphs.relevance.block import BlockRule, Layerwise
from bertqa_fast.graphs.relevance.heads import Ids, class_head, span_head
from bertqa_fast.graphs.relevance.kept import KeptBlock, fold, kept_block
from bertqa_fast.graphs.relevance.rules import LinearRule, alpha_beta_linear, epsilon_linear
from bertqa_fast.graphs.relevance.wu_ong import wu_ong_block, wu_ong_linear
from bertqa_fast.graphs.spec import EncoderSpec, TensorEntry

Head = Callable[[Graph, EncoderSpec, LinearRule, str, Ids], tuple[str, str]]


@dataclass(frozen=True)
class Rule:
    """How relevance passes the linear layers of a head, and how a block."""

    linear: LinearRule
    block: BlockRule


def _layerwise(rule: Layerwise) -> Rule:
    return Rule(rule.linear, rule.block)


RULES: dict[str, Rule] = {
    "epsilon": _layerwise(Layerwise(epsilon_linear, attention_as_given)),
    "alpha_beta": _layerwise(Layerwise(alpha_beta_linear, attention_as_given)),
    "wu_ong": Rule(wu_ong_linear, wu_ong_block),
    "attn_lrp": _layerwise(Layerwise(epsilon_linear, attention_attn_lrp)),
}
"""By name; ``docs/relevance.md`` has the equations."""

HEADS: dict[str, Head] = {"text-classification": class_head, "question-answering": span_head}


def relevance_graph(spec: EncoderSpec, weights: Mapping[str, TensorEntry], rule: str, head: str) -> Graph:
    """Relevance of every token at every layer by ``rule``, in one pass: ``relevance_<rule>``.

    Inputs: ``input_ids``, ``token_type_ids`` int64 ``[B, T]``, ``attention_mask`` ``[B, T]``; ``label`` int64
    ``[B]`` for classes, ``span_start``, ``span_end`` int64 ``[B]`` for readers; ``seed`` ``[3]``: each pinned
    logit begins with the relevance seed . (logit, probability, 1), in that unit (logits or probability).

    Outputs: ``class_logits`` ``[B, C]``, or ``start_logits``, ``end_logits`` ``[B, T]``; ``initial`` ``[B]``,
    what all pinned logits began with; and for every layer, ``embeddings`` (the LayerNorm's output) and 0 to
    L-1 (the block's output), ``values_<layer>`` ``[B, T, H]``, the relevance R itself, ``scores_<layer>`` and
    ``signed_<layer>`` ``[B, T]``, the sums over H of |R| and of R. R is 0 at padding, and padding changes it
    nowhere else. With ``attn_lrp`` also ``softmax_gap_<block>`` ``[B]``: what the softmax of that block added
    to the sum of R.

    Raises
    ------
    ValueError
        For an unknown rule or head.
    """
    for name, got, known in (("rule", rule, RULES), ("head", head, HEADS)):
        if got not in known:
            raise ValueError(f"{name}: got {got!r}, wanted one of: {', '.join(known)}")
    g = Graph(f"relevance_{rule}", weights)
    ids = g.input("input_ids", INT64, ["B", "T"])
    segments = g.input("token_type_ids", INT64, ["B", "T"])
    mask = g.input("attention_mask", FLOAT, ["B", "T"])
    embedded, _ = embeddings(g, spec, ids, segments)
    sizes = g.op("Shape", ids)
    bias = attention_bias(g, mask)
    x = g.reshape(embedded, [-1, spec.hidden_size])
    blocks: list[KeptBlock] = []
    for layer in range(spec.num_layers):
        blocks.append(kept_block(g, spec, layer, x, sizes, bias))
        x = blocks[-1].y
    relevance, initial = HEADS[head](g, spec, RULES[rule].linear, x, Ids(mask, sizes))
    g.output(initial, "initial", FLOAT, ["B"])
    for kept in reversed(blocks):
        _outputs(g, spec, relevance, kept.layer, sizes)
        relevance, gap = RULES[rule].block(g, spec, relevance, kept, sizes)
        if gap is not None:
            g.output(gap, f"softmax_gap_{kept.layer}", FLOAT, ["B"])
    _outputs(g, spec, relevance, EMBEDDINGS, sizes)
    return g


def _outputs(g: Graph, spec: EncoderSpec, relevance: str, layer: int, sizes: str) -> None:
    name, last = layer_name(layer), g.constant([-1])
    values = fold(g, relevance, sizes, [spec.hidden_size])
    g.output(values, f"values_{name}", FLOAT, ["B", "T", spec.hidden_size])
    g.output(g.op("ReduceSum", g.op("Abs", values), last, keepdims=0), f"scores_{name}", FLOAT, ["B", "T"])
    g.output(g.op("ReduceSum", values, last, keepdims=0), f"signed_{name}", FLOAT, ["B", "T"])
