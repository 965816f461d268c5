"""How near does a whole attribution come to the machine's rate for matrix products?

    python benchmarks/efficiency.py [--tokens 128] [--questions 4] [--nodes 16]
    python benchmarks/efficiency.py --quick

A reader of BERT-base's sizes with random weights, every layer, Gauss-Legendre nodes. The work is that of
the matrix products which the attribution asks for, by the formula in flops.py: gradients at every node, one
forward pass for the hidden states, and one at each layer for the target at the baseline. The time is that
of the whole public call. Both are set against the better of torch.mm and the runtime's MatMul, measured
before every round with the same threads (sgemm.py).

Asserts that the scores are the same from round to round, and the same for a question alone as in company.
Left out: where the rest of the time goes (operator by operator), and the adaptive rule.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path
from typing import Any

import flops
from machine import describe_machine
from measure import finish, goal, note, options_parser, peak_memory, relative_l1, spread
from random_reader import base_reader, questions_of
from sgemm import sgemm_rate

import bertqa_fast as bf
from bertqa_fast.runtime import environment


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--tokens", type=int, default=128, help="of every question")
    parser.add_argument("--questions", type=int, default=2)
    parser.add_argument("--nodes", type=int, default=8)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    if options.quick:
        options.tokens, options.questions, options.nodes, options.rounds = 32, 2, 2, 1
    return options


def main() -> None:
    options = arguments()
    import torch

    examples = questions_of(options.tokens, options.questions)
    peaks: dict[str, int] = {}
    rates, reached, shares, walls = [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        _, exported = base_reader(Path(folder))
        with bf.load(exported, threads=options.threads) as model:
            threads = environment().threads
            torch.set_num_threads(threads)
            sizes = flops.Sizes(model.num_layers, model.hidden_size, int(model.config.intermediate_size))
            settings: dict[str, Any] = {"method": "gausslegendre", "n_steps": options.nodes}
            settings["show_progress"] = False
            [alone] = bf.integrated_gradients(model, examples[:1], layer="all", **settings)  # makes sessions
            assert len(alone.tokens) == options.tokens
            spent = dict.fromkeys(alone, options.nodes + 0.5)  # half: the target at the baseline
            work = options.questions * flops.attribution(sizes, options.tokens, spent) / 1e9
            for turn in range(options.rounds):
                note(f"round {turn + 1} of {options.rounds}")
                rate = sgemm_rate(rounds=3)
                began = time.perf_counter()
                with peak_memory(peaks, "attribution"):
                    results = bf.integrated_gradients(model, examples, layer="all", **settings)
                walls.append(time.perf_counter() - began)
                rates.append(rate["best"])
                reached.append(work / walls[-1])
                shares.append(reached[-1] / rates[-1])
                difference = max(relative_l1(results[0][n].scores, alone[n].scores) for n in alone)
                assert difference < 1e-5, difference
    finish(
        {
            "question": "rate of the matrix products that a whole attribution asks for, against SGEMM",
            "model": "random, BERT-base's sizes",
            "tokens": options.tokens,
            "questions": options.questions,
            "layers": sizes.layers + 1,
            "nodes": options.nodes,
            "gflop": work,
            "seconds": spread(walls),
            "gflops": spread(reached),
            "sgemm_gflops": {"size": rate["size"], **spread(rates)},
            "last_sgemm": rate,
            "share_of_sgemm": spread(shares),
            "alone_against_in_company": difference,
            "peak_memory": peaks,
            "threads": threads,
            "goals": {"share_of_sgemm": goal(spread(shares)["median"], at_least=0.85)},
            "machine": describe_machine("onnxruntime", "torch", "numpy"),
        },
        options,
    )


if __name__ == "__main__":
    main()
