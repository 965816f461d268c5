"""How much of an attribution is spent outside the runtime's own calls?

    python benchmarks/overhead.py --model MODEL [--data dev.json] [--questions 8] [--repeats 5]

Attributes real or generated questions at every layer with 50 Gauss-Legendre nodes and compares the wall time
of ``bertqa_fast.integrated_gradients`` (tokenisation, ranking, planning, copies and result objects included)
with the seconds that the engine spent inside ONNX Runtime in the same calls. Checks that the attributions
are complete before it prints a figure.
"""

from __future__ import annotations

import argparse
import json
import statistics
import time
from typing import Any

from machine import describe_machine

import bertqa_fast as bf
from bertqa_fast.data.corpus import builtin_corpus


class Recorder:
    """Stands in for the engine's model and adds up the runtime's seconds."""

    def __init__(self, core: Any) -> None:
        self._core = core
        self.runtime_seconds = 0.0

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._core, name)

        def call(*arguments: Any, **keywords: Any) -> Any:
            out = method(*arguments, **keywords)
            self.runtime_seconds += out["statistics"]["runtime_seconds"]
            return out

        return call


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--model", required=True)
    parser.add_argument("--data", help="SQuAD file; the built-in corpus by default")
    parser.add_argument("--questions", type=int, default=8)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()

    examples = (
        bf.read_squad(options.data) if options.data else builtin_corpus("dev", questions=options.questions)
    )
    examples = examples[: options.questions]
    shares: list[float] = []
    walls: list[float] = []
    with bf.load(options.model) as model:
        for result in bf.integrated_gradients(model, examples, layer="all"):  # warm: sessions are made here
            for layer in result.values():
                assert layer.converged, layer
        recorder = Recorder(model.core)
        model._core = recorder  # type: ignore[assignment]
        for _ in range(options.repeats):
            recorder.runtime_seconds = 0.0
            start = time.perf_counter()
            bf.integrated_gradients(model, examples, layer="all")
            wall = time.perf_counter() - start
            walls.append(wall)
            shares.append(1 - recorder.runtime_seconds / wall)
    print(
        json.dumps(
            {
                "question": "share of the wall time outside runtime calls",
                "median": statistics.median(shares),
                "range": [min(shares), max(shares)],
                "wall_seconds": statistics.median(walls),
                "questions": len(examples),
                "layers": model.num_layers + 1,
                "machine": describe_machine("onnxruntime", "numpy", "transformers"),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
