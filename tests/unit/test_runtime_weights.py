"""Weight files: what is refused, whose data a graph uses, and that sessions share them in memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast import _core
from bertqa_fast.errors import EngineError

GraphMaker = Callable[..., Path]
Entry = tuple[str, str, list[int], int, int]

needs_true_memory = pytest.mark.skipif(
    "libasan" in os.environ.get("LD_PRELOAD", ""), reason="sanitizers keep memory of their own"
)


@pytest.fixture
def weight() -> np.ndarray:
    return np.random.default_rng(0).standard_normal((4, 3)).astype(np.float32)


@pytest.fixture
def weight_file(tmp_path: Path, weight: np.ndarray) -> Path:
    """Write the weight at byte 16, after four other numbers."""
    path = tmp_path / "weights.bin"
    path.write_bytes(np.zeros(4, np.float32).tobytes() + weight.tobytes())
    return path


def entry(**changes: Any) -> Entry:
    fields = {"name": "w", "dtype": "float32", "shape": [4, 3], "offset": 16, "bytes": 48} | changes
    return fields["name"], fields["dtype"], fields["shape"], fields["offset"], fields["bytes"]


def linear(make_graph: GraphMaker, file: str = "weights.bin") -> Path:
    return make_graph(
        [("Gemm", ["x", "w"], ["y"], {"transB": 1})],
        [("x", "float32", ["N", 3])],
        [("y", "float32", ["N", 4])],
        {"w": ("float32", [4, 3], file, 16)},
    )


def test_weights_take_the_place_of_the_graphs_own(
    environment: _core.Environment, make_graph: GraphMaker, weight_file: Path, weight: np.ndarray
) -> None:
    graph = linear(make_graph, "other.bin")
    (graph.parent / "other.bin").write_bytes(b"")  # the graph's own data are not even there
    weights = _core.WeightFile(environment, weight_file, [entry()])
    session = _core.Session(environment, graph, weights, _core.PrepackedWeights(environment))
    np.testing.assert_array_equal(session.run({"x": np.eye(3, dtype=np.float32)})["y"], weight.T)


def test_without_weights_the_graph_reads_its_own(
    environment: _core.Environment, make_graph: GraphMaker, weight_file: Path, weight: np.ndarray
) -> None:
    session = _core.Session(environment, linear(make_graph))
    np.testing.assert_array_equal(session.run({"x": np.eye(3, dtype=np.float32)})["y"], weight.T)


def test_names_that_the_graph_does_not_have_are_ignored(
    environment: _core.Environment, make_graph: GraphMaker, weight_file: Path, weight: np.ndarray
) -> None:
    entries = [entry(), entry(name="surplus", shape=[4], offset=0, bytes=16)]
    weights = _core.WeightFile(environment, weight_file, entries)
    assert weights.names == ["surplus", "w"]
    session = _core.Session(environment, linear(make_graph), weights)
    np.testing.assert_array_equal(session.run({"x": np.eye(3, dtype=np.float32)})["y"], weight.T)


def test_a_weight_of_another_shape_is_refused_when_it_is_used(
    environment: _core.Environment, make_graph: GraphMaker, weight_file: Path
) -> None:
    weights = _core.WeightFile(environment, weight_file, [entry(shape=[3, 4])])
    with pytest.raises(EngineError, match="Dimension mismatch"):
        _core.Session(environment, linear(make_graph), weights).run({"x": np.eye(3, dtype=np.float32)})


def test_sessions_keep_their_weights(
    environment: _core.Environment, make_graph: GraphMaker, weight_file: Path, weight: np.ndarray
) -> None:
    weights = _core.WeightFile(environment, weight_file, [entry()])
    session = _core.Session(environment, linear(make_graph), weights, optimization_level=0)
    del weights
    weight_file.unlink()  # the mapping stays
    np.testing.assert_array_equal(session.run({"x": np.eye(3, dtype=np.float32)})["y"], weight.T)


def test_released_pages_come_back(
    environment: _core.Environment, make_graph: GraphMaker, weight_file: Path, weight: np.ndarray
) -> None:
    weights = _core.WeightFile(environment, weight_file, [entry()])
    session = _core.Session(environment, linear(make_graph), weights, optimization_level=0)
    weights.release_pages()
    np.testing.assert_array_equal(session.run({"x": np.eye(3, dtype=np.float32)})["y"], weight.T)


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (entry(bytes=44), r'tensor "w" of .*: has 44 bytes, but float32\[4, 3\] needs 48'),
        (entry(offset=20), r"ends at byte 20 \+ 48, but the file has 64; is it truncated\?"),
        (entry(offset=2**63), "is it truncated"),
        (entry(shape=[2**20, 2**20], bytes=2**42), "is it truncated"),
        (entry(offset=14), r'tensor "w" .*starts at byte 14, which is not a multiple of 4'),
        (entry(shape=[2**40, 2**40]), r'tensor "w" .*larger than memory can be'),
        (entry(shape=[-1, 3]), r'tensor "w" .*negative dimension'),
        (entry(dtype="float31"), r'element type: got "float31", wanted one of float32, '),
    ],
)
def test_entries_that_do_not_fit_are_refused(
    environment: _core.Environment, weight_file: Path, bad: Entry, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        _core.WeightFile(environment, weight_file, [bad])


def test_a_name_twice_is_refused(environment: _core.Environment, weight_file: Path) -> None:
    with pytest.raises(ValueError, match=r'tensor "w" .*is listed twice'):
        _core.WeightFile(environment, weight_file, [entry(), entry()])


def test_a_truncated_file_is_refused(environment: _core.Environment, weight_file: Path) -> None:
    weight_file.write_bytes(weight_file.read_bytes()[:-1])
    with pytest.raises(ValueError, match=r'tensor "w" .*the file has 63; is it truncated\?'):
        _core.WeightFile(environment, weight_file, [entry()])


def test_an_empty_file_is_refused(environment: _core.Environment, tmp_path: Path) -> None:
    (tmp_path / "weights.bin").touch()
    with pytest.raises(ValueError, match="is it truncated"):
        _core.WeightFile(environment, tmp_path / "weights.bin", [entry()])


def test_a_missing_file_is_named(environment: _core.Environment, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"absent\.bin: No such file") as caught:
        _core.WeightFile(environment, tmp_path / "absent.bin", [])
    assert caught.value.call == "open"


def test_a_folder_is_no_weight_file(environment: _core.Environment, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="cannot read the weight file"):
        _core.WeightFile(environment, tmp_path, [])


MEMORY = """
import json, sys
import numpy as np
from bertqa_fast import _core, runtime

def resident(kind="VmRSS"):
    for line in open("/proc/self/status"):
        if line.startswith(kind):
            return int(line.split()[1]) / 1024

environment = runtime.environment()
"""


@needs_true_memory
def test_sessions_share_one_packed_copy_of_a_weight(
    make_graph: GraphMaker, tmp_path: Path, run_python: Callable[..., Any]
) -> None:
    """Three sessions over one weight of 64 MiB; then three that use it the other way around."""
    N = 4096
    np.random.default_rng(0).random((N, N), np.float32).tofile(tmp_path / "weights.bin")
    graphs = [
        make_graph(
            [("Gemm", ["x", "w"], ["h"], {"transB": transposed}), (operator, ["h"], ["y"], {})],
            [("x", "float32", ["B", N])],
            [("y", "float32", ["B", N])],
            {"w": ("float32", [N, N], "weights.bin", 0)},
            f"{operator}{transposed}.onnx",
        )
        for transposed in (1, 0)
        for operator in ("Neg", "Abs", "Floor")
    ]
    script = (
        MEMORY
        + """
N = 4096
weights = _core.WeightFile(environment, sys.argv[1], [("w", "float32", [N, N], 0, 4 * N * N)])
packed = _core.PrepackedWeights(environment)
x = np.zeros((2, N), np.float32)
sizes, sessions = [resident("RssAnon")], []
for path in sys.argv[2:]:
    sessions.append(_core.Session(environment, path, weights, packed))
    sessions[-1].run({"x": x})
    sizes.append(resident("RssAnon"))
before = resident("RssFile")
weights.release_pages()
print(json.dumps([sizes, before - resident("RssFile")]))
"""
    )
    sizes, released = run_python(script, tmp_path / "weights.bin", *graphs)
    growth = np.diff(sizes)
    first, same, also, other, other_same, other_also = growth
    assert 60 < first < 80
    assert 60 < other < 80
    assert max(same, also, other_same, other_also) < 8
    assert released > 60


@needs_true_memory
@pytest.mark.parametrize("shrink", [False, True])
def test_sessions_share_one_arena(
    make_graph: GraphMaker, run_python: Callable[..., Any], shrink: bool
) -> None:
    """Five sessions that need 32 MiB each, one after another, need it once; shrinking gives it back."""
    graph = make_graph(
        [
            ("MatMul", ["x", "x"], ["a"], {}),
            ("MatMul", ["a", "x"], ["b"], {}),
            ("ReduceMean", ["b"], ["y"], {"axes": [0, 1]}),
        ],
        [("x", "float32", ["N", "N"])],
        [("y", "float32", [1, 1])],
    )
    script = (
        MEMORY
        + """
sessions = [_core.Session(environment, sys.argv[1]) for _ in range(5)]
x = np.zeros((2048, 2048), np.float32)
sizes = [resident()]
for session in sessions:
    session.run({"x": x}, shrink_arena=bool(int(sys.argv[2])))
    sizes.append(resident())
print(json.dumps([size - sizes[0] for size in sizes]))
"""
    )
    sizes = run_python(script, graph, str(int(shrink)))
    assert max(sizes) < 16 * (3 if shrink else 4)  # x itself takes 16
    assert abs(sizes[-1] - sizes[1]) < 8
