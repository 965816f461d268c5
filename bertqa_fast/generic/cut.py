"""Cut a traced graph: the nodes between some of its tensors and others."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import onnx
from onnx import helper

from bertqa_fast.generic.trace import INPUTS, WORD, Trace, state_name

_IDS = INPUTS[:2]


@dataclass(frozen=True)
class Part:
    """Nodes, in order, that take ``inputs`` (weights and constants aside) and make ``outputs``."""

    nodes: list[onnx.NodeProto]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]


def below(trace: Trace, wanted: Sequence[str]) -> Part:
    """Return what makes some tensors from the ids."""
    return Part(_between(trace, (), wanted), INPUTS, tuple(wanted))


def above_word(trace: Trace) -> Part:
    """Return what makes the logits from what the word embeddings give; positions may still need the ids."""
    return Part(_between(trace, (WORD,), trace.logits), (WORD, *INPUTS), trace.logits)


def above(trace: Trace, layer: int) -> Part:
    """Return what makes the logits from the hidden states of a layer, and from the mask, alone.

    Raises
    ------
    ValueError
        The blocks above it read the ids, or do not read these hidden states.
    """
    state = state_name(layer)
    nodes = _between(trace, (state,), trace.logits)
    nodes = [_of_state(node, state) for node in nodes]
    used = {name for node in nodes for name in node.input}
    at = "the embeddings" if layer < 0 else f"block {layer}"
    if state not in used or not used.isdisjoint(_IDS):
        raise ValueError(
            f"source: what lies above {at} depends on more than the hidden states there; the generic path "
            "cannot cut the model"
        )
    return Part(nodes, (state, INPUTS[2]), trace.logits)


def _between(trace: Trace, given: Collection[str], wanted: Sequence[str]) -> list[onnx.NodeProto]:
    needed = set(wanted)
    nodes: list[onnx.NodeProto] = []
    for node in reversed(trace.graph.node):
        made = needed.intersection(node.output).difference(given)
        if made:
            if any(attribute.HasField("g") or attribute.graphs for attribute in node.attribute):
                raise ValueError(f"source: the operator {node.op_type} has a graph inside, which is not cut")
            needed.update(name for name in node.input if name)
            nodes.append(node)
    return nodes[::-1]


def _of_state(node: onnx.NodeProto, state: str) -> onnx.NodeProto:
    """Ask the hidden states for the sizes [B, T] where the ids were asked."""
    if node.op_type != "Shape" or node.input[0] not in _IDS:
        return node
    given = {attribute.name: attribute.i for attribute in node.attribute}
    start, end, _ = slice(given.get("start"), given.get("end")).indices(2)
    return helper.make_node("Shape", [state], list(node.output), name=node.name, start=start, end=end)
