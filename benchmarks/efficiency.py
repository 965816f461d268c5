"""How near does a whole attribution come to the machine's rate for matrix products?

    python benchmarks/efficiency.py [--tokens 128] [--questions 2] [--nodes 8] [--rounds 3]
    python benchmarks/efficiency.py --quick

A reader of BERT-base's sizes with random weights, every layer, Gauss-Legendre nodes. The work is that of
the matrix products which the attribution asks for, by the formula in flops.py: gradients at every node, a
forward pass for the hidden states, and one at each layer for the target at the baseline. The time is that
of the public call.

The attribution is timed layer by layer, one call each, and the machine's rate right before and after every
call: the better of torch.mm and the runtime's MatMul with the same threads (sgemm.py). A machine that others
share changes its speed within seconds, so what is kept of a call is the work that the machine would have done
in its time at the rate around it: the median over the rounds. Calls of one layer run what one call for all of
them runs, layer after layer, and the forward pass each time; that is timed by itself too, and counts once.

Asserts that the scores are those of one call for all layers, and the same for a question alone as in
company. Left out: where the rest of the time goes (operator by operator), and the adaptive rule.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import flops
from machine import describe_machine
from measure import finish, goal, note, options_parser, relative_l1, spread
from random_reader import base_reader, questions_of
from sgemm import products, products_gflop

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows
from bertqa_fast.runtime import environment

SIZE = 2048  # of the square matrices that the rate is that of
FORWARD = "forward"
SPAN = (10, 11)  # given: nothing has to be predicted first
Answer = TypeVar("Answer")


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


def timed(run: Callable[[], Answer]) -> tuple[float, Answer]:
    began = time.perf_counter()
    answer = run()
    return time.perf_counter() - began, answer


def race(
    calls: Mapping[str, Callable[[], Any]],
    work: Mapping[str, float],
    rounds: int,
    check: Callable[[str, Any], None],
) -> dict[str, Any]:
    """Time the calls, with products before and after each: of every layer, and of the forward pass."""
    around: dict[str, list[tuple[float, float]]] = {}
    seconds: list[tuple[str, float]] = []
    gflop = products_gflop(SIZE)
    with products(SIZE) as contenders:
        before = {name: timed(run)[0] for name, run in contenders.items()}
        for turn in range(rounds):
            note(f"round {turn + 1} of {rounds}")
            for kind, call in calls.items():
                took, answer = timed(call)
                check(kind, answer)
                after = {name: timed(run)[0] for name, run in contenders.items()}
                seconds.append((kind, took))
                for name in contenders:
                    around.setdefault(name, []).append((before[name], after[name]))
                before = after
    rates = {name: [2 * gflop / (one + other) for one, other in pairs] for name, pairs in around.items()}
    best = max(rates, key=lambda name: statistics.median(rates[name]))
    could: dict[str, list[float]] = {kind: [] for kind in calls}
    for (kind, took), rate in zip(seconds, rates[best], strict=True):
        could[kind].append(took * rate)
    expected = {kind: statistics.median(values) for kind, values in could.items()}
    forward = expected.pop(FORWARD)
    total = work[FORWARD] + sum(work[layer] for layer in expected)
    walls = {kind: [took for at, took in seconds if at == kind] for kind in calls}
    return {
        "gflop": total,
        "sgemm_gflops": {"size": SIZE, **{name: spread(found) for name, found in rates.items()}},
        "rate_compared_with": best,
        "seconds": {kind: spread(found) for kind, found in walls.items()},
        "share_of_sgemm_by_layer": {
            **{layer: work[layer] / (found - forward) for layer, found in expected.items()},
            FORWARD: work[FORWARD] / forward,
        },
        "share_of_sgemm": total / (forward + sum(found - forward for found in expected.values())),
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

            def attribute(some: Sequence[bf.QAExample], layer: Any) -> Any:
                return bf.integrated_gradients(
                    model,
                    some,
                    layer=layer,
                    span=SPAN,
                    method="gausslegendre",
                    n_steps=options.nodes,
                    show_progress=False,
                )

            note("one call for all layers")  # makes sessions, tries batch sizes
            whole = attribute(examples, "all")
            [alone] = attribute(examples[:1], "all")
            assert len(alone.tokens) == options.tokens
            differences += [relative_l1(whole[0][n].scores, alone[n].scores) for n in alone]

            def check(kind: str, results: Any) -> None:
                if kind == FORWARD:
                    return
                for got, wanted in zip(results, whole, strict=True):
                    differences.append(relative_l1(got.scores, wanted[int(kind)].scores))
                assert max(differences) < 1e-5, differences

            # Half: the target at the baseline.
            spent = {
                layer: (options.nodes + 0.5) * flops.gradient(sizes, options.tokens, layer) for layer in alone
            }
            work = {str(layer): options.questions * count / 1e9 for layer, count in spent.items()}
            work[FORWARD] = options.questions * flops.forward(sizes, options.tokens) / 1e9
            windows = make_windows(model.window_tokenizer, examples)
            calls: dict[str, Callable[[], Any]] = {
                str(layer): partial(attribute, examples, layer) for layer in alone
            }
            calls[FORWARD] = partial(model.hidden_states, windows, show_progress=False)
            found = race(calls, work, options.rounds, check)
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
