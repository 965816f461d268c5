"""Sessions on small graphs with exact answers: types, arrays, errors, threads, profiles."""

from __future__ import annotations

import gc
import json
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from bertqa_fast import _core
from bertqa_fast.errors import BertqaError, DeviceUnavailableError, EngineError

GraphMaker = Callable[..., Path]
TYPES = ["float32", "float64", "int64", "int32", "uint8", "int8", "bool", "float16"]


@pytest.fixture
def affine(environment: _core.Environment, make_graph: GraphMaker) -> _core.Session:
    """Compute y = a + b and z = a * b over float32 of shape [rows, 3]."""
    path = make_graph(
        [("Add", ["a", "b"], ["y"], {}), ("Mul", ["a", "b"], ["z"], {})],
        [("a", "float32", ["rows", 3]), ("b", "float32", ["rows", 3])],
        [("y", "float32", ["rows", 3]), ("z", "float32", ["rows", 3])],
    )
    return _core.Session(environment, path)


def pair(rows: int = 2) -> dict[str, np.ndarray]:
    a = np.arange(rows * 3, dtype=np.float32).reshape(rows, 3)
    return {"a": a, "b": a + 1}


def test_inputs_and_outputs_are_described(affine: _core.Session) -> None:
    assert affine.inputs == [("a", "float32", [-1, 3]), ("b", "float32", [-1, 3])]
    assert affine.outputs == [("y", "float32", [-1, 3]), ("z", "float32", [-1, 3])]


def test_results_are_exact(affine: _core.Session) -> None:
    arrays = pair()
    results = affine.run(arrays)
    np.testing.assert_array_equal(results["y"], arrays["a"] + arrays["b"])
    np.testing.assert_array_equal(results["z"], arrays["a"] * arrays["b"])


def test_only_what_is_wanted_comes(affine: _core.Session) -> None:
    arrays = pair()
    results = affine.run(arrays, ["z"])
    assert list(results) == ["z"]
    np.testing.assert_array_equal(results["z"], arrays["a"] * arrays["b"])


@pytest.mark.parametrize("dtype", TYPES)
def test_every_element_type_passes_through(
    environment: _core.Environment, make_graph: GraphMaker, dtype: str
) -> None:
    path = make_graph([("Identity", ["x"], ["y"], {})], [("x", dtype, ["N"])], [("y", dtype, ["N"])])
    session = _core.Session(environment, path)
    assert session.inputs == [("x", dtype, [-1])]
    x = np.array([0, 1, 100, 1, 0], dtype)
    y = session.run({"x": x})["y"]
    assert y.dtype == x.dtype
    np.testing.assert_array_equal(y, x)


@pytest.mark.parametrize("shape", [(0, 3), (1, 3), (7, 3)])
def test_row_counts_are_free(affine: _core.Session, shape: tuple[int, int]) -> None:
    x = np.ones(shape, np.float32)
    assert affine.run({"a": x, "b": x})["y"].shape == shape


def test_scalars(environment: _core.Environment, make_graph: GraphMaker) -> None:
    path = make_graph([("Neg", ["x"], ["y"], {})], [("x", "float64", [])], [("y", "float64", [])])
    y = _core.Session(environment, path).run({"x": np.array(2.5)})["y"]
    assert y.shape == ()
    assert y == -2.5


def test_arrays_outlive_their_session(environment: _core.Environment, make_graph: GraphMaker) -> None:
    path = make_graph([("Neg", ["x"], ["y"], {})], [("x", "float32", ["N"])], [("y", "float32", ["N"])])
    session = _core.Session(environment, path)
    x = np.arange(200_000, dtype=np.float32)
    y = session.run({"x": x})["y"]
    del session
    gc.collect()
    others = [np.full(200_000, 7, np.float32) for _ in range(8)]  # would land in memory that was freed
    np.testing.assert_array_equal(y, -x)
    assert len(others) == 8
    assert y.flags.writeable
    assert not y.flags.owndata  # nothing was copied: its base owns the memory


def test_another_type_is_refused_with_the_line_that_fixes_it(affine: _core.Session) -> None:
    arrays = pair()
    arrays["b"] = arrays["b"].astype(np.float64)
    with pytest.raises(ValueError, match=r'inputs\["b"\]: got float64, wanted float32; pass array.astype'):
        affine.run(arrays)


def test_foreign_byte_order_is_refused(affine: _core.Session) -> None:
    arrays = pair()
    arrays["a"] = arrays["a"].astype(">f4")
    with pytest.raises(ValueError, match="got >f4, wanted float32"):
        affine.run(arrays)


def test_an_array_with_gaps_is_refused(affine: _core.Session) -> None:
    arrays = pair(4)
    arrays["a"] = arrays["a"][::2]
    arrays["b"] = arrays["b"][:2]
    with pytest.raises(ValueError, match=r"not C-contiguous; pass numpy\.ascontiguousarray"):
        affine.run(arrays)


def test_a_misaligned_array_is_refused(affine: _core.Session) -> None:
    arrays = pair()
    arrays["a"] = np.frombuffer(bytearray(25), np.uint8)[1:].view(np.float32).reshape(2, 3)
    with pytest.raises(ValueError, match="not C-contiguous"):
        affine.run(arrays)


def test_an_unknown_input_is_refused_with_those_that_exist(affine: _core.Session) -> None:
    with pytest.raises(ValueError, match='inputs: got "c", wanted a, b'):
        affine.run(pair() | {"c": np.zeros((2, 3), np.float32)})


def test_a_missing_input_is_named(affine: _core.Session) -> None:
    with pytest.raises(ValueError, match='inputs: "b" is missing'):
        affine.run({"a": pair()["a"]})


def test_what_the_runtime_refuses_keeps_code_and_call(affine: _core.Session) -> None:
    with pytest.raises(EngineError, match="dimensions") as caught:
        affine.run({"a": np.zeros((2, 4), np.float32), "b": np.zeros((2, 4), np.float32)})
    assert caught.value.code == "INVALID_ARGUMENT"
    assert caught.value.call == "Run"
    assert isinstance(caught.value, BertqaError)
    with pytest.raises(EngineError, match="nothing"):
        affine.run(pair(), ["nothing"])
    np.testing.assert_array_equal(affine.run(pair())["y"], pair()["a"] + pair()["b"])  # usable as before


def test_missing_graph(environment: _core.Environment, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=r"absent\.onnx") as caught:
        _core.Session(environment, tmp_path / "absent.onnx")
    assert (caught.value.code, caught.value.call) == ("NO_SUCHFILE", "CreateSession")


def test_corrupt_graph(environment: _core.Environment, tmp_path: Path) -> None:
    path = tmp_path / "graph.onnx"
    path.write_bytes(b"\xff\xfe not protobuf \x00\x01" * 20)
    with pytest.raises(EngineError) as caught:
        _core.Session(environment, path)
    assert caught.value.code == "INVALID_PROTOBUF"


def test_truncated_graph(environment: _core.Environment, make_graph: GraphMaker) -> None:
    path = make_graph([("Neg", ["x"], ["y"], {})], [("x", "float32", ["N"])], [("y", "float32", ["N"])])
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(EngineError, match=r"graph\.onnx"):
        _core.Session(environment, path)


def test_an_unknown_operator_is_the_runtimes_to_refuse(
    environment: _core.Environment, make_graph: GraphMaker
) -> None:
    path = make_graph([("NoSuchOp", ["x"], ["y"], {})], [("x", "float32", [1])], [("y", "float32", [1])])
    with pytest.raises(EngineError, match="NoSuchOp"):
        _core.Session(environment, path)


def test_outputs_that_are_no_tensors_are_refused(environment: _core.Environment, tmp_path: Path) -> None:
    import onnx
    from onnx import TensorProto, helper

    graph = helper.make_graph(
        [helper.make_node("SequenceConstruct", ["x"], ["y"])],
        "graph",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])],
        [helper.make_tensor_sequence_value_info("y", TensorProto.FLOAT, None)],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    onnx.save(model, tmp_path / "sequence.onnx")
    with pytest.raises(EngineError, match='"y" of the graph is not a tensor'):
        _core.Session(environment, tmp_path / "sequence.onnx")


def test_element_types_without_an_equal_are_refused(
    environment: _core.Environment, make_graph: GraphMaker
) -> None:
    path = make_graph([("Identity", ["x"], ["y"], {})], [("x", "str", ["N"])], [("y", "str", ["N"])])
    with pytest.raises(ValueError, match="element type: got ONNX type 8"):
        _core.Session(environment, path)


@pytest.mark.parametrize("level", [0, 1, 2, 99])
def test_optimisation_levels_agree(
    environment: _core.Environment, make_graph: GraphMaker, level: int
) -> None:
    path = make_graph(
        [("MatMul", ["x", "x"], ["m"], {}), ("Add", ["m", "x"], ["y"], {})],
        [("x", "float32", [3, 3])],
        [("y", "float32", [3, 3])],
    )
    x = np.arange(9, dtype=np.float32).reshape(3, 3)
    y = _core.Session(environment, path, optimization_level=level).run({"x": x})["y"]
    np.testing.assert_array_equal(y, x @ x + x)


def test_bad_options_are_refused(environment: _core.Environment, make_graph: GraphMaker) -> None:
    path = make_graph([("Neg", ["x"], ["y"], {})], [("x", "float32", [1])], [("y", "float32", [1])])
    with pytest.raises(EngineError, match="SetSessionGraphOptimizationLevel"):
        _core.Session(environment, path, optimization_level=-5)
    with pytest.raises(EngineError) as caught:
        _core.Session(environment, path, config={"": "1"})
    assert caught.value.call == "AddSessionConfigEntry"


@pytest.mark.parametrize("device", ["gpu", "cuda:", "cuda:x", "cuda:-1", "cuda:1x", "CPU", ""])
def test_unknown_devices_are_refused(
    environment: _core.Environment, make_graph: GraphMaker, device: str
) -> None:
    path = make_graph([("Neg", ["x"], ["y"], {})], [("x", "float32", [1])], [("y", "float32", [1])])
    with pytest.raises(ValueError, match=f'device: got "{device}", wanted "cpu", "cuda", "cuda:N"'):
        _core.Session(environment, path, device=device)


@pytest.mark.parametrize("device", ["cuda", "cuda:7"])
def test_no_silent_fall_back_to_the_cpu(
    environment: _core.Environment, make_graph: GraphMaker, device: str
) -> None:
    path = make_graph([("Neg", ["x"], ["y"], {})], [("x", "float32", [1])], [("y", "float32", [1])])
    try:
        session = _core.Session(environment, path, device=device)
    except DeviceUnavailableError as error:
        assert 'device "cuda:' in str(error)  # noqa: PT017 - which of both happens depends on the machine
        assert "onnxruntime-gpu[cuda,cudnn]" in str(error) or "nvidia-smi" in str(error)  # noqa: PT017
    else:
        assert session.run({"x": np.ones(1, np.float32)})["y"] == -1


def test_runs_from_several_threads_at_once(affine: _core.Session) -> None:
    def work(rows: int) -> bool:
        arrays = pair(rows)
        return bool((affine.run(arrays)["y"] == arrays["a"] + arrays["b"]).all())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(1, 200)))


def test_sessions_may_be_made_from_several_threads_at_once(
    environment: _core.Environment, make_graph: GraphMaker
) -> None:
    path = make_graph([("Neg", ["x"], ["y"], {})], [("x", "float32", [1])], [("y", "float32", [1])])
    with ThreadPoolExecutor(8) as pool:
        sessions = list(pool.map(lambda _: _core.Session(environment, path), range(16)))
    assert all(session.run({"x": np.ones(1, np.float32)})["y"] == -1 for session in sessions)


def test_other_threads_run_meanwhile(environment: _core.Environment, make_graph: GraphMaker) -> None:
    path = make_graph(
        [("MatMul", ["x", "x"], ["a"], {}), ("MatMul", ["a", "x"], ["y"], {})],
        [("x", "float32", ["N", "N"])],
        [("y", "float32", ["N", "N"])],
    )
    session = _core.Session(environment, path)
    ticks = 0
    done = threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not done.is_set():
            ticks += 1
            time.sleep(0.002)

    ticker = threading.Thread(target=tick)
    ticker.start()
    time.sleep(0.01)
    before = ticks
    session.run({"x": np.ones((1500, 1500), np.float32)})
    after = ticks
    done.set()
    ticker.join()
    assert after > before + 2  # the interpreter was free while the graph ran


def test_profile_is_written(environment: _core.Environment, make_graph: GraphMaker, tmp_path: Path) -> None:
    path = make_graph([("Neg", ["x"], ["y"], {})], [("x", "float32", [1])], [("y", "float32", [1])])
    session = _core.Session(environment, path, profile_prefix=str(tmp_path / "profile"))
    session.run({"x": np.ones(1, np.float32)})
    profile = Path(session.end_profiling())
    assert profile.parent == tmp_path
    assert any("Neg" in event.get("args", {}).get("op_name", "") for event in json.loads(profile.read_text()))


def test_shrinking_the_arena_changes_no_result(affine: _core.Session) -> None:
    arrays = pair(1000)
    plain = affine.run(arrays)["y"]
    np.testing.assert_array_equal(affine.run(arrays, shrink_arena=True)["y"], plain)
    np.testing.assert_array_equal(affine.run(arrays)["y"], plain)
