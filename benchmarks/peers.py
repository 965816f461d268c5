"""How fast is attribution at every layer beside Captum and a hand-written loop, at equal true error?

    python benchmarks/peers.py                     # the MiniLM reader, real SQuAD questions
    python benchmarks/peers.py --model base        # BERT-base's sizes, random weights: speed only
    python benchmarks/peers.py --quick

Every layer, zero baseline in the layer's space, the probability of the predicted span. Ours runs with
method="auto" to --tol; every peer with the smallest Gauss-Legendre rule for each layer that puts 95 % of
the questions at or under 1 % relative L1 error of the token scores, found in the same run. Errors are
judged on all questions against fine references (references.py); speed on the first --timed of them, some at
a time and in turn. Peers (torch_peers.py) run with the faster of two attention implementations and the best
of several batch sizes; `ours_same_rules` is the engine with the peers' rules. Peak memory is that of the
whole process, everyone's weights included, while a contender runs. The limit is the work that ours asked
for (flops.py), at the machine's rate for matrix products (sgemm.py).

With --model base every contender has one fixed rule of --nodes, and no error is judged.

Asserts that all contenders' scores agree for equal nodes. Left out: GPUs, other targets and baselines, and
padding, which no peer needs here because each takes one question at a time.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine
from measure import (
    READER,
    error_summary,
    finish,
    goal,
    note,
    options_parser,
)
from race import Scores, fixed_scores, race
from random_reader import base_reader, questions_of
from references import (
    ReferenceFile,
    add_question_options,
    drawn_questions,
    every_layer,
    fine_references,
    judge,
    smallest_rule,
    validate,
)
from sgemm import sgemm_rate

import bertqa_fast as bf
from bertqa_fast.runtime import environment


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--model", default=str(READER), help='folder of a BERT reader, or "base"')
    add_question_options(parser, questions=50)
    parser.add_argument("--timed", type=int, default=10, help="questions for the speed")
    parser.add_argument("--together", type=int, default=5, help="timed questions in a turn")
    parser.add_argument("--tokens", type=int, default=128, help="of each question, with --model base")
    parser.add_argument("--nodes", type=int, default=8, help="of each rule, with --model base")
    options = parser.parse_args()
    if options.quick:
        options.questions = options.timed = options.together = 1
        options.max_tokens, options.validate, options.tokens, options.nodes = 48, 0, 32, 2
        options.reference_tolerance = 5e-3
    return options


def rules_and_errors(
    model: bf.Model, examples: Sequence[bf.QAExample], options: argparse.Namespace
) -> tuple[dict[int, int], list[Scores], dict[str, Any]]:
    """Return each layer's rule, what the engine gives the timed examples with them, and what was found."""
    file = ReferenceFile(options.reference, model, options.reference_tolerance)
    references = fine_references(model, examples, file)
    found: dict[str, Any] = {"references": file.summary(examples, every_layer(model))}
    if options.validate:
        found["validated"] = validate(
            model, examples[: options.validate], references, options.validation_nodes
        )
    rules: dict[int, int] = {}
    errors: list[float] = []
    for layer in every_layer(model):
        kept = file.rule(examples, layer)
        if kept is None:
            kept = smallest_rule(model, examples, layer, references)
            file.put_rule(examples, layer, *kept)
            file.save()
        rules[layer] = kept[0]
        errors += kept[1]
        note(f"layer {layer}: {rules[layer]} nodes")
    scores = fixed_scores(model, examples[: options.timed], rules)
    began = time.perf_counter()
    auto = bf.integrated_gradients(model, examples, layer="all", tol=options.tol, show_progress=False)
    found["ours_seconds_per_question_all_together"] = (time.perf_counter() - began) / len(examples)
    found["ours"] = judge(auto, references)
    found["peers"] = {**error_summary(errors), "mean_evaluations": float(np.mean(list(rules.values())))}
    found["rules"] = rules
    return rules, scores, found


def compare(model: bf.Model, source: Path, options: argparse.Namespace) -> dict[str, Any]:
    report: dict[str, Any] = {}
    if options.model == "base":
        examples = questions_of(options.tokens, options.timed)
        rules = dict.fromkeys(every_layer(model), options.nodes)
        expected = fixed_scores(model, examples, rules)
        auto: dict[str, Any] = {"method": "gausslegendre", "n_steps": options.nodes}
    else:
        drawn = drawn_questions(model, options)
        rules, expected, report["errors"] = rules_and_errors(model, drawn, options)
        examples, auto = drawn[: options.timed], {"tol": options.tol}
    report |= race(model, source, examples, rules, expected, options, auto)
    rate = sgemm_rate()
    ours = report["seconds_per_question"]["ours"]["median"]
    report |= {
        "sgemm_gflops": rate,
        "limit_seconds_per_question": report["gflop_per_question_of_ours"] / rate["best"],
        "gflops_of_ours": report["gflop_per_question_of_ours"] / ours,
    }
    slower = {name: found["median"] for name, found in report["times_slower_than_ours"].items()}
    if options.model != "base":
        report["goals"] = {
            "times_faster_than_the_strongest_peer": goal(
                min(slower["captum_suffix"], slower["torch_loop"]), at_least=1.5
            ),
            "times_faster_than_captum_layer": goal(slower["captum_layer"], at_least=2.0),
            "share_of_ours_under_1_percent": goal(
                report["errors"]["ours"]["share_under_1_percent"], at_least=0.95
            ),
        }
    return report


def main() -> None:
    options = arguments()
    import torch

    base = options.model == "base"
    report: dict[str, Any] = {
        "question": "seconds per question for attribution at every layer, beside Captum and a torch loop"
    }
    with tempfile.TemporaryDirectory() as folder:
        source, loaded = base_reader(Path(folder)) if base else (Path(options.model), options.model)
        with bf.load(loaded, threads=options.threads) as model:
            threads = environment().threads
            torch.set_num_threads(threads)
            report |= {"model": "random, BERT-base's sizes" if base else source.name, "threads": threads}
            report |= compare(model, source, options)
    report["machine"] = describe_machine("onnxruntime", "torch", "transformers", "captum", "numpy")
    finish(report, options)


if __name__ == "__main__":
    main()
