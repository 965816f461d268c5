"""The products of attention on tiles: against float64, at sizes around those that tiles have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bertqa_fast import _core
from bertqa_fast.errors import DeviceUnavailableError, EngineError
from bertqa_fast.graphs.attention import PRODUCT, PRODUCT_TRANSPOSED_LEFT, PRODUCT_TRANSPOSED_RIGHT
from bertqa_fast.graphs.builder import FLOAT, Graph

# Of the sum of magnitudes: float32, two bfloat16 for a number (three times 2^-16), one (twice 2^-8).
TOLERANCES = {"fp32": 1e-6, "bf16x3": 5e-5, "bf16": 8e-3}
OPERATORS = {"plain": PRODUCT, "left": PRODUCT_TRANSPOSED_LEFT, "right": PRODUCT_TRANSPOSED_RIGHT}
SIZES = [1, 2, 15, 16, 17, 31, 32, 33, 64, 65, 130, 513]


@pytest.fixture(params=sorted(TOLERANCES))
def precision(request: pytest.FixtureRequest) -> str:
    """Return a precision that this processor has."""
    name = str(request.param)
    try:
        _core.check_precision("cpu", name)
    except DeviceUnavailableError as error:
        pytest.skip(str(error))
    return name


def write(folder: Path, which: str) -> Path:
    g = Graph(which, {})
    a, b = (g.input(name, FLOAT, ["B", "A", f"{name}0", f"{name}1"]) for name in "ab")
    g.output(g.fused(OPERATORS[which], a, b)[0], "c", FLOAT, ["B", "A", "M", "N"])
    path = folder / f"{which}.onnx"
    g.save(path)
    return path


def feeds(which: str, sizes: tuple[int, int, int], seed: int = 0) -> tuple[dict[str, np.ndarray], ...]:
    """Return the factors as the operator takes them, and as they are multiplied, in float64."""
    rows, depth, columns = sizes
    random = np.random.default_rng(seed)
    a = random.normal(size=(2, 3, rows, depth)).astype(np.float32)
    b = random.normal(size=(2, 3, depth, columns)).astype(np.float32)
    given = {
        "a": np.ascontiguousarray(a.swapaxes(2, 3)) if which == "left" else a,
        "b": np.ascontiguousarray(b.swapaxes(2, 3)) if which == "right" else b,
    }
    return given, {"a": a.astype(np.float64), "b": b.astype(np.float64)}


@pytest.mark.parametrize("which", OPERATORS)
def test_products_of_every_size(
    environment: _core.Environment, tmp_path: Path, precision: str, which: str
) -> None:
    session = _core.Session(environment, write(tmp_path, which), precision=precision)
    random = np.random.default_rng(1)
    several = [tuple(random.choice(SIZES, 3).tolist()) for _ in range(40)]
    for sizes in [(n, n, n) for n in SIZES[:-1]] + several + [(33, 1030, 17)]:
        given, exact = feeds(which, sizes)
        got = session.run(given)["c"]
        size = np.abs(exact["a"]) @ np.abs(exact["b"])
        tolerance = TOLERANCES["bf16x3" if (precision, which) == ("bf16", "right") else precision]
        assert (np.abs(got - exact["a"] @ exact["b"]) <= tolerance * size).all(), sizes


@pytest.mark.parametrize("which", OPERATORS)
def test_nothing_to_multiply(
    environment: _core.Environment, tmp_path: Path, precision: str, which: str
) -> None:
    session = _core.Session(environment, write(tmp_path, which), precision=precision)
    for sizes in ((0, 4, 3), (2, 4, 0)):
        given, _ = feeds(which, sizes)
        assert session.run(given)["c"].shape == (2, 3, sizes[0], sizes[2])


def test_what_is_not_a_number_stays_where_it_is(
    environment: _core.Environment, tmp_path: Path, precision: str
) -> None:
    session = _core.Session(environment, write(tmp_path, "plain"), precision=precision)
    given, _ = feeds("plain", (40, 20, 35))
    given["a"][1, 2, 7, 3] = np.nan
    broken = ~np.isfinite(session.run(given)["c"])
    assert broken[1, 2, 7].all()
    assert broken.sum() == 35


@pytest.mark.parametrize("which", OPERATORS)
def test_wrong_shapes_are_errors(
    environment: _core.Environment, tmp_path: Path, precision: str, which: str
) -> None:
    session = _core.Session(environment, write(tmp_path, which), precision=precision)
    given, _ = feeds(which, (4, 5, 6))
    for wrong in (given["b"][:, :, 1:, 1:], given["b"][:, :2]):
        with pytest.raises(EngineError):
            session.run(given | {"b": np.ascontiguousarray(wrong)})
