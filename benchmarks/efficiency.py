"""How near does a whole attribution come to the machine's rate for matrix products?

    python benchmarks/efficiency.py [--tokens 128] [--questions 2] [--nodes 8] [--rounds 3]
    python benchmarks/efficiency.py --quick

A reader of BERT-base's sizes with random weights, every layer, Gauss-Legendre nodes. The work is that of
the matrix products which the attribution asks for, by the formula in flops.py: gradients at every node, a
forward pass for the hidden states, and one at each layer for the target at the baseline. The time is that
of the public call.

The machine's rate is the better of torch.mm and the runtime's MatMul with the same threads (sgemm.py),
measured every second or so while the attribution is under way (stretches.py).

Asserts that the scores are those of one call for all layers, and the same for a question alone as in
company. Left out: where the rest of the time goes (operator by operator), and the adaptive rule.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import flops
from machine import describe_machine
from measure import finish, goal, note, options_parser, relative_l1, spread
from random_reader import base_reader, questions_of
from sgemm import products
from stretches import Stretches

import bertqa_fast as bf
from bertqa_fast.runtime import environment

SIZE = 2048  # of the square matrices that the rate is that of
SPAN = (10, 11)  # given: nothing has to be predicted first


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


def race(call: Callable[[], Any], work: float, rounds: int, check: Callable[[Any], None]) -> dict[str, Any]:
    """Run the call with stops, and set its work beside what the machine could have done."""
    every: list[Stretches] = []
    with products(SIZE) as contenders:
        for turn in range(rounds):
            note(f"round {turn + 1} of {rounds}")
            with Stretches(contenders, SIZE) as stretches:
                answer = call()
            check(answer)
            every.append(stretches)
    rates = {name: [rate for one in every for rate in one.rates[name]] for name in every[0].rates}
    best = max(rates, key=lambda name: statistics.median(rates[name]))
    return {
        "gflop": work,
        "sgemm_gflops": {"size": SIZE, **{name: spread(found) for name, found in rates.items()}},
        "rate_compared_with": best,
        "seconds": spread([sum(one.seconds) for one in every]),
        "stops": sum(len(one.seconds) - 1 for one in every),
        "shares": {name: spread([work / one.could_have(name) for one in every]) for name in rates},
        "share_of_sgemm": statistics.median([work / one.could_have(best) for one in every]),
    }


def main() -> None:
    options = arguments()
    import torch

    examples = questions_of(options.tokens, options.questions)
    differences: list[float] = []
    with tempfile.TemporaryDirectory() as folder:
        _, exported = base_reader(Path(folder))
        with bf.load(exported, threads=options.threads) as model:
            threads = environment().threads
            torch.set_num_threads(threads)
            sizes = flops.Sizes(model.num_layers, model.hidden_size, int(model.config.intermediate_size))

            def attribute(some: Sequence[bf.QAExample]) -> list[bf.LayerAttributions]:
                return bf.integrated_gradients(
                    model,
                    some,
                    layer="all",
                    span=SPAN,
                    method="gausslegendre",
                    n_steps=options.nodes,
                    show_progress=False,
                )

            note("one call for all layers")  # makes sessions, tries batch sizes
            whole = attribute(examples)
            [alone] = attribute(examples[:1])
            assert len(alone.tokens) == options.tokens
            differences += [relative_l1(whole[0][n].scores, alone[n].scores) for n in alone]

            def check(results: Sequence[bf.LayerAttributions]) -> None:
                for got, wanted in zip(results, whole, strict=True):
                    differences.extend(relative_l1(got[n].scores, wanted[n].scores) for n in wanted)
                assert max(differences) < 1e-5, differences

            # Half: the target at the baseline.
            evaluations = dict.fromkeys(alone, options.nodes + 0.5)
            work = options.questions * flops.attribution(sizes, options.tokens, evaluations) / 1e9
            found = race(lambda: attribute(examples), work, options.rounds, check)
    finish(
        {
            "question": "rate of the matrix products that a whole attribution asks for, against SGEMM",
            "model": "random, BERT-base's sizes",
            "tokens": options.tokens,
            "questions": options.questions,
            "layers": sizes.layers + 1,
            "nodes": options.nodes,
            **found,
            "scores_differ": max(differences),
            "threads": threads,
            "goals": {"share_of_sgemm": goal(found["share_of_sgemm"], at_least=0.85)},
            "machine": describe_machine("onnxruntime", "torch", "numpy"),
        },
        options,
    )


if __name__ == "__main__":
    main()
