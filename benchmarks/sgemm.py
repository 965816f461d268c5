"""How fast does this machine multiply float32 matrices? The limit that every contender works under."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from measure import every_turn, spread, take_turns
from numpy.typing import NDArray
from onnx import helper, numpy_helper

from bertqa_fast import _core, runtime

PRODUCTS = 4  # in one call of either, one after the other, so that what surrounds them hardly counts


def runtime_products(size: int, right: Any, folder: Path) -> _core.Session:
    """Make a session that multiplies its input by a constant matrix, ``PRODUCTS`` times over."""
    names = ["left", *(f"product_{number}" for number in range(PRODUCTS))]
    nodes = [helper.make_node("MatMul", [before, "right"], [after]) for before, after in pairwise(names)]
    ends = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [size, size])
        for name in (names[0], names[-1])
    ]
    graph = helper.make_graph(
        nodes, "products", ends[:1], ends[1:], [numpy_helper.from_array(right, "right")]
    )
    path = folder / "products.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), path)
    return _core.Session(runtime.environment(), path)


@contextmanager
def products(size: int) -> Iterator[dict[str, Callable[[], NDArray[np.float32]]]]:
    """Give torch.mm and the runtime's MatMul, with the threads that both have at present.

    Either makes ``PRODUCTS`` products of ``size`` cubed when called; both have been warmed up, and agree.
    """
    import torch

    rng = np.random.default_rng(0)
    left = rng.normal(size=(size, size)).astype(np.float32)
    right = (rng.normal(size=(size, size)) / size**0.5).astype(np.float32)
    torch_left, torch_right = torch.from_numpy(left), torch.from_numpy(right)

    def with_torch() -> NDArray[np.float32]:
        with torch.inference_mode():
            product = torch_left
            for _number in range(PRODUCTS):
                product = torch.mm(product, torch_right)
            answer: NDArray[np.float32] = product.numpy()
        return answer

    with tempfile.TemporaryDirectory() as folder:
        session = runtime_products(size, right, Path(folder))

        def with_runtime() -> NDArray[np.float32]:
            [product] = session.run({"left": left}).values()
            return product

        contenders = {"torch_mm": with_torch, "runtime_matmul": with_runtime}
        for run in contenders.values():
            run()
        one, other = (run() for run in contenders.values())
        assert np.linalg.norm(one - other) < 1e-4 * np.linalg.norm(one)
        yield contenders


def products_gflop(size: int) -> float:
    """Return the work of one call of either contender."""
    return PRODUCTS * 2 * size**3 / 1e9


def sgemm_rate(size: int = 2048, rounds: int = 7) -> dict[str, Any]:
    """Measure torch.mm and the runtime's MatMul in turn, with the threads that both have at present.

    Returns
    -------
    dict
        GFLOP/s of either (median and spread), and ``best``, the larger of the medians.
    """
    with products(size) as contenders:
        seconds, _ = take_turns({name: every_turn(run) for name, run in contenders.items()}, rounds)
    work = products_gflop(size)
    found: dict[str, Any] = {name: spread([work / s for s in times]) for name, times in seconds.items()}
    return {"size": size, **found, "best": max(found[name]["median"] for name in contenders)}
