"""One layer after the other, or all in the same batches: which is faster, and what does it hold?

    python benchmarks/traversal.py                      # a BERT reader, real SQuAD questions cut short
    python benchmarks/traversal.py --model base         # BERT-base's sizes, random weights, fixed nodes
    python benchmarks/traversal.py --quick

Every layer, method="auto" (with --model base a Gauss-Legendre rule of --nodes), zero baseline, for every
number of questions in --counts and every length in --tokens. Each setting runs in a process of its own, the
two traversals in turn: the first call, which makes the sessions and tries batch sizes, and the median of
--repeats more; peak resident memory above what is resident after loading; batches and the points in them.
Also what `traversal="auto"` takes, and whether that was the faster one.

Asserts that both give the same scores (relative L1, 1e-3: rounding may add a node). Left out: targets that
are sums of logits, GPUs.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine
from measure import (
    READER,
    SQUAD_DEV,
    draw_questions,
    finish,
    note,
    options_parser,
    peak_memory,
    relative_l1,
    resident_bytes,
    spread,
)
from random_reader import base_reader, questions_of

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows
from bertqa_fast.runtime import environment

TRAVERSALS = ("cuts", "all_layers")


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--model", default=str(READER), help='folder of a BERT reader, or "base"')
    parser.add_argument("--data", type=Path, default=SQUAD_DEV, help="SQuAD file")
    parser.add_argument("--counts", type=int, nargs="+", default=[1, 4, 16], help="questions in a call")
    parser.add_argument("--tokens", type=int, nargs="+", default=[24, 64, 160], help="of a question, at most")
    parser.add_argument("--nodes", type=int, default=4, help="with --model base")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=1, help="processes of each setting")
    parser.add_argument("--one", nargs=3, metavar=("TRAVERSAL", "COUNT", "TOKENS"), help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.counts, options.tokens, options.repeats, options.nodes = [1], [40], 1, 2
    return options


def cut_short(tokenizer: Any, example: bf.QAExample, tokens: int) -> bf.QAExample:
    """Drop words from the end of a passage until the window has no more than so many tokens."""
    words = example.context.split(" ")
    while len(words) > 1:
        short = bf.QAExample(example.question, " ".join(words), id=example.id)
        if len(make_windows(tokenizer, [short], max_length=512)[0].tokens) <= tokens:
            return short
        words = words[: max(1, int(len(words) * 0.95))] if len(words) > 40 else words[:-1]
    raise ValueError(f"the question {example.id} alone is longer than {tokens} tokens")


def questions(model: bf.Model, options: argparse.Namespace, count: int, tokens: int) -> list[bf.QAExample]:
    if options.model == "base":
        return questions_of(tokens, count)
    drawn = draw_questions(options.data, 4 * count, 0)
    some = [each for each in drawn if len(each.question.split()) < tokens / 2.5]
    assert len(some) >= count, "too few questions are short enough"
    return [cut_short(model.window_tokenizer, each, tokens) for each in some[:count]]


def measure_one(folder: str, options: argparse.Namespace) -> dict[str, Any]:
    """Time one setting in this process."""
    traversal, count, tokens = options.one[0], int(options.one[1]), int(options.one[2])
    rule: dict[str, Any] = {"method": "auto"}
    if options.model == "base":
        rule = {"method": "gausslegendre", "n_steps": options.nodes}
    with bf.load(folder, threads=options.threads) as model:
        examples = questions(model, options, count, tokens)
        bf.predict(model, examples[:1], show_progress=False)
        before = resident_bytes("VmRSS")
        peaks: dict[str, int] = {}
        seconds, profiles = [], []
        with peak_memory(peaks, "peak"):
            for _ in range(1 + options.repeats):
                began = time.perf_counter()
                results = bf.integrated_gradients(
                    model,
                    examples,
                    layer="all",
                    traversal=traversal,
                    show_progress=False,
                    profile=profiles.append,
                    **rule,
                )
                seconds.append(time.perf_counter() - began)
    profile = profiles[-1]
    ran, _ = profile.stages.get("all_layers", (0, 0.0))
    cuts, _ = profile.stages.get("cut", (0, 0.0))
    points = sum(int(layer.evaluations) for result in results for layer in result.values())
    return {
        "first": seconds[0],
        "seconds": seconds[1:],
        "memory": peaks["peak"] - before,
        "batches": ran + cuts,
        "points_in_a_batch": points / (ran + cuts),
        "took": "both" if ran and cuts else "all_layers" if ran else "cuts",
        "tokens": float(np.mean([len(result.tokens) for result in results])),
        "scores": [[layer.scores.tolist() for layer in result.values()] for result in results],
        "threads": environment().threads,
    }


def run_one(model: str, options: argparse.Namespace, *setting: Any) -> dict[str, Any]:
    command = [sys.executable, __file__, "--model", options.model, "--data", str(options.data)]
    command += ["--nodes", str(options.nodes), "--repeats", str(options.repeats)]
    command += ["--threads", str(options.threads)] if options.threads else []
    done = subprocess.run(
        [*command, "--folder", model, "--one", *map(str, setting)], check=True, stdout=subprocess.PIPE
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def compare(model: str, options: argparse.Namespace, count: int, tokens: int) -> dict[str, Any]:
    note(f"{count} questions of up to {tokens} tokens")
    found: dict[str, list[dict[str, Any]]] = {name: [] for name in TRAVERSALS}
    for turn in range(options.rounds):
        for name in TRAVERSALS[:: 1 if turn % 2 == 0 else -1]:
            found[name].append(run_one(model, options, name, count, tokens))
    chosen = run_one(model, options, "auto", count, tokens)["took"]
    first, second = (found[name][0] for name in TRAVERSALS)
    for one, other in zip(_flat(first["scores"]), _flat(second["scores"]), strict=True):
        assert relative_l1(one, other) < 1e-3
    report: dict[str, Any] = {"questions": count, "tokens": first["tokens"], "auto_takes": chosen}
    for name in TRAVERSALS:
        runs = found[name]
        each = [seconds / count for run in runs for seconds in run["seconds"]]
        report[name] = {
            "seconds_per_question": spread(each),
            "first_call_seconds": spread([run["first"] for run in runs]),
            "memory_mib": spread([run["memory"] / 2**20 for run in runs]),
            "batches": runs[0]["batches"],
            "points_in_a_batch": runs[0]["points_in_a_batch"],
        }
    medians = {name: report[name]["seconds_per_question"]["median"] for name in TRAVERSALS}
    report["all_layers_times_faster"] = medians["cuts"] / medians["all_layers"]
    firsts = {name: report[name]["first_call_seconds"]["median"] for name in TRAVERSALS}
    report["all_layers_times_faster_at_first"] = firsts["cuts"] / firsts["all_layers"]
    if chosen in medians:
        report["lost_by_auto"] = medians[chosen] / min(medians.values()) - 1
    report["threads"] = first["threads"]
    return report


def _flat(scores: Sequence[Sequence[Sequence[float]]]) -> list[Any]:
    return [np.asarray(layer) for question in scores for layer in question]


def main() -> None:
    options = arguments()
    if options.one:
        print(json.dumps(measure_one(options.folder, options)))
        return
    report: dict[str, Any] = {"question": "layers one after the other, or together: time and memory"}
    with tempfile.TemporaryDirectory() as folder:
        model = str(base_reader(Path(folder))[1]) if options.model == "base" else options.model
        report["model"] = "random, BERT-base's sizes" if options.model == "base" else Path(model).name
        report["method"] = f"{options.nodes} fixed nodes" if options.model == "base" else "auto"
        report["settings"] = [
            compare(model, options, count, tokens) for tokens in options.tokens for count in options.counts
        ]
    report["machine"] = describe_machine("onnxruntime", "numpy", "transformers")
    finish(report, options)


if __name__ == "__main__":
    main()
