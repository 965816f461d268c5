"""The backward of a part of a graph, by reverse-mode differentiation of its nodes (onnx-ad)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

from bertqa_fast.families.base import Array
from bertqa_fast.generic.cut import Part
from bertqa_fast.generic.trace import Trace
from bertqa_fast.graphs.builder import IR_VERSION, OPSET

SEED = "adj_"  # begins the names of the gradients of logits, which have a last axis of one


@dataclass(frozen=True)
class Derivative:
    """A part and its backward.

    Attributes
    ----------
    nodes : list of onnx.NodeProto
        Forward and backward, in order. They take the part's inputs, and ``adj_<logits>`` of the shape of the
        logits with a last axis of one.
    gradient : str
        The gradient of the part's first input, with a last axis of one.
    logits : tuple of str
        The part's outputs.
    constants : dict of str to array
        What the nodes need beside weights and the trace's own constants.
    weights : dict of str to float32 array
        Weights that the backward wants in another order: transposed ones.
    types : dict of str to int
        Element types of tensors, as far as they are known.
    """

    nodes: list[onnx.NodeProto]
    gradient: str
    logits: tuple[str, ...]
    constants: dict[str, Any]
    weights: dict[str, Array]
    types: dict[str, int]


def differentiate(trace: Trace, part: Part) -> Derivative:
    """Make the backward of a part, with respect to its first input.

    Raises
    ------
    ValueError
        onnx-ad has no rule for an operator that the gradient goes through.
    """
    from onnx_ad import UnsupportedOperator, reverse

    state = part.inputs[0]
    model = _model_of(trace, part)
    known = {tensor.name for tensor in model.graph.initializer}
    try:
        result = reverse(model, inputs=[state], outputs=list(part.outputs), prefix=SEED, layout="onnx")
    except UnsupportedOperator as error:
        raise ValueError(f"source: the model cannot be differentiated ({error})") from error
    constants = {
        tensor.name: numpy_helper.to_array(tensor)
        for tensor in result.graph.initializer
        if tensor.name not in known
    }
    nodes, turned = _turn_weights(result.graph.node, trace.weights)
    return Derivative(nodes, SEED + state, part.outputs, constants, turned, element_types(result))


def element_types(model: onnx.ModelProto) -> dict[str, int]:
    """Return the element types of tensors, as far as inference knows them."""
    graph = onnx.shape_inference.infer_shapes(model).graph
    values = [*graph.value_info, *graph.input, *graph.output]
    types = {value.name: value.type.tensor_type.elem_type for value in values}
    return types | {tensor.name: tensor.data_type for tensor in graph.initializer}


def element_types_of(trace: Trace) -> dict[str, int]:
    """Return the element types of a trace's tensors."""
    names = [output.name for output in trace.graph.output]
    inputs = tuple(value.name for value in trace.graph.input if value.name not in trace.weights)
    return element_types(_model_of(trace, Part(list(trace.graph.node), inputs, tuple(names))))


def _model_of(trace: Trace, part: Part) -> onnx.ModelProto:
    used = {name for node in part.nodes for name in node.input}
    declared = {value.name: value for value in [*trace.graph.value_info, *trace.graph.output]}
    declared |= {value.name: value for value in trace.graph.input}
    inputs = [declared[name] for name in [*part.inputs, *trace.weights] if name in used]
    constants = [
        numpy_helper.from_array(array, name) for name, array in trace.constants.items() if name in used
    ]
    inside = {name for node in part.nodes for name in node.output} - set(part.outputs)
    graph = helper.make_graph(
        part.nodes,
        "part",
        inputs,
        [declared[name] for name in part.outputs],
        constants,
        value_info=[declared[name] for name in sorted(inside) if name in declared],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)


def _turn_weights(nodes: Any, weights: Mapping[str, Array]) -> tuple[list[onnx.NodeProto], dict[str, Array]]:
    """Take transposed weights out of the nodes: one copy in the weight file, not one in every session."""
    turned: dict[str, Array] = {}
    renamed: dict[str, str] = {}
    kept: list[onnx.NodeProto] = []
    for node in nodes:
        if node.op_type == "Transpose" and node.input[0] in weights:
            array = weights[node.input[0]]
            given = {attribute.name: list(attribute.ints) for attribute in node.attribute}
            order = given.get("perm", list(range(array.ndim))[::-1])
            name = f"{node.input[0]}/{'-'.join(map(str, order))}"
            turned[name] = np.transpose(array, order)
            renamed[node.output[0]] = name
            continue
        node.input[:] = [renamed.get(name, name) for name in node.input]
        kept.append(node)
    return kept, turned
