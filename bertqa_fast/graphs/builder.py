"""A thin layer over ``onnx.helper`` in which graphs read like formulas."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from bertqa_fast.graphs.spec import WEIGHT_FILE, TensorEntry
from bertqa_fast.graphs.weights import TRANSPOSED

OPSET = 20  # the first with Gelu
IR_VERSION = 9

FLOAT, INT64, BOOL = int(TensorProto.FLOAT), int(TensorProto.INT64), int(TensorProto.BOOL)

Dim = int | str

INDEX = "index"
"""Scope of nodes that know no floats: sizes, positions, counts.

The runtime keeps them on the host whatever the device (``kIndexNode`` in ``csrc/runtime/session.hpp``).
"""

DOMAIN = "bertqa_fast"  # of fused operators
DOMAIN_VERSION = 1


@dataclass(frozen=True)
class Fused:
    """A fused operator: one kernel of the engine, or the function of plain operators that it stands for.

    Attributes
    ----------
    name : str
        The kernel's name (``csrc/runtime/fused_operators.cpp``).
    inputs : tuple of str
        Names of the inputs, which the body is called with.
    integers : tuple of str
        Those of them that hold integers; the others hold floats.
    body : callable
        ``body(g, *inputs)`` builds the function and returns its outputs.
    outputs, required : int
        How many outputs there are, and how many the kernel does not leave out where nothing uses them.
    attributes : tuple of str
        Attributes of the node, all of them numbers; the body refers to them by :class:`Attribute`.
    """

    name: str
    inputs: tuple[str, ...]
    body: Callable[..., tuple[str, ...]]
    outputs: int = 1
    required: int = 1
    attributes: tuple[str, ...] = ()
    integers: tuple[str, ...] = ()

    def function(self, outputs: int) -> onnx.FunctionProto:
        """Return the function that runs where the kernel is not, with its first ``outputs`` outputs."""
        g = _Body(self.name)
        g._types.update({name: INT64 if name in self.integers else FLOAT for name in self.inputs})
        results = self.body(g, *self.inputs)[:outputs]
        return helper.make_function(
            DOMAIN,
            self.name,
            list(self.inputs),
            list(results),
            _live_nodes(g._nodes, results),
            [helper.make_opsetid("", OPSET)],
            list(self.attributes),
        )


@dataclass(frozen=True)
class Attribute:
    """In the body of a fused operator: the number that the node gives for ``name``."""

    name: str


class Graph:
    """One ONNX graph under construction. Tensors are plain names."""

    def __init__(self, name: str, weights: Mapping[str, TensorEntry]) -> None:
        self.name = name
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._initializers: dict[str, TensorProto] = {}
        self._fused: dict[str, Fused] = {}
        self._shapes: dict[str, Sequence[Dim]] = {}
        self._types: dict[str, int] = {}  # of tensors; of every output of a node the same
        self._scope: list[str] = []
        self._counter = 0

    @property
    def weight_names(self) -> list[str]:
        """Names of the weights that the graph uses."""
        return [name for name in self._initializers if name in self._weights]

    def input(self, name: str, dtype: int, shape: Sequence[Dim]) -> str:
        """Declare an input of the graph; strings in ``shape`` are sizes known only at run time."""
        self._inputs.append(helper.make_tensor_value_info(name, dtype, list(shape)))
        self._types[name] = dtype
        return name

    def output(self, tensor: str, name: str, dtype: int, shape: Sequence[Dim]) -> None:
        """Declare ``tensor`` as the output ``name``."""
        self._nodes.append(helper.make_node("Identity", [tensor], [name], name=f"output/{name}"))
        self._outputs.append(helper.make_tensor_value_info(name, dtype, list(shape)))

    def scope(self, name: str) -> _Scope:
        """Prefix the names of nodes made inside a ``with`` block, so that profiles can be read."""
        return _Scope(self._scope, name)

    def weight(self, name: str) -> str:
        """Refer to a weight of the weight file."""
        if name not in self._initializers:
            entry = self._weights[name]
            tensor = TensorProto(name=name, dims=entry.shape, data_type=FLOAT)
            tensor.data_location = TensorProto.EXTERNAL
            location = {"location": WEIGHT_FILE, "offset": entry.offset, "length": entry.nbytes}
            for key, value in location.items():
                tensor.external_data.add(key=key, value=str(value))
            self._initializers[name] = tensor
            self._types[name] = FLOAT
        return name

    def has_weight(self, name: str) -> bool:
        """Whether the weight file has this weight."""
        return name in self._weights

    def linear(self, x: str, name: str) -> str:
        """Return x W^T for the weight W ``name``."""
        return self.fused(LINEAR, x, self.weight(name))[0]

    def linear_backward(self, dy: str, name: str, *add: str) -> str:
        """Return dy W (+ ``add``): the gradient of x from that of x W^T."""
        if name + TRANSPOSED in self._weights:
            product = self.linear(dy, name + TRANSPOSED)
            return self.op("Add", product, *add) if add else product
        return self.fused(LINEAR_BACKWARD_ADD if add else LINEAR_BACKWARD, dy, self.weight(name), *add)[0]

    def constant(self, value: float | int | Sequence[int] | np.ndarray[Any, Any], dtype: Any = None) -> str:
        """Put a small constant into the graph itself; Python floats become float32, ints int64."""
        if dtype is None and not isinstance(value, np.ndarray):
            dtype = np.float32 if isinstance(value, float) else np.int64
        array = np.asarray(value, dtype=dtype)
        key = (array.dtype.str, array.shape, array.tobytes())
        if key not in self._constants:
            name = f"constant_{len(self._constants)}"
            self._constants[key] = name
            self._initializers[name] = numpy_helper.from_array(array, name)
            self._types[name] = helper.np_dtype_to_tensor_dtype(array.dtype)
        return self._constants[key]

    @overload
    def op(self, kind: str, *inputs: str, outputs: Literal[1] = 1, **attributes: Any) -> str: ...
    @overload
    def op(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> tuple[str, ...]: ...
    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str | tuple[str, ...]:
        """Append a node and return the name of its output, or a tuple of names."""
        names = self._append(kind, inputs, outputs, attributes)
        return names[0] if outputs == 1 else names

    def fused(self, operator: Fused, *inputs: str, **attributes: float) -> tuple[str, ...]:
        """Append a fused operator and return the names of its outputs."""
        self._fused[operator.name] = operator
        return self._append(operator.name, inputs, operator.outputs, attributes, DOMAIN)

    def include(
        self, nodes: Sequence[onnx.NodeProto], names: Mapping[str, str], types: Mapping[str, int]
    ) -> dict[str, str]:
        """Append nodes of another graph.

        Parameters
        ----------
        nodes : sequence of onnx.NodeProto
            In order.
        names : mapping
            What they take by its name there, to its name here.
        types : mapping
            Element types by names there; floats where it says nothing.

        Returns
        -------
        dict
            ``names``, and what the nodes give.
        """
        names = dict(names)
        for node in nodes:
            own = [name for name in node.output if name]
            involved = {
                types.get(name, FLOAT) for name in [*own, *(node.input if node.op_type != "Shape" else ())]
            }
            self._counter += 1
            scope = [INDEX] if involved <= {INT64, BOOL} else []
            stem = "/".join([*scope, *self._scope, f"{node.op_type}_{self._counter}"])
            copy = onnx.NodeProto()
            copy.CopyFrom(node)
            copy.name = stem
            for number, name in enumerate(node.output):
                if name:
                    names[name] = stem if len(own) == 1 else f"{stem}:{number}"
                    self._types[names[name]] = types.get(name, FLOAT)
            copy.input[:] = [names[name] if name else "" for name in node.input]
            copy.output[:] = [names[name] if name else "" for name in node.output]
            del copy.metadata_props[:]
            copy.doc_string = ""
            self._nodes.append(copy)
        return names

    def _append(
        self, kind: str, inputs: Sequence[str], outputs: int, attributes: Mapping[str, Any], domain: str = ""
    ) -> tuple[str, ...]:
        self._counter += 1
        dtype = FLOAT if domain else self._type_of(kind, inputs, attributes)
        # A shape is one whatever it is the shape of.
        involved = {dtype, *(() if kind == "Shape" else (self._types[name] for name in inputs))}
        scope = [INDEX] if involved <= {INT64, BOOL} else []
        stem = "/".join([*scope, *self._scope, f"{kind}_{self._counter}"])
        names = [stem if outputs == 1 else f"{stem}:{i}" for i in range(outputs)]
        given = {name: value for name, value in attributes.items() if not isinstance(value, Attribute)}
        node = helper.make_node(kind, list(inputs), names, name=stem, domain=domain, **given)
        for name, value in attributes.items():
            if isinstance(value, Attribute):
                node.attribute.add(name=name, ref_attr_name=value.name, type=onnx.AttributeProto.FLOAT)
        self._nodes.append(node)
        self._types.update(dict.fromkeys(names, dtype))
        return tuple(names)

    def _type_of(self, kind: str, inputs: Sequence[str], attributes: Mapping[str, Any]) -> int:
        if kind == "Shape":
            return INT64
        if kind == "Cast":
            return int(attributes["to"])
        if kind in ("Equal", "Greater"):
            return BOOL
        return self._types[inputs[1 if kind == "Where" else 0]]

    def shape(self, dims: Sequence[Dim], *tensors: str) -> None:
        """Say that tensors have this shape, so that the runtime may put one into the memory of another.

        It does where sizes and symbols are the same: a symbol must stand for one size in the whole graph.
        """
        self._shapes.update(dict.fromkeys(tensors, dims))

    def reshape(self, tensor: str, shape: Sequence[int]) -> str:
        """Reshape; 0 keeps the size at that position, -1 is inferred."""
        return self.op("Reshape", tensor, self.constant(list(shape)))

    def build(self) -> onnx.ModelProto:
        """Return the model, without nodes that nothing uses."""
        nodes = _live_nodes(self._nodes, [output.name for output in self._outputs])
        used = {name for node in nodes for name in node.input}
        functions = []
        for name, operator in self._fused.items():
            calls = [node for node in nodes if (node.domain, node.op_type) == (DOMAIN, name)]
            if calls:
                functions.append(operator.function(_trim_outputs(calls, used, operator.required)))
        opsets = [helper.make_opsetid("", OPSET)]
        if functions:
            opsets.append(helper.make_opsetid(DOMAIN, DOMAIN_VERSION))
        initializers = [tensor for name, tensor in self._initializers.items() if name in used]
        shapes = [
            helper.make_tensor_value_info(name, FLOAT, list(self._shapes[name]))
            for name in (name for node in nodes for name in node.output)
            if name in self._shapes
        ]
        return helper.make_model(
            helper.make_graph(nodes, self.name, self._inputs, self._outputs, initializers, value_info=shapes),
            producer_name="bertqa_fast",
            opset_imports=opsets,
            ir_version=IR_VERSION,
            functions=functions,
        )

    def save(self, path: Path) -> None:
        """Write the graph (a few kilobytes: the weights stay in their own file)."""
        path.write_bytes(self.build().SerializeToString(deterministic=True))


def _live_nodes(nodes: Sequence[onnx.NodeProto], outputs: Sequence[str]) -> list[onnx.NodeProto]:
    """Return copies of the nodes that an output depends on."""
    wanted = set(outputs)
    live: list[onnx.NodeProto] = []
    for node in reversed(nodes):
        if not wanted.isdisjoint(node.output):
            wanted.update(node.input)
            live.append(onnx.NodeProto())
            live[-1].CopyFrom(node)
    return live[::-1]


def _trim_outputs(calls: Sequence[onnx.NodeProto], used: set[str], required: int) -> int:
    """Cut off the last outputs where nothing uses them, of all calls alike; return how many are left."""
    last = max(i for call in calls for i, name in enumerate(call.output, start=1) if name in used)
    count = max(last, required)
    for call in calls:
        del call.output[count:]
    return count


class _Body(Graph):
    """The body of a function: constants are nodes, and there are no weights."""

    def __init__(self, name: str) -> None:
        super().__init__(name, {})

    def constant(self, value: float | int | Sequence[int] | np.ndarray[Any, Any], dtype: Any = None) -> str:
        initializer = self._initializers.get(name := super().constant(value, dtype))
        if initializer is not None:  # the first time
            self._nodes.append(helper.make_node("Constant", [], [name], name=name, value=initializer))
            del self._initializers[name]
        return name


LINEAR = Fused("Linear", ("x", "weight"), lambda g, x, w: (g.op("Gemm", x, w, transB=1),))
LINEAR_BACKWARD = Fused("LinearBackward", ("dy", "weight"), lambda g, dy, w: (g.op("Gemm", dy, w),))
LINEAR_BACKWARD_ADD = Fused(
    "LinearBackwardAdd", ("dy", "weight", "add"), lambda g, dy, w, add: (g.op("Gemm", dy, w, add),)
)


class _Scope:
    def __init__(self, stack: list[str], name: str) -> None:
        self._stack, self._name = stack, name

    def __enter__(self) -> None:
        self._stack.append(self._name)

    def __exit__(self, *_: object) -> None:
        self._stack.pop()
