"""Fixtures that more than one folder of tests uses."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from hypothesis import settings
from onnx import helper

from bertqa_fast import _core, runtime

# Other work on the machine makes single examples slow; what is drawn stays the same from run to run.
settings.register_profile("project", deadline=None, derandomize=True)
settings.load_profile("project")

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def root() -> Path:
    """Top folder of the repository."""
    return ROOT


@pytest.fixture(scope="session")
def environment() -> _core.Environment:
    """Give the runtime environment, which all tests of the process share."""
    return runtime.environment()


@pytest.fixture
def run_python() -> Callable[..., Any]:
    """Run a script in a process of its own and give what it prints as JSON on its last line."""

    def run(script: str, *arguments: str | Path, env: dict[str, str] | None = None) -> Any:
        result = subprocess.run(
            [sys.executable, "-c", script, *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=os.environ | (env or {}),
        )
        assert result.returncode == 0, result.stderr
        return json.loads(result.stdout.splitlines()[-1])

    return run


GraphMaker = Callable[..., Path]


@pytest.fixture
def make_graph(tmp_path: Path) -> GraphMaker:
    """Write an ONNX graph: nodes are (operator, inputs, outputs, attributes), tensors (name, type, shape).

    ``external`` are initialisers whose data lie in a file beside the graph:
    name -> (type, shape, file, offset).
    """

    def make(
        nodes: Sequence[tuple[str, list[str], list[str], dict[str, Any]]],
        inputs: Sequence[tuple[str, type | np.dtype[Any] | str, Sequence[int | str | None]]],
        outputs: Sequence[tuple[str, type | np.dtype[Any] | str, Sequence[int | str | None]]],
        external: dict[str, tuple[str, list[int], str, int]] | None = None,
        name: str = "graph.onnx",
    ) -> Path:
        def info(tensor: Any) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(
                tensor[0], helper.np_dtype_to_tensor_dtype(np.dtype(tensor[1])), tensor[2]
            )

        graph = helper.make_graph(
            [helper.make_node(op, ins, outs, **attributes) for op, ins, outs, attributes in nodes],
            "graph",
            [info(tensor) for tensor in inputs],
            [info(tensor) for tensor in outputs],
        )
        for tensor_name, (dtype, shape, file, offset) in (external or {}).items():
            tensor = graph.initializer.add(
                name=tensor_name,
                data_type=helper.np_dtype_to_tensor_dtype(np.dtype(dtype)),
                dims=shape,
                data_location=onnx.TensorProto.EXTERNAL,
            )
            length = int(np.prod(shape)) * np.dtype(dtype).itemsize
            for key, value in {"location": file, "offset": offset, "length": length}.items():
                tensor.external_data.add(key=key, value=str(value))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
        onnx.save(model, tmp_path / name)
        return tmp_path / name

    return make
