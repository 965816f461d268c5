"""Do memory and time grow with the number of questions as they should?

    python benchmarks/memory_growth.py [--budget-mib 256] [--tokens 64] [--nodes 2]
    python benchmarks/memory_growth.py --quick

A reader of BERT-base's sizes with random weights, every layer. Memory: in a process for each number of
questions, the peak resident memory above what is resident after `import bertqa_fast`, which has to stay
under 2.2 times the weight file plus the activation budget (the runtime holds a packed copy for the forward
and one for the backward pass). Time: in one process, once its sessions are made, numbers of questions in
turn; the time of one question must not grow by more than 10 % from the smallest number to any other. The
processor time of the same calls stands beside it: a machine that others share stretches the one and not the
other, and a call of minutes cannot be alternated more finely.

Asserts that every question has its tokens and layers, and that the same question has the same scores
whatever the number (relative L1, 1e-5). Left out: the time and memory of exporting.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import describe_machine
from measure import every_turn, finish, goal, note, options_parser, relative_l1, spread, take_turns
from random_reader import base_reader, questions_of

import bertqa_fast as bf
from bertqa_fast.runtime import environment

HERE = Path(__file__).resolve().parent
FACTOR = 2.2

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
    parser.add_argument("--rounds", type=int, default=2)
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
    """Time numbers of questions in turn in this process."""
    examples = questions_of(options.tokens, max(options.time_questions))
    processor: dict[int, list[float]] = {count: [] for count in options.time_questions}
    with bf.load(exported, memory_budget=options.budget_mib << 20, threads=options.threads) as model:

        def attribute(count: int) -> list[bf.LayerAttributions]:
            note(f"{count} questions")
            began = time.process_time()
            results = bf.integrated_gradients(
                model,
                examples[:count],
                layer="all",
                method="gausslegendre",
                n_steps=options.nodes,
                show_progress=False,
            )
            processor[count].append((time.process_time() - began) / count)
            return results

        attribute(options.time_questions[0])  # makes the sessions
        processor[options.time_questions[0]].clear()
        contenders = {str(count): every_turn(attribute, count) for count in options.time_questions}
        seconds, answers = take_turns(contenders, options.rounds)
        threads = environment().threads
    first = answers[str(options.time_questions[0])][0][0]
    difference = max(
        relative_l1(results[0][layer].scores, first[layer].scores)
        for of_number in answers.values()
        for results in of_number
        for layer in first
    )
    assert difference < 1e-5, difference
    each = {n: spread([s / n for s in seconds[str(n)]]) for n in options.time_questions}
    worked = {n: spread(processor[n]) for n in options.time_questions}
    smallest = options.time_questions[0]
    return {
        "seconds_per_question": each,
        "times_the_smallest_number": {
            n: found["median"] / each[smallest]["median"] for n, found in each.items()
        },
        "processor_seconds_per_question": worked,
        "processor_times_the_smallest_number": {
            n: found["median"] / worked[smallest]["median"] for n, found in worked.items()
        },
        "scores_differ": difference,
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
                "time_of_a_question_over_that_of_the_smallest_number": goal(
                    max(timed["times_the_smallest_number"].values()), at_most=1.1
                ),
            },
            "machine": describe_machine("onnxruntime", "numpy"),
        },
        options,
    )


if __name__ == "__main__":
    main()
