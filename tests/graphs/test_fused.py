"""Fused operators: kernels against numpy in float64, and against the functions that they stand for."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest

from bertqa_fast import _core
from bertqa_fast.errors import EngineError
from bertqa_fast.graphs.activations import GELU, GELU_TANH
from bertqa_fast.graphs.attention import (
    MASKED_SOFTMAX,
    MERGE_HEADS,
    MERGE_QKV,
    SOFTMAX_BACKWARD,
    SPLIT_HEADS,
    SPLIT_QKV,
)
from bertqa_fast.graphs.builder import DOMAIN, FLOAT, INT64, Fused, Graph
from bertqa_fast.graphs.norm import ADD_NORM, ADD_NORM_BACKWARD, NORM_BACKWARD
from bertqa_fast.graphs.qa_head import LOWEST

Arrays = list[np.ndarray]
OPERATORS = [
    *(GELU, GELU_TANH, ADD_NORM, NORM_BACKWARD, ADD_NORM_BACKWARD, MASKED_SOFTMAX, SOFTMAX_BACKWARD),
    *(SPLIT_QKV, SPLIT_HEADS, MERGE_QKV, MERGE_HEADS),
]
SIZES = [(1, 1, 1, 1), (2, 7, 3, 5), (3, 33, 6, 16), (2, 64, 2, 64)]  # B, T, A, D


def write(path: Path, operator: Fused, arrays: Arrays, outputs: int, attributes: dict[str, float]) -> Path:
    g = Graph("fused", {})
    for name, array in zip(operator.inputs, arrays, strict=True):
        kind = INT64 if array.dtype.kind == "i" else FLOAT
        g.input(name, kind, [f"{name}_{axis}" for axis in range(array.ndim)])
    results = g.fused(operator, *operator.inputs, **attributes)
    for i, result in enumerate(results[:outputs]):
        rank = 4 if "Split" in operator.name or "Softmax" in operator.name else 2
        g.output(result, f"output_{i}", FLOAT, [f"output_{i}_{axis}" for axis in range(rank)])
    g.save(path)
    onnx.checker.check_model(path, full_check=True)
    return path


def single(array: Any) -> np.ndarray:
    given = np.asarray(array)
    return np.ascontiguousarray(given, dtype=np.int64 if given.dtype.kind == "i" else np.float32)


@pytest.fixture
def run(environment: _core.Environment, tmp_path: Path) -> Callable[..., Arrays]:
    """Run one operator: ``run(operator, *arrays, kernel=True, outputs=None, **attributes)``."""

    def run(
        operator: Fused, *arrays: Any, kernel: bool = True, outputs: int = 0, **attributes: float
    ) -> Arrays:
        given = [single(array) for array in arrays]
        outputs = outputs or operator.outputs
        path = write(tmp_path / "fused.onnx", operator, given, outputs, attributes)
        session = _core.Session(environment, path, fused_operators=kernel)
        results = session.run(dict(zip(operator.inputs, given, strict=True)))
        return [np.asarray(results[f"output_{i}"]) for i in range(outputs)]

    return run


def normal(*shape: int, seed: int = 0, scale: float = 1.0) -> np.ndarray:
    return np.random.default_rng([seed, *shape]).normal(0, scale, shape).astype(np.float32)


def close(got: np.ndarray, wanted: np.ndarray, tolerance: float = 4e-7) -> None:
    """Relative to the largest of what is wanted, and to 1."""
    assert got.shape == wanted.shape
    np.testing.assert_allclose(got, wanted, rtol=0, atol=tolerance * max(1.0, float(np.abs(wanted).max())))


erfc = np.vectorize(math.erfc)


def gelu(u: np.ndarray) -> Arrays:
    phi = erfc(-u / np.sqrt(2)) / 2
    return [u * phi, phi + u * np.exp(-u * u / 2) / np.sqrt(2 * np.pi)]


def gelu_tanh(u: np.ndarray) -> Arrays:
    scale = np.sqrt(2 / np.pi)
    tanh = np.tanh(scale * (u + 0.044715 * u**3))
    slope = (1 + tanh) / 2 + u / 2 * (1 - tanh**2) * scale * (1 + 3 * 0.044715 * u * u)
    return [u / 2 * (1 + tanh), slope]


@pytest.mark.parametrize(("operator", "formula"), [(GELU, gelu), (GELU_TANH, gelu_tanh)])
@pytest.mark.parametrize("shape", [(1, 1), (3, 200), (40, 7), (9, 4097)])
def test_activations(run: Any, operator: Fused, formula: Any, shape: tuple[int, int]) -> None:
    u, bias = normal(*shape, scale=4), normal(shape[1], seed=1)
    for got, wanted in zip(run(operator, u, bias), formula((u + bias).astype(np.float64)), strict=True):
        close(got, wanted)


def test_gelu_keeps_its_digits_in_the_tail(run: Any) -> None:
    u = np.linspace(-9, 9, 20001, dtype=np.float32)[None]
    value, slope = run(GELU, u, np.zeros(u.shape[1]))
    exact = gelu(u.astype(np.float64))
    np.testing.assert_allclose(value, exact[0], rtol=4e-6, atol=1e-30)
    np.testing.assert_allclose(slope, exact[1], rtol=0, atol=3e-7)


@pytest.mark.parametrize("operator", [GELU, GELU_TANH])
def test_activations_far_out(run: Any, operator: Fused) -> None:
    u = np.array([[0.0, -0.0, 1e-40, -1e-40, 20, -20, 1e15, -1e15, 3e38, -3e38, np.nan]])
    value, slope = run(operator, u, np.zeros(u.shape[1]))
    np.testing.assert_allclose(value[0], [0, 0, 0, 0, 20, 0, 1e15, 0, 3e38, 0, np.nan], atol=1e-38)
    np.testing.assert_allclose(slope[0], [0.5] * 4 + [1, 0] * 3 + [np.nan])


@pytest.mark.parametrize("shape", [(1, 1), (3, 7), (33, 96), (70, 768)])
@pytest.mark.parametrize("epsilon", [1e-12, 1e-5])
def test_add_norm_and_its_twin(run: Any, shape: tuple[int, int], epsilon: float) -> None:
    a, b, dy, other = (normal(*shape, seed=i, scale=3) for i in range(4))
    bias, weight, shift = (normal(shape[1], seed=i) for i in range(4, 7))
    y, z, inverse_std = run(ADD_NORM, a, bias, b, weight, shift, epsilon=epsilon)
    x = a.astype(np.float64) + bias + b
    deviation = x - x.mean(-1, keepdims=True)
    std = np.sqrt((deviation**2).mean(-1, keepdims=True) + epsilon)
    close(z, deviation / std, 1e-6)
    close(y, deviation / std * weight + shift, 1e-6)
    np.testing.assert_allclose(inverse_std, 1 / std, rtol=1e-6)
    for operator, gradients in ((NORM_BACKWARD, [dy]), (ADD_NORM_BACKWARD, [dy, other])):
        [dx] = run(operator, *gradients, z, inverse_std, weight)
        d = sum(g.astype(np.float64) for g in gradients) * weight
        centred = d - d.mean(-1, keepdims=True) - z * (d * z.astype(np.float64)).mean(-1, keepdims=True)
        close(dx, centred * inverse_std, 1e-6)


def test_norm_of_large_numbers_and_of_equal_ones(run: Any) -> None:
    """A difference of squares would have lost all digits of the first; the second has no variance at all."""
    x = 1e4 + normal(2, 384)
    flat = np.full((1, 384), 3.0)
    ones, zeros = np.ones(384), np.zeros(384)
    y, _, _ = run(ADD_NORM, x, zeros, np.zeros_like(x), ones, zeros, epsilon=1e-12)
    exact = x.astype(np.float64) - x.astype(np.float64).mean(-1, keepdims=True)
    close(y, exact / exact.std(-1, keepdims=True), 2e-3)
    y, z, inverse_std = run(ADD_NORM, flat, zeros, 0 * flat, ones, zeros + 0.5, epsilon=1e-12)
    np.testing.assert_array_equal(z, 0)
    np.testing.assert_array_equal(y, 0.5)
    np.testing.assert_allclose(inverse_std, 1e6)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("spread", [0.0, 1.0, 30.0])
@pytest.mark.parametrize("kind", ["keys", "cells", "cells of heads", "keys of heads"])
def test_softmax_and_its_twin(run: Any, size: tuple[int, ...], spread: float, kind: str) -> None:
    B, T, A, _ = size
    scores = normal(B, A, T, T, scale=spread)
    shape = (B, A if "heads" in kind else 1, T if "cells" in kind else 1, T)
    masked = np.random.default_rng(3).random(shape) < 0.4
    masked[..., 0] = False
    [p] = run(MASKED_SOFTMAX, scores, np.where(masked, LOWEST, 0.0))
    kept = np.where(masked, np.float32(-np.inf), scores)
    wanted = np.exp((kept - kept.max(-1, keepdims=True)).astype(np.float64))
    wanted /= wanted.sum(-1, keepdims=True)
    np.testing.assert_allclose(p, wanted, rtol=1e-6, atol=3e-38)
    np.testing.assert_array_equal(p[np.broadcast_to(masked, p.shape)], 0)
    dp = normal(B, A, T, T, seed=1)
    [ds] = run(SOFTMAX_BACKWARD, p, dp)
    exact = p.astype(np.float64)
    # The sum over keys is rounded at every step where the compiler does not vectorise it.
    close(ds, exact * (dp - (exact * dp).sum(-1, keepdims=True)), 1e-6)


def test_softmax_of_extremes(run: Any) -> None:
    rows = np.array([[3e38, 1, -3e38], [-3e38, -3e38, -3e38], [0, 0, np.nan], [100, 0, -100]])
    scores = np.zeros((1, 4, 3, 3)) + rows[None, :, None]
    [p] = run(MASKED_SOFTMAX, scores, np.zeros((1, 1, 1, 3)))
    np.testing.assert_array_equal(p[0, 0], [[1, 0, 0]] * 3)
    np.testing.assert_allclose(p[0, 1], 1 / 3, rtol=1e-6)
    assert np.isnan(p[0, 2]).all()
    np.testing.assert_allclose(p[0, 3], [[1, math.exp(-100), 0]] * 3, atol=1e-37)
    [p] = run(MASKED_SOFTMAX, normal(1, 1, 2, 5), np.full((1, 1, 1, 5), LOWEST))
    np.testing.assert_allclose(p, 0.2, rtol=1e-6)  # nobody to attend to: everybody, as in transformers


@pytest.mark.parametrize("kernel", [True, False])
@pytest.mark.parametrize("size", SIZES)
def test_heads_are_dealt_out_and_gathered(run: Any, size: tuple[int, ...], kernel: bool) -> None:
    B, T, A, D = size
    x, bias = normal(B * T, 3 * A * D), normal(3 * A * D, seed=1)
    sizes = np.array([B, T])
    parts = run(SPLIT_QKV, x, bias, sizes, np.array([3, A, D]), kernel=kernel)
    wanted = (x + bias).reshape(B, T, 3, A, D).transpose(2, 0, 3, 1, 4)
    np.testing.assert_array_equal(parts, wanted)
    np.testing.assert_array_equal(run(MERGE_QKV, *parts, kernel=kernel)[0], x + bias)
    rows = np.ascontiguousarray(x[:, : A * D])
    [part] = run(SPLIT_HEADS, rows, sizes, np.array([A, D]), kernel=kernel)
    np.testing.assert_array_equal(part, rows.reshape(B, T, A, D).transpose(0, 2, 1, 3))
    np.testing.assert_array_equal(run(MERGE_HEADS, part, kernel=kernel)[0], rows)


def example(
    operator: Fused, B: int = 2, T: int = 33, A: int = 6, D: int = 16
) -> tuple[list[Any], dict[str, float]]:
    """Make inputs of an operator, and its attributes."""
    H = A * D
    shapes: dict[str, tuple[int, ...]] = {
        **dict.fromkeys(("u", "a", "b", "dy", "z", "x"), (B * T, H)),
        **dict.fromkeys(("scores", "p", "dp"), (B, A, T, T)),
        **dict.fromkeys(("query", "key", "value"), (B, A, T, D)),
        **dict.fromkeys(("weight", "shift"), (H,)),
        "inverse_std": (B * T, 1),
        "bias": (B, 1, 1, T) if operator is MASKED_SOFTMAX else (H,),
    }
    whole = {"sizes": np.array([B, T]), "layout": np.array([A, D])}
    if operator is SPLIT_QKV:
        shapes |= {"x": (B * T, 3 * H), "bias": (3 * H,)}
        whole["layout"] = np.array([3, A, D])
    if operator is MERGE_HEADS:
        shapes["x"] = (B, A, T, D)
    arrays = [whole[n] if n in whole else normal(*shapes[n], seed=i) for i, n in enumerate(operator.inputs)]
    return arrays, {"epsilon": 1e-5} if operator.attributes else {}


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
def test_kernels_agree_with_the_functions(run: Any, operator: Fused) -> None:
    arrays, attributes = example(operator)
    kernel = run(operator, *arrays, **attributes)
    function = run(operator, *arrays, kernel=False, **attributes)
    for ours, plain in zip(kernel, function, strict=True):
        close(ours, plain, 3e-6)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
def test_nan_comes_out_where_the_functions_let_it(run: Any, operator: Fused) -> None:
    arrays, attributes = example(operator, T=5)
    for array in arrays:
        if array.dtype == np.float32:
            array.reshape(-1)[array.size // 2] = np.nan
            both = [run(operator, *arrays, kernel=kernel, **attributes) for kernel in (True, False)]
            for ours, plain in zip(*both, strict=True):
                np.testing.assert_array_equal(np.isnan(ours), np.isnan(plain))
            array.reshape(-1)[array.size // 2] = 1.0


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
def test_nothing_in_nothing_out(run: Any, operator: Fused) -> None:
    arrays, attributes = example(operator, B=0, T=3)
    assert all(result.size == 0 for result in run(operator, *arrays, **attributes))


@pytest.mark.parametrize("operator", [GELU, GELU_TANH, ADD_NORM], ids=lambda operator: operator.name)
def test_outputs_that_nothing_uses_are_left_out(run: Any, tmp_path: Path, operator: Fused) -> None:
    arrays, attributes = example(operator)
    [alone] = run(operator, *arrays, outputs=1, **attributes)
    model = onnx.load(tmp_path / "fused.onnx")
    assert len(model.graph.node[0].output) == len(model.functions[0].output) == 1
    np.testing.assert_array_equal(alone, run(operator, *arrays, **attributes)[0])
    close(alone, run(operator, *arrays, outputs=1, kernel=False, **attributes)[0], 3e-6)


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
@pytest.mark.parametrize("kernel", [True, False])
def test_kernels_run_where_they_are_and_functions_elsewhere(
    environment: _core.Environment, tmp_path: Path, operator: Fused, kernel: bool
) -> None:
    arrays, attributes = example(operator)
    arrays = [single(array) for array in arrays]
    path = write(tmp_path / "fused.onnx", operator, arrays, operator.outputs, attributes)
    session = _core.Session(
        environment, path, fused_operators=kernel, profile_prefix=str(tmp_path / "profile")
    )
    session.run(dict(zip(operator.inputs, arrays, strict=True)))
    events = json.loads(Path(session.end_profiling()).read_text())
    ran = {event["args"]["op_name"] for event in events if "op_name" in event["args"]}
    assert (ran - {"Identity"} == {operator.name}) == kernel
    assert (operator.name in ran) == kernel


@pytest.mark.parametrize("operator", OPERATORS, ids=lambda operator: operator.name)
def test_wrong_shapes_are_errors(run: Any, operator: Fused) -> None:
    arrays, attributes = example(operator)
    if operator is MERGE_HEADS:
        pytest.skip("whatever it is given has a shape to go by")
    arrays[0] = arrays[0][..., 1:]
    with pytest.raises(EngineError, match=f"{operator.name}: wanted"):
        run(operator, *arrays, **attributes)


def test_functions_run_in_onnx_itself(tmp_path: Path) -> None:
    """No runtime of ours: the reference implementation knows nothing but the file."""
    from onnx.reference import ReferenceEvaluator

    arrays, attributes = example(MASKED_SOFTMAX)
    path = write(tmp_path / "fused.onnx", MASKED_SOFTMAX, arrays, 1, attributes)
    [p] = ReferenceEvaluator(str(path)).run(None, dict(zip(MASKED_SOFTMAX.inputs, arrays, strict=True)))
    np.testing.assert_allclose(p.sum(-1), 1, rtol=1e-5)


def test_threads_change_nothing(run_python: Callable[..., Any], tmp_path: Path) -> None:
    paths = []
    for operator in OPERATORS:
        arrays, attributes = example(operator, B=4, T=64)
        path = tmp_path / f"{operator.name}.onnx"
        paths.append(write(path, operator, arrays, operator.outputs, attributes))
        np.savez(tmp_path / operator.name, **dict(zip(operator.inputs, arrays, strict=True)))
    script = (
        "import hashlib, json, pathlib, sys, numpy as np; from bertqa_fast import _core, runtime\n"
        "environment = runtime.environment(threads=int(sys.argv[1]))\n"
        "digests = []\n"
        "for name in sys.argv[2:]:\n"
        "    path = pathlib.Path(name)\n"
        "    arrays = dict(np.load(path.with_suffix('.npz')))\n"
        "    results = _core.Session(environment, path).run(arrays)\n"
        "    joined = b''.join(results[name].tobytes() for name in sorted(results))\n"
        "    digests.append(hashlib.sha256(joined).hexdigest())\n"
        "print(json.dumps([environment.threads, digests]))"
    )
    (one, alone), (three, together) = (run_python(script, str(n), *paths) for n in (1, 3))
    assert (one, three) == (1, 3)
    assert alone == together


def test_every_kernel_has_a_function(root: Path) -> None:
    """And the other way round; the domain's name is the same on both sides."""
    source = (root / "csrc/runtime/fused_operators.cpp").read_text()
    for operator in OPERATORS:
        assert f'kName = "{operator.name}"' in source
    assert source.count("kName = ") == len(OPERATORS)
    assert f'CreateCustomOpDomain("{DOMAIN}"' in source
