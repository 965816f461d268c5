"""Which graphs an export has."""

from __future__ import annotations

from collections.abc import Mapping

from bertqa_fast.graphs.builder import Graph
from bertqa_fast.graphs.class_head import num_classes, task_of
from bertqa_fast.graphs.composed import EMBEDDINGS, forward_graph, hidden_states_graph
from bertqa_fast.graphs.gradients import all_layers_graph, cut_graph
from bertqa_fast.graphs.masked import attend_graph, masked_graph, scale_heads_graph
from bertqa_fast.graphs.relevance import RULES, relevance_graph
from bertqa_fast.graphs.spec import EncoderSpec, TensorEntry
from bertqa_fast.graphs.sums import finish_graph, upload_graph, weigh_graph
from bertqa_fast.graphs.whole import KINDS, gradient_graph


def every_graph(spec: EncoderSpec, weights: Mapping[str, TensorEntry]) -> list[Graph]:
    """Build them all."""
    graphs = [hidden_states_graph(spec, weights), weigh_graph(spec), finish_graph(spec), upload_graph(spec)]
    layers = range(EMBEDDINGS, spec.num_layers)
    graphs += [forward_graph(spec, weights, layer) for layer in layers]
    # A classifier's last block knows no tokens but the first, whatever the target.
    for logits_only in (False,) if num_classes(weights) else (False, True):
        graphs += [cut_graph(spec, weights, layer, logits_only=logits_only) for layer in layers]
        graphs.append(all_layers_graph(spec, weights, logits_only=logits_only))
    graphs += [gradient_graph(spec, weights, kind) for kind in KINDS]
    graphs += [relevance_graph(spec, weights, rule, task_of(weights)) for rule in RULES]
    graphs.append(scale_heads_graph(spec))
    for layer in range(spec.num_layers):
        graphs += [attend_graph(spec, weights, layer), masked_graph(spec, weights, layer)]
    return graphs
