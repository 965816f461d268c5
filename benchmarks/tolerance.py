"""Does method="auto" keep the error that it is told to keep, and at what cost?

    python benchmarks/tolerance.py --reference references.npz
    python benchmarks/tolerance.py --quick

Attributes real SQuAD questions at every layer (zero baseline, probability of the predicted span) to --tol,
and compares the token scores with fine references (references.py; kept in --reference by model, question
and layer, so that only the first run is slow). Prints the true relative L1 error over all cases (a question
at a layer) and by layer, the evaluations spent, the share that converged, and how often the reported error
was below the true one.

Asserts that every case is there, over the tokens of its reference, and that a few references hold against a
much finer rule. Left out: other targets, baselines and models.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path
from typing import Any

from machine import describe_machine
from measure import READER, finish, goal, note, options_parser
from references import (
    ReferenceFile,
    add_question_options,
    drawn_questions,
    every_layer,
    fine_references,
    judge,
    validate,
)

import bertqa_fast as bf
from bertqa_fast.runtime import environment


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--model", default=str(READER), help="folder or hub id of a reader")
    add_question_options(parser, questions=100)
    options = parser.parse_args()
    if options.quick:
        options.questions, options.max_tokens, options.validate = 1, 48, 0
        options.reference_tolerance = 5e-3
    return options


def main() -> None:
    options = arguments()
    report: dict[str, Any] = {"question": "true error and cost of the adaptive rule"}
    with bf.load(options.model, threads=options.threads) as model:
        examples = drawn_questions(model, options)
        file = ReferenceFile(options.reference, model, options.reference_tolerance)
        references = fine_references(model, examples, file)
        report["references"] = file.summary(examples, every_layer(model))
        if options.validate:
            note("checking references")
            report["references"]["validated"] = validate(
                model, examples[: options.validate], references, options.validation_nodes
            )
        began = time.perf_counter()
        results = bf.integrated_gradients(model, examples, layer="all", tol=options.tol, show_progress=False)
        seconds = time.perf_counter() - began
        for example, result in zip(examples, results, strict=True):
            assert set(result) == set(every_layer(model))
            for layer, each in result.items():
                assert each.id == example.id
                assert each.scores.shape == references[str(example.id), layer].shape
        found = judge(results, references)
        report |= {
            "model": Path(options.model).name,
            "tol": options.tol,
            "questions": len(examples),
            "layers": model.num_layers + 1,
            "tokens": [min(len(r.tokens) for r in results), max(len(r.tokens) for r in results)],
            "method": results[0][-1].method,
            "seconds_per_question": seconds / len(examples),
            **found,
            "threads": environment().threads,
        }
    report["goals"] = {
        "share_under_1_percent": goal(found["share_under_1_percent"], at_least=0.95),
        "share_under_3_percent": goal(found["share_under_3_percent"], at_least=1.0),
        "mean_evaluations": goal(found["mean_evaluations"], at_most=20.0),
    }
    report["machine"] = describe_machine("onnxruntime", "transformers", "numpy")
    finish(report, options)


if __name__ == "__main__":
    main()
