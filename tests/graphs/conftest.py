"""Parts of graphs, built alone and run by the engine's own session."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from bertqa_fast import _core
from bertqa_fast.families import family_of
from bertqa_fast.graphs.builder import Graph
from bertqa_fast.graphs.checkpoint import ModuleCheckpoint
from bertqa_fast.graphs.spec import EncoderSpec
from bertqa_fast.graphs.weights import write_weights

Arrays = dict[str, np.ndarray]


@pytest.fixture(params=[True, False], ids=["kernels", "functions"])
def fused_operators(request: pytest.FixtureRequest) -> bool:
    """Run fused operators by the engine's kernels, or as the functions that the graph defines."""
    return bool(request.param)


@pytest.fixture
def run_part(environment: _core.Environment, tmp_path: Path, fused_operators: bool) -> Callable[..., Arrays]:
    """Build a graph, check it, and run it: ``run_part(build, feeds, weights)``.

    ``build`` gets the graph, with every feed declared as an input of free shape, and declares the outputs.
    """

    def run(
        build: Callable[[Graph], None],
        feeds: Mapping[str, Any],
        weights: Mapping[str, np.ndarray] | None = None,
    ) -> Arrays:
        entries, _ = write_weights(tmp_path / "weights.bin", (weights or {}).items())
        graph = Graph("part", entries)
        arrays = {
            name: np.ascontiguousarray(
                given, dtype=np.float32 if np.asarray(given).dtype.kind == "f" else None
            )
            for name, given in feeds.items()
        }
        for name, array in arrays.items():
            shape = [f"{name}_{axis}" for axis in range(array.ndim)]
            graph.input(name, onnx.helper.np_dtype_to_tensor_dtype(array.dtype), shape)
        build(graph)
        path = tmp_path / "part.onnx"
        graph.save(path)
        onnx.checker.check_model(path, full_check=True)
        results = _core.Session(environment, path, fused_operators=fused_operators).run(arrays)
        return {name: np.asarray(array) for name, array in results.items()}

    return run


@pytest.fixture(scope="session")
def spec_and_weights() -> Callable[[Any], tuple[EncoderSpec, Arrays]]:
    """Give the sizes and canonical weights of a reader, by way of its family."""

    def read(reader: Any) -> tuple[EncoderSpec, Arrays]:
        module = reader.exact.module
        config = module.config.to_dict()
        family = family_of(config["model_type"])
        spec = family.spec(config)
        return spec, dict(family.weights(config, spec, "question-answering", ModuleCheckpoint(module)))

    return read
