"""Linear layers as operators: every precision against float64, shapes of all kinds, weights shared."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast import _core
from bertqa_fast.errors import DeviceUnavailableError, EngineError
from bertqa_fast.graphs.builder import FLOAT, LINEAR, LINEAR_BACKWARD, LINEAR_BACKWARD_ADD, Graph
from bertqa_fast.graphs.weights import write_weights

Arrays = dict[str, np.ndarray]
# Of a sum of products, relative to the sum of their sizes: float32 sums of at most some thousand numbers, two
# bfloat16 (three times 2^-16), one (twice 2^-8).
TOLERANCES = {"fp32": 1e-6, "bf16x3": 5e-5, "bf16": 8e-3}
# Rows of W by columns: one, less than a tile, a tile and one more, more than a block is deep.
WEIGHTS = [(1, 1), (5, 3), (48, 512), (49, 33), (31, 1025), (100, 2050), (96, 64)]
ROWS = [0, 1, 2, 7, 8, 9, 31, 32, 33, 95, 96, 97, 200]


@pytest.fixture(params=list(TOLERANCES))
def precision(request: pytest.FixtureRequest) -> str:
    try:
        _core.check_precision("cpu", request.param)
    except DeviceUnavailableError as error:
        pytest.skip(str(error))
    return str(request.param)


def write(folder: Path, weight: np.ndarray) -> Path:
    """Write a graph with the three operators over one weight [N, K]."""
    entries, _ = write_weights(folder / "weights.bin", {"w": weight}.items())
    n, k = weight.shape
    g = Graph("linear", entries)
    x, dy, add = (
        g.input("x", FLOAT, ["M", k]),
        g.input("dy", FLOAT, ["M", n]),
        g.input("add", FLOAT, ["M", k]),
    )
    w = g.weight("w")
    summand = g.op("Neg", add)  # the result may take its place
    g.output(g.fused(LINEAR, x, w)[0], "y", FLOAT, ["M", n])
    g.output(g.fused(LINEAR_BACKWARD, dy, w)[0], "dx", FLOAT, ["M", k])
    g.output(g.fused(LINEAR_BACKWARD_ADD, dy, w, summand)[0], "sum", FLOAT, ["M", k])
    g.save(folder / "linear.onnx")
    return folder / "linear.onnx"


def inputs(rows: int, weight: np.ndarray, seed: int = 1) -> Arrays:
    n, k = weight.shape
    rng = np.random.default_rng([seed, rows, n, k])
    shapes = {"x": (rows, k), "dy": (rows, n), "add": (rows, k)}
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def exact(weight: np.ndarray, feeds: Arrays) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return every output in float64, and the sizes of what is added up in it."""
    w, (x, dy, add) = weight.astype(np.float64), (feeds[n].astype(np.float64) for n in ("x", "dy", "add"))
    size = np.abs(dy) @ np.abs(w)
    return {
        "y": (x @ w.T, np.abs(x) @ np.abs(w.T)),
        "dx": (dy @ w, size),
        "sum": (dy @ w - add, size + np.abs(add)),
    }


@pytest.mark.parametrize("shape", WEIGHTS, ids=str)
def test_products(
    environment: _core.Environment, tmp_path: Path, precision: str, shape: tuple[int, int]
) -> None:
    weight = np.random.default_rng(shape).normal(size=shape).astype(np.float32)
    session = _core.Session(environment, write(tmp_path, weight), precision=precision)
    for rows in ROWS:
        feeds = inputs(rows, weight)
        results = session.run(feeds)
        for name, (wanted, size) in exact(weight, feeds).items():
            assert results[name].shape == wanted.shape
            assert (np.abs(results[name] - wanted) <= TOLERANCES[precision] * size).all(), (name, rows)


def test_a_row_does_not_depend_on_its_company(
    environment: _core.Environment, tmp_path: Path, precision: str
) -> None:
    weight = np.random.default_rng(0).normal(size=(70, 50)).astype(np.float32)
    session = _core.Session(environment, write(tmp_path, weight), precision=precision)
    feeds = inputs(150, weight)
    whole = session.run(feeds)
    for part in (slice(0, 1), slice(3, 40), slice(100, 150)):
        some = session.run({name: array[part] for name, array in feeds.items()})
        for name, array in some.items():
            np.testing.assert_array_equal(array, whole[name][part])


def test_what_is_not_a_number_stays_in_its_row(
    environment: _core.Environment, tmp_path: Path, precision: str
) -> None:
    weight = np.random.default_rng(0).normal(size=(40, 50)).astype(np.float32)
    session = _core.Session(environment, write(tmp_path, weight), precision=precision)
    feeds = inputs(40, weight)
    for name in ("x", "dy"):
        feeds[name][5, 7] = np.nan
        feeds[name][33, 0] = np.inf
    for array in session.run(feeds).values():
        finite = np.isfinite(array).all(axis=1)
        assert not finite[[5, 33]].any()
        assert finite.sum() == 38


def test_large_and_small_numbers(environment: _core.Environment, tmp_path: Path, precision: str) -> None:
    weight = np.array([[1e30, -1e30, 1e-30], [2.0, 0.0, -1e-20]], np.float32)
    session = _core.Session(environment, write(tmp_path, weight), precision=precision)
    feeds = {
        "x": np.array([[1e5, 1e5, 1e5], [1e-10, 0, 1e15]], np.float32),
        "dy": np.array([[1e-30, 1.0], [0.0, 1e18]], np.float32),
        "add": np.zeros((2, 3), np.float32),
    }
    for name, (wanted, size) in exact(weight, feeds).items():
        assert (np.abs(session.run(feeds)[name] - wanted) <= TOLERANCES[precision] * size + 1e-37).all()


@pytest.mark.parametrize("ways", ["fp32", "bf16x3"])
def test_precisions_are_what_they_say(environment: _core.Environment, tmp_path: Path, ways: str) -> None:
    """Numbers of few bits come out exactly; others show how many bits were kept."""
    try:
        _core.check_precision("cpu", ways)
    except DeviceUnavailableError as error:
        pytest.skip(str(error))
    whole = np.random.default_rng(0).integers(-100, 100, (33, 20)).astype(np.float32)
    fine = 1 + np.float32(2.0**-12)
    for weight, same in ((whole, True), (whole * fine, ways == "fp32")):
        session = _core.Session(environment, write(tmp_path, weight), precision=ways)
        feeds = {name: np.round(array * 10) for name, array in inputs(40, weight).items()}
        results = session.run(feeds)
        for name, (wanted, _) in exact(weight, feeds).items():
            close = np.abs(results[name] - wanted) <= 1e-6 * np.abs(wanted).max()
            assert close.all() or not same


def test_threads_and_sessions_change_nothing(
    run_python: Callable[..., Any], tmp_path: Path, precision: str
) -> None:
    weight = np.random.default_rng(0).normal(size=(130, 70)).astype(np.float32)
    path = write(tmp_path, weight)
    np.savez(tmp_path / "inputs.npz", **inputs(300, weight))
    script = (
        "import hashlib, json, sys, numpy as np; from bertqa_fast import _core, runtime\n"
        "environment = runtime.environment(threads=int(sys.argv[1]))\n"
        "feeds = dict(np.load(sys.argv[3]))\n"
        "sessions = [_core.Session(environment, sys.argv[2], precision=sys.argv[4]) for _ in range(2)]\n"
        "results = [session.run(feeds) for session in sessions]\n"
        "texts = [b''.join(r[name].tobytes() for name in sorted(r)) for r in results]\n"
        "print(json.dumps([hashlib.sha256(text).hexdigest() for text in texts]))"
    )
    runs = [run_python(script, str(n), path, tmp_path / "inputs.npz", precision) for n in (1, 2, 5)]
    assert len({digest for digests in runs for digest in digests}) == 1


@pytest.mark.parametrize(("isa", "precisions"), [("avx2", {"fp32"}), ("avx512", {"fp32"})])
def test_an_older_processor(
    run_python: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    isa: str,
    precisions: set[str],
) -> None:
    """What BERTQA_FAST_MAX_ISA leaves out is an error, or in fp32 the runtime's own product."""
    monkeypatch.setenv("BERTQA_FAST_MAX_ISA", isa)
    weight = np.random.default_rng(0).normal(size=(9, 7)).astype(np.float32)
    path = write(tmp_path, weight)
    np.savez(tmp_path / "inputs.npz", **inputs(5, weight))
    script = (
        "import json, sys, numpy as np, bertqa_fast as bf; from bertqa_fast import _core, runtime\n"
        "environment = runtime.environment()\n"
        "session = _core.Session(environment, sys.argv[1], profile_prefix=sys.argv[3])\n"
        "results = session.run(dict(np.load(sys.argv[2])))\n"
        "try: _core.Session(environment, sys.argv[1], precision='bf16'); said = ''\n"
        "except bf.DeviceUnavailableError as error: said = str(error)\n"
        "cpu = next(each for each in bf.devices() if each.name == 'cpu')\n"
        "print(json.dumps([session.end_profiling(), {k: v.tolist() for k, v in results.items()}, said,\n"
        "                  cpu.precisions]))"
    )
    profile, results, said, found = run_python(script, path, tmp_path / "inputs.npz", tmp_path / "profile")
    for name, (wanted, size) in exact(weight, inputs(5, weight)).items():
        assert (np.abs(np.array(results[name]) - wanted) <= 1e-6 * size).all()
    events = json.loads(Path(profile).read_text())
    ran = {event["args"]["op_name"] for event in events if "op_name" in event["args"]}
    assert ("Linear" in ran) == (isa == "avx512" and _has_avx512())
    assert "AMX" in said
    assert set(found) == precisions


def _has_avx512() -> bool:
    flags = next((line for line in Path("/proc/cpuinfo").read_text().splitlines() if "flags" in line), "")
    return {"avx512f", "avx512vl", "avx512bw", "avx512dq"} <= set(flags.split())


def test_without_our_products(environment: _core.Environment, tmp_path: Path) -> None:
    weight = np.random.default_rng(0).normal(size=(20, 30)).astype(np.float32)
    path, feeds = write(tmp_path, weight), inputs(6, weight)
    for options in ({"linear_operators": False}, {"fused_operators": False}):
        results = _core.Session(environment, path, **options).run(feeds)
        for name, (wanted, size) in exact(weight, feeds).items():
            assert (np.abs(results[name] - wanted) <= 1e-6 * size).all()
        with pytest.raises(ValueError, match='precision: "bf16" on the CPU is that of our own'):
            _core.Session(environment, path, precision="bf16", **options)


def test_wrong_shapes_are_errors(environment: _core.Environment, tmp_path: Path, precision: str) -> None:
    weight = np.ones((4, 3), np.float32)
    entries, _ = write_weights(tmp_path / "weights.bin", {"w": weight}.items())
    g = Graph("linear", entries)
    x, add = g.input("x", FLOAT, ["M", "K"]), g.input("add", FLOAT, ["P", "Q"])
    g.output(g.fused(LINEAR_BACKWARD_ADD, x, g.weight("w"), add)[0], "y", FLOAT, ["M", 3])
    g.save(tmp_path / "wrong.onnx")
    session = _core.Session(environment, tmp_path / "wrong.onnx", precision=precision)
    good = {"x": np.ones((2, 4), np.float32), "add": np.ones((2, 3), np.float32)}
    np.testing.assert_array_equal(session.run(good)["y"], 5)
    for name, shape in (("x", (2, 5)), ("add", (2, 4)), ("add", (1, 3))):
        with pytest.raises(EngineError, match="LinearBackwardAdd: wanted"):
            session.run(good | {name: np.ones(shape, np.float32)})


def test_a_weight_must_be_known_beforehand(environment: _core.Environment, tmp_path: Path) -> None:
    if not _has_avx512():
        pytest.skip("the function of a Gemm takes any")
    g = Graph("linear", {})
    x, w = g.input("x", FLOAT, ["M", 3]), g.input("w", FLOAT, [4, 3])
    g.output(g.fused(LINEAR, x, w)[0], "y", FLOAT, ["M", 4])
    g.save(tmp_path / "free.onnx")
    with pytest.raises(EngineError, match="Linear: wanted a weight"):
        _core.Session(environment, tmp_path / "free.onnx")
