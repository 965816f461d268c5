"""Do memory and time grow with the number of questions as they should?

    python benchmarks/memory_growth.py [--budget-mib 256] [--tokens 64] [--nodes 2]
    python benchmarks/memory_growth.py --quick

A reader of BERT-base's sizes with random weights, every layer. Memory: in a process for each number of
questions, the peak resident memory above what is resident after `import bertqa_fast`, which has to stay
under 2.2 times the weight file plus the activation budget (the runtime holds a packed copy for the forward
and one for the backward pass). Time: in one process, once its sessions are made, as many questions in calls
of each size: from the smallest to the largest and back. The time of one question must not grow by more than
10 % from the smallest size to any other. A call of minutes cannot be alternated with others finely enough on
a machine that others share, so its time is that which the machine's products would have needed at their rate
in the same seconds (stretches.py): how many GFLOP torch.mm could have done. Wall clock and processor time
stand beside it.

Asserts that every question has its tokens and layers, and that the same question has the same scores
whatever the number (relative L1, 1e-5). Left out: the time and memory of exporting.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import describe_machine
from measure import finish, goal, note, options_parser, relative_l1, spread
from random_reader import base_reader, questions_of
from sgemm import products
from stretches import Stretches

import bertqa_fast as bf
from bertqa_fast.runtime import environment

HERE = Path(__file__).resolve().parent
FACTOR = 2.2
SIZE = 2048  # of the square matrices that torch.mm multiplies
STRETCH = 3.0  # seconds between two measurements of its rate, at least

# The helpers import little beside bertqa_fast itself.
ATTRIBUTE = """
import json, sys
sys.path.insert(0, sys.argv[1])
import bertqa_fast as bf
import measure, random_reader
imported = measure.resident_bytes("VmRSS")
folder, (questions, tokens, nodes, budget, threads) = sys.argv[2], map(int, sys.argv[3:])
examples = random_reader.questions_of(tokens, questions)
with bf.load(folder, memory_budget=budget, threads=threads or None) as model:
    model.window_tokenizer
    loaded = measure.resident_bytes("VmRSS")
    results = bf.integrated_gradients(
        model, examples, layer="all", method="gausslegendre", n_steps=nodes, show_progress=False
    )
    assert len(results) == questions
    for result in results:
        assert len(result) == model.num_layers + 1 and len(result.tokens) == tokens
print(json.dumps({"after_import": imported, "with_tokenizer": loaded, "peak": measure.resident_bytes()}))
"""


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--tokens", type=int, default=64, help="of every question")
    parser.add_argument("--nodes", type=int, default=2)
    parser.add_argument("--budget-mib", type=int, default=256)
    parser.add_argument("--memory-questions", type=int, nargs="+", default=[1, 64])
    parser.add_argument("--time-questions", type=int, nargs="+", default=[8, 16, 32, 64])
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    if options.quick:
        options.tokens, options.nodes, options.rounds = 16, 1, 1
        options.memory_questions, options.time_questions = [1, 4], [2, 4]
    return options


def memory(exported: Path, options: argparse.Namespace) -> dict[int, dict[str, int]]:
    """Return peak and start of a process for each number of questions."""
    found = {}
    for questions in options.memory_questions:
        numbers = (questions, options.tokens, options.nodes, options.budget_mib << 20, options.threads or 0)
        command = [sys.executable, "-c", ATTRIBUTE, str(HERE), str(exported), *map(str, numbers)]
        out = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        found[questions] = json.loads(out)
        found[questions]["growth"] = found[questions]["peak"] - found[questions]["after_import"]
        note(f"{questions} questions: {found[questions]['growth'] / 2**20:.0f} MiB above the import")
    return found


def times(exported: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Time calls of each size, the same questions over and over, in this process."""
    import torch

    sizes = sorted(options.time_questions)
    examples = questions_of(options.tokens, sizes[-1])
    found: dict[int, dict[str, list[float]]] = {
        size: {"seconds": [], "processor_seconds": [], "gflop_of_torch_mm": []} for size in sizes
    }
    differences: list[float] = []
    with bf.load(exported, memory_budget=options.budget_mib << 20, threads=options.threads) as model:

        def attribute(count: int) -> list[bf.LayerAttributions]:
            return bf.integrated_gradients(
                model,
                examples[:count],
                layer="all",
                method="gausslegendre",
                n_steps=options.nodes,
                show_progress=False,
            )

        [first, *_] = attribute(sizes[0])  # makes the sessions
        threads = environment().threads
        torch.set_num_threads(threads)
        with products(SIZE) as contenders:
            torch_mm = {"torch_mm": contenders["torch_mm"]}
            for size in [*sizes, *reversed(sizes)] * options.rounds:
                # As many questions each way, but for the largest size: one call there and one back.
                for _call in range(max(1, sizes[-1] // size // 2)):
                    note(f"{size} questions")
                    began = time.process_time()
                    with Stretches(torch_mm, SIZE, STRETCH) as stretches:
                        results = attribute(size)
                    worked = time.process_time() - began
                    found[size]["seconds"].append(sum(stretches.seconds) / size)
                    found[size]["processor_seconds"].append(worked / size)
                    found[size]["gflop_of_torch_mm"].append(stretches.could_have("torch_mm") / size)
                    assert len(results) == size
                    differences += [relative_l1(results[0][n].scores, first[n].scores) for n in first]
    assert max(differences) < 1e-5, max(differences)
    smallest = found[sizes[0]]
    return {
        "per_question": {
            size: {name: spread(values) for name, values in measures.items()}
            for size, measures in found.items()
        },
        "times_the_smallest_size": {
            size: {
                name: statistics.median(values) / statistics.median(smallest[name])
                for name, values in measures.items()
            }
            for size, measures in found.items()
        },
        "scores_differ": max(differences),
        "threads": threads,
    }


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as folder:
        _, exported = base_reader(Path(folder))
        weights = (exported / "weights.bin").stat().st_size
        held = memory(exported, options)
        timed = times(exported, options)
    budget = options.budget_mib << 20
    allowed = int(FACTOR * weights) + budget
    finish(
        {
            "question": "peak resident memory above the import, and seconds per question, by questions",
            "model": "random, BERT-base's sizes",
            "tokens": options.tokens,
            "nodes": options.nodes,
            "weights": weights,
            "budget": budget,
            "allowed": allowed,
            "memory": held,
            **timed,
            "goals": {
                **{
                    f"growth_{count}_questions": goal(found["growth"], at_most=allowed)
                    for count, found in held.items()
                },
                "time_of_a_question_over_that_of_the_smallest_size": goal(
                    max(of["gflop_of_torch_mm"] for of in timed["times_the_smallest_size"].values()),
                    at_most=1.1,
                ),
            },
            "machine": describe_machine("onnxruntime", "torch", "numpy"),
        },
        options,
    )


if __name__ == "__main__":
    main()
