"""How fast, and how exact, are the precisions that the CPU has beside float32?

    python benchmarks/precision.py [--model MODEL] [--data SQUAD.json] [--questions 50]
                                   [--rounds 3] [--tokens 128] [--nodes 4] [--threads N]
    python benchmarks/precision.py --quick

Two parts. A reader of BERT-base's sizes with random weights, every layer, fixed nodes, the precisions taking
turns: how many times faster than fp32. And real questions, every layer, `method="auto"` at its default
tolerance: how far the scores of each precision (made to sum to 1) are from those of fp32, at the same spans,
in L1; how many of the five largest tokens are the same; what the results say of themselves
(`precision_error`); and seconds, the precisions taking turns question by question.

Asserts that bf16x3 is as good as float32: 1e-3 in L1, every case that got the same number of nodes, and what
the tolerance allows where a rounding decided for one node more or fewer. Without AMX there is nothing to
measure: it says so. Left out: other devices, and what a lower precision does to predictions.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine
from measure import (
    READER,
    SQUAD_DEV,
    draw_questions,
    every_turn,
    finish,
    goal,
    note,
    options_parser,
    ratios,
    spread,
    take_turns,
)
from random_reader import base_reader, questions_of

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.runtime import environment

LOWER = ("bf16x3", "bf16")
TOP = 5
TOLERANCE = 0.01  # of `method="auto"`, its default
Models = Mapping[str, bf.Model]


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--model", type=Path, default=READER, help="of the real questions")
    parser.add_argument("--data", type=Path, default=SQUAD_DEV)
    parser.add_argument("--questions", type=int, default=50)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=3, help="of the reader of BERT-base's sizes")
    parser.add_argument("--tokens", type=int, default=128)
    parser.add_argument("--company", type=int, default=2, help="questions of that reader")
    parser.add_argument("--nodes", type=int, default=4)
    options = parser.parse_args()
    if options.quick:
        options.questions, options.rounds, options.tokens, options.nodes = 1, 1, 32, 2
    return options


@contextmanager
def open_all(source: Path, options: argparse.Namespace) -> Iterator[Models]:
    with ExitStack() as stack:
        yield {
            precision: stack.enter_context(bf.load(source, precision=precision, threads=options.threads))
            for precision in ("fp32", *LOWER)
        }


def same_of_the_largest(ours: bf.Attribution, wanted: bf.Attribution) -> float:
    largest = [set(np.argsort(-one.scores, kind="stable")[:TOP].tolist()) for one in (ours, wanted)]
    return len(largest[0] & largest[1]) / TOP


def real_questions(options: argparse.Namespace) -> dict[str, Any]:
    questions = draw_questions(options.data, options.questions, options.seed)
    differences: dict[str, list[float]] = {name: [] for name in LOWER}
    overlaps: dict[str, list[float]] = {name: [] for name in LOWER}
    said: dict[str, list[float]] = {name: [] for name in LOWER}
    evaluations: dict[str, list[float]] = {name: [] for name in ("fp32", *LOWER)}
    seconds: dict[str, list[float]] = {name: [] for name in ("fp32", *LOWER)}
    settings: dict[str, Any] = {"show_progress": False, "check_precision": False}
    with open_all(options.model, options) as models:
        for model in models.values():  # makes sessions, tries batch sizes
            bf.integrated_gradients(model, questions[0], **settings)
        for number, question in enumerate(questions):
            if number % 10 == 0:
                note(f"question {number + 1} of {len(questions)}")
            span = bf.integrated_gradients(models["fp32"], question, "embeddings", n_steps=1).span
            run = {
                name: every_turn(partial(bf.integrated_gradients, model, question, span=span, **settings))
                for name, model in models.items()
            }
            took, answers = take_turns(run, 1)
            for name, [layers] in answers.items():
                seconds[name] += took[name]
                evaluations[name] += [item.evaluations for item in layers.values()]
                if name == "fp32":
                    continue
                for at, exact in answers["fp32"][0].items():
                    gap = np.abs(layers[at].distribution() - exact.distribution()).sum()
                    differences[name].append(float(gap))
                    overlaps[name].append(same_of_the_largest(layers[at], exact))
        for name in LOWER:  # what users are told: of the first layer and target that they ask for
            for question in questions[:5]:
                models[name].precision_errors.clear()
                result = bf.integrated_gradients(models[name], question, "embeddings", n_steps=2)
                assert result.precision_error is not None
                said[name].append(result.precision_error)
    for got, spent, wanted in zip(
        differences["bf16x3"], evaluations["bf16x3"], evaluations["fp32"], strict=True
    ):
        assert got < (1e-3 if spent == wanted else 2 * TOLERANCE), (got, spent, wanted)
    return {
        name: {
            "difference": {
                "cases": len(differences[name]),
                "median": statistics.median(differences[name]),
                "percentile_90": float(np.percentile(differences[name], 90)),
                "worst": max(differences[name]),
            },
            f"overlap_of_top_{TOP}": statistics.fmean(overlaps[name]),
            "precision_error": spread(said[name]),
            "evaluations": statistics.fmean(evaluations[name]),
            "evaluations_fp32": statistics.fmean(evaluations["fp32"]),
            "seconds": sum(seconds[name]),
            "seconds_fp32": sum(seconds["fp32"]),
            "times_faster": ratios(seconds["fp32"], seconds[name]),
        }
        for name in LOWER
    }


def large_reader(options: argparse.Namespace) -> dict[str, Any]:
    questions = questions_of(options.tokens, options.company)
    settings: dict[str, Any] = {
        "method": "gausslegendre",
        "n_steps": options.nodes,
        "show_progress": False,
        "check_precision": False,
    }
    with tempfile.TemporaryDirectory() as folder:
        _, exported = base_reader(Path(folder))
        with open_all(exported, options) as models:
            run = {
                name: every_turn(partial(bf.integrated_gradients, model, questions, **settings))
                for name, model in models.items()
            }
            note("BERT-base's sizes: sessions, batch sizes")
            for one in run.values():
                one(0)
            note(f"{options.rounds} rounds")
            seconds, answers = take_turns(run, options.rounds)
    worst = {
        name: max(
            float(np.abs(ours[at].distribution() - exact[at].distribution()).sum())
            for ours, exact in zip(answers[name][0], answers["fp32"][0], strict=True)
            for at in exact
        )
        for name in LOWER
    }
    assert worst["bf16x3"] < 1e-3, worst
    return {
        "seconds": {name: spread(took) for name, took in seconds.items()},
        "times_faster": {name: ratios(seconds["fp32"], seconds[name]) for name in LOWER},
        "worst_difference": worst,
    }


def main() -> None:
    options = arguments()
    report: dict[str, Any] = {"question": "speed and error of the CPU's precisions beside float32"}
    try:
        _core.check_precision("cpu", "bf16")
    except bf.DeviceUnavailableError as error:
        finish(report | {"skipped": str(error), "machine": describe_machine("onnxruntime")}, options)
        return
    large = large_reader(options)
    for name, ratio in large["times_faster"].items():
        note(f"{name}: {ratio['median']:.2f} times faster ({ratio['min']:.2f} to {ratio['max']:.2f})")
    real = real_questions(options) if options.model.exists() and options.data.exists() else {}
    faster = large["times_faster"]["bf16"]["median"]
    goals = {"bf16_times_faster_than_fp32": goal(faster, at_least=3.5)}
    if real:
        goals["bf16_median_difference"] = goal(real["bf16"]["difference"]["median"], at_most=0.05)
    finish(
        report
        | {
            "base": {"tokens": options.tokens, "questions": options.company, "nodes": options.nodes, **large},
            "real": {"model": options.model.name, "questions": options.questions, **real},
            "goals": goals,
            "threads": options.threads or environment().threads,
            "machine": describe_machine("onnxruntime", "numpy"),
        },
        options,
    )


if __name__ == "__main__":
    main()
