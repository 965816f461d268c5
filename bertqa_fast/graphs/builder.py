"""A thin layer over ``onnx.helper`` in which graphs read like formulas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, overload

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 20  # the first with Gelu
IR_VERSION = 9

FLOAT, INT64, BOOL = TensorProto.FLOAT, TensorProto.INT64, TensorProto.BOOL

Dim = int | str


@dataclass(frozen=True)
class TensorEntry:
    """Where one weight lies in the weight file: ``offset`` and ``nbytes`` in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    offset: int
    nbytes: int


class Graph:
    """One ONNX graph under construction. Tensors are plain names."""

    def __init__(
        self, name: str, weights: Mapping[str, TensorEntry], weight_file: str = "weights.bin"
    ) -> None:
        self.name = name
        self._weights = weights
        self._weight_file = weight_file
        self._nodes: list[onnx.NodeProto] = []
        self._inputs: list[onnx.ValueInfoProto] = []
        self._outputs: list[onnx.ValueInfoProto] = []
        self._constants: dict[tuple[str, tuple[int, ...], bytes], str] = {}
        self._initializers: dict[str, TensorProto] = {}
        self._scope: list[str] = []
        self._counter = 0

    @property
    def weight_names(self) -> list[str]:
        """Names of the weights that the graph uses."""
        return [name for name in self._initializers if name in self._weights]

    def input(self, name: str, dtype: int, shape: Sequence[Dim]) -> str:
        """Declare an input of the graph; strings in ``shape`` are sizes known only at run time."""
        self._inputs.append(helper.make_tensor_value_info(name, dtype, list(shape)))
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
            location = {"location": self._weight_file, "offset": entry.offset, "length": entry.nbytes}
            for key, value in location.items():
                tensor.external_data.add(key=key, value=str(value))
            self._initializers[name] = tensor
        return name

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
        return self._constants[key]

    @overload
    def op(self, kind: str, *inputs: str, outputs: Literal[1] = 1, **attributes: Any) -> str: ...
    @overload
    def op(self, kind: str, *inputs: str, outputs: int, **attributes: Any) -> tuple[str, ...]: ...
    def op(self, kind: str, *inputs: str, outputs: int = 1, **attributes: Any) -> str | tuple[str, ...]:
        """Append a node and return the name of its output, or a tuple of names."""
        self._counter += 1
        stem = "/".join([*self._scope, f"{kind}_{self._counter}"])
        names = [stem if outputs == 1 else f"{stem}:{i}" for i in range(outputs)]
        self._nodes.append(helper.make_node(kind, list(inputs), names, name=stem, **attributes))
        return names[0] if outputs == 1 else tuple(names)

    def reshape(self, tensor: str, shape: Sequence[int]) -> str:
        """Reshape; 0 keeps the size at that position, -1 is inferred."""
        return self.op("Reshape", tensor, self.constant(list(shape)))

    def build(self) -> onnx.ModelProto:
        """Return the model, checked for well-formed nodes."""
        graph = helper.make_graph(
            self._nodes, self.name, self._inputs, self._outputs, list(self._initializers.values())
        )
        return helper.make_model(
            graph,
            producer_name="bertqa_fast",
            opset_imports=[helper.make_opsetid("", OPSET)],
            ir_version=IR_VERSION,
        )

    def save(self, path: Path) -> None:
        """Write the graph (a few kilobytes: the weights stay in their own file)."""
        path.write_bytes(self.build().SerializeToString(deterministic=True))


class _Scope:
    def __init__(self, stack: list[str], name: str) -> None:
        self._stack, self._name = stack, name

    def __enter__(self) -> None:
        self._stack.append(self._name)

    def __exit__(self, *_: object) -> None:
        self._stack.pop()
