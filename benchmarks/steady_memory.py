"""Does a process that attributes all day keep its size?

    python benchmarks/steady_memory.py [--device cpu] [--precision fp32] [--calls 2000] [--after 200]
    python benchmarks/steady_memory.py --quick

A small reader with random weights, every layer, fixed nodes; one question a call, of 8 to 128 tokens in an
order drawn from a seed. What is resident (`Rss` in `/proc/self/smaps_rollup`) is read every `--after` calls;
at the end it has to be within 3 % of what it was the first time. The memory of a GPU in software is the
process's own, that of a real one is not seen.

Asserts that every result has its question's tokens and finite scores, and that one question has the same
scores whenever it is asked again (relative L1, 1e-5).
"""

from __future__ import annotations

import argparse
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine
from measure import finish, goal, note, options_parser, relative_l1
from random_reader import base_reader, questions_of

import bertqa_fast as bf
from bertqa_fast.runtime import environment

GROWTH = 1.03


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", default="fp32")
    parser.add_argument("--calls", type=int, default=2000)
    parser.add_argument("--after", type=int, default=200, help="calls before each reading")
    parser.add_argument("--tokens", type=int, nargs=2, default=[8, 128], help="fewest and most of a question")
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--layers", type=int, default=3)
    parser.add_argument("--hidden", type=int, default=96, help="width of the reader, a multiple of 4")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--option", action="append", default=[], help="KEY=VALUE of the device's provider")
    options = parser.parse_args()
    if options.quick:
        options.calls, options.after, options.nodes = 20, 10, 2
    return options


def resident() -> dict[str, int]:
    """Return the resident bytes of this process, exactly, and how many of them no file has."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    found = {name: int(rest.split()[0]) * 1024 for name, _, rest in (line.partition(":") for line in lines)}
    return {"resident": found["Rss"], "anonymous": found["Anonymous"]}


def attribute(model: bf.Model, example: bf.QAExample, nodes: int) -> bf.LayerAttributions:
    return bf.integrated_gradients(
        model, example, layer="all", method="gausslegendre", n_steps=nodes, show_progress=False
    )


def read_along(model: bf.Model, options: argparse.Namespace) -> list[dict[str, Any]]:
    """Make the calls; return what was resident along the way, and the seconds that each stretch took."""
    fewest, most = options.tokens
    rng = np.random.default_rng(options.seed)
    probe = questions_of(most // 2, 1)[0]
    wanted, readings = None, []
    began = time.perf_counter()
    for call in range(1, options.calls + 1):
        tokens = int(rng.integers(fewest, most + 1))
        result = attribute(model, questions_of(tokens, 1, seed=call)[0], options.nodes)
        assert len(result) == model.num_layers + 1
        assert all(len(each.tokens) == tokens == len(each.scores) for each in result.values())
        assert all(np.isfinite(each.scores).all() for each in result.values())
        if call % options.after == 0:
            got = {layer: each.scores for layer, each in attribute(model, probe, options.nodes).items()}
            wanted = wanted or got
            assert max(relative_l1(got[layer], wanted[layer]) for layer in wanted) < 1e-5
            seconds = time.perf_counter() - began
            readings.append({"calls": call, "seconds": seconds, **resident()})
            note(f"{call} calls, {seconds:.0f} s: {readings[-1]['resident'] / 2**20:.1f} MiB")
    return readings


def main() -> None:
    options = arguments()
    sizes = {
        "num_hidden_layers": options.layers,
        "hidden_size": options.hidden,
        "num_attention_heads": 4,
        "intermediate_size": 4 * options.hidden,
    }
    given = dict(option.split("=", 1) for option in options.option)
    with tempfile.TemporaryDirectory() as folder:
        _, exported = base_reader(Path(folder), **sizes)
        with bf.load(
            exported,
            device=options.device,
            precision=options.precision,
            threads=options.threads,
            provider_options=given or None,
            memory_budget=256 << 20,
        ) as model:
            readings = read_along(model, options)
            threads = environment().threads
    first, last = readings[0]["resident"], readings[-1]["resident"]
    steps = [(b["resident"] - a["resident"]) / 2**20 for a, b in pairwise(readings)]
    finish(
        {
            "question": "resident memory after many calls, over that after the first of them",
            "device": options.device,
            "precision": options.precision,
            "provider_options": given,
            "model": sizes,
            "tokens": options.tokens,
            "nodes": options.nodes,
            "calls": options.calls,
            "readings": readings,
            "largest_step_mib": max(steps, key=abs, default=0.0),
            "goals": {"last_over_first": goal(last / first, at_most=GROWTH)},
            "threads": threads,
            "machine": describe_machine("numpy"),
        },
        options,
    )


if __name__ == "__main__":
    main()
