"""Which operators is the runtime's time spent in?

    python benchmarks/operators.py [--model MODEL | --layers 4 --hidden 768 --heads 12 --intermediate 3072]
                                   [--rows 8] [--tokens 192] [--repeats 5] [--threads N]

Builds blocks and their backward twins over random weights of these sizes (of MODEL's sizes, if given), runs
them in turn with the functions of plain operators, with the engine's kernels but the runtime's products, and
with the engine's products in each precision that the processor has, and prints where the runtime's profiler
saw the time go: the share of matrix products, and the rest by operator. A node counts with its shortest run:
other work on the machine then drops out, unless a node takes longer than it is ever left alone. All ways must
give the same result, to their precision, before a figure is printed.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine

from bertqa_fast import _core, runtime
from bertqa_fast.errors import DeviceUnavailableError
from bertqa_fast.graphs.block import block, block_backward
from bertqa_fast.graphs.builder import FLOAT, INT64, Graph
from bertqa_fast.graphs.composed import attention_bias
from bertqa_fast.graphs.spec import EncoderSpec
from bertqa_fast.graphs.weights import write_weights

PRODUCTS = {
    *("Gemm", "MatMul", "FusedMatMul", "FusedGemm"),
    *("Linear", "LinearBackward", "LinearBackwardAdd"),
}
TOLERANCES = {"functions": 1e-5, "runtime's products": 1e-5, "fp32": 1e-5, "bf16x3": 1e-4, "bf16": 5e-2}


def random_weights(spec: EncoderSpec, rng: np.random.Generator) -> Any:
    """Yield the weights of all blocks, at a scale that keeps the size of what goes through."""
    H, wide = spec.hidden_size, spec.intermediate_size
    linear = {"qkv": (3 * H, H), "attention_output": (H, H), "intermediate": (wide, H), "output": (H, wide)}
    for layer in range(spec.num_layers):
        for name, shape in linear.items():
            weight = rng.normal(0, shape[1] ** -0.5, shape).astype(np.float32)
            if name == "qkv":
                weight[:H] *= spec.head_size**-0.5
            yield f"layer.{layer}.{name}.weight", weight
            yield f"layer.{layer}.{name}.bias", rng.normal(0, 0.1, shape[0]).astype(np.float32)
        for name in ("attention_norm", "output_norm"):
            yield f"layer.{layer}.{name}.weight", rng.normal(1, 0.1, H).astype(np.float32)
            yield f"layer.{layer}.{name}.bias", rng.normal(0, 0.1, H).astype(np.float32)


def write_graph(folder: Path, spec: EncoderSpec) -> Path:
    """Write blocks up and down again."""
    entries, _ = write_weights(folder / "weights.bin", random_weights(spec, np.random.default_rng(0)))
    g = Graph("gradient", entries)
    x = g.input("x", FLOAT, ["N", spec.hidden_size])
    dy = g.input("dy", FLOAT, ["N", spec.hidden_size])
    sizes = g.input("sizes", INT64, [2])
    bias = attention_bias(g, g.input("mask", FLOAT, ["B", "T"]))
    saved = []
    for layer in range(spec.num_layers):
        x, kept = block(g, spec, layer, x, sizes, bias)
        saved.append(kept)
    g.output(x, "y", FLOAT, ["N", spec.hidden_size])
    for kept in reversed(saved):
        dy = block_backward(g, spec, dy, sizes, kept)
    g.output(dy, "dx", FLOAT, ["N", spec.hidden_size])
    g.save(folder / "gradient.onnx")
    return folder / "gradient.onnx"


class Contender:
    """One way to run the graph: a session, and what its profile says when all runs are done."""

    def __init__(self, path: Path, **options: Any) -> None:
        prefix = str(path.parent / "profile")
        self.session = _core.Session(runtime.environment(), path, profile_prefix=prefix, **options)
        self.result: Any = None

    def run(self, feeds: dict[str, np.ndarray]) -> None:
        self.result = self.session.run(feeds)

    def seconds(self) -> dict[str, float]:
        """Return seconds by operator, of every node's shortest run."""
        nodes: dict[str, tuple[str, list[float]]] = {}
        for event in json.loads(Path(self.session.end_profiling()).read_text()):
            if event.get("cat") == "Node" and event["name"].endswith("_kernel_time"):
                kind = event["args"]["op_name"]
                nodes.setdefault(event["name"], (kind, []))[1].append(event["dur"] * 1e-6)
        seconds: dict[str, float] = defaultdict(float)
        for kind, times in nodes.values():
            seconds[kind] += min(times[1:])  # the first run is warm-up
        return dict(seconds)


def contenders(path: Path) -> dict[str, Contender]:
    """Give the ways that this processor has: name and session."""
    ways: dict[str, dict[str, Any]] = {
        "functions": {"fused_operators": False},
        "runtime's products": {"linear_operators": False},
        "fp32": {},
        "bf16x3": {"precision": "bf16x3"},
        "bf16": {"precision": "bf16"},
    }
    made = {}
    for name, options in ways.items():
        try:
            made[name] = Contender(path, **options)
        except DeviceUnavailableError as error:
            print(f"{name}: skipped, {error}", file=sys.stderr)
    return made


def report(seconds: dict[str, float]) -> dict[str, Any]:
    total = sum(seconds.values())
    products = sum(time for kind, time in seconds.items() if kind in PRODUCTS)
    ordered = sorted(seconds.items(), key=lambda item: -item[1])
    return {
        "milliseconds": round(1e3 * total, 2),
        "share_of_products": round(products / total, 4),
        "by_operator": {kind: round(1e3 * time, 3) for kind, time in ordered},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", type=Path, help="a folder with a config.json, for its sizes")
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--hidden", type=int, default=768)
    parser.add_argument("--heads", type=int, default=12)
    parser.add_argument("--intermediate", type=int, default=3072)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=192)
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--threads", type=int)
    options = parser.parse_args()

    sizes = [options.layers, options.hidden, options.heads, options.intermediate]
    if options.model:
        config = json.loads((options.model / "config.json").read_text())
        names = ("num_hidden_layers", "hidden_size", "num_attention_heads", "intermediate_size")
        sizes = [config[name] for name in names]
    spec = EncoderSpec(*sizes, 1, 1, 1, 1e-12, "gelu")
    environment = runtime.environment(options.threads)
    B, T, H = options.rows, options.tokens, spec.hidden_size
    rng = np.random.default_rng(1)
    x, dy = rng.normal(size=(2, B * T, H)).astype(np.float32)
    mask = (np.arange(T)[None] < rng.integers(T // 2, T + 1, B)[:, None]).astype(np.float32)
    feeds = {"x": x, "dy": dy, "mask": mask, "sizes": np.array([B, T])}
    with tempfile.TemporaryDirectory() as folder:
        ways = contenders(write_graph(Path(folder), spec))
        for _ in range(1 + options.repeats):
            for way in ways.values():
                way.run(feeds)
        results = {name: report(way.seconds()) for name, way in ways.items()}
    plain = ways["functions"].result
    for name, way in ways.items():
        for output in ("y", "dx"):
            difference = np.linalg.norm(way.result[output] - plain[output]) / np.linalg.norm(plain[output])
            results[name][f"difference_of_{output}"] = float(f"{difference:.2e}")
            assert difference < TOLERANCES[name], f"{name}: {output} differs by {difference:.1e}"
    for title, figures in results.items():
        share = figures["share_of_products"]
        print(f"{title}: {figures['milliseconds']:.0f} ms, {share:.1%} in matrix products", file=sys.stderr)
        for kind, milliseconds in figures["by_operator"].items():
            share = milliseconds / figures["milliseconds"]
            print(f"    {kind:20} {milliseconds:9.2f} ms {share:6.1%}", file=sys.stderr)
    shape = {"layers": spec.num_layers, "hidden": H, "heads": spec.num_heads, "rows": B, "tokens": T}
    print(
        json.dumps(
            {
                "question": "share of the runtime's time in matrix products, up and down through the blocks",
                **shape,
                "intermediate": spec.intermediate_size,
                "threads": environment.threads,
                "repeats": options.repeats,
                **results,
                "machine": describe_machine("onnxruntime", "numpy"),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
