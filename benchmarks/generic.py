"""How much slower is the generic path than the graphs of a family?

    python benchmarks/generic.py                 # a BERT reader exported both ways, real SQuAD questions
    python benchmarks/generic.py --model base    # BERT-base's sizes, random weights
    python benchmarks/generic.py --quick

Integrated gradients at each layer alone, a Gauss-Legendre rule of --nodes, both exports in turn over the
same questions and in batches of as many rows; then at all layers, which the family may do together and the
generic path does one after the other. Plain gradients of the same questions. Also how long each export took,
how large it is, and peak resident memory.

Asserts that both give the same scores. Left out: GPUs.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from machine import describe_machine
from measure import (
    READER,
    SQUAD_DEV,
    draw_questions,
    every_turn,
    finish,
    note,
    options_parser,
    peak_memory,
    ratios,
    relative_l1,
    spread,
    take_turns,
)
from random_reader import base_reader, questions_of

import bertqa_fast as bf
from bertqa_fast.runtime import environment

WAYS = ("family", "generic")


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--model", default=str(READER), help='folder of a BERT reader, or "base"')
    parser.add_argument("--data", type=Path, default=SQUAD_DEV, help="SQuAD file")
    parser.add_argument("--questions", type=int, default=8)
    parser.add_argument("--tokens", type=int, default=128, help="of a question, at most (base: exactly)")
    parser.add_argument("--nodes", type=int, default=8)
    parser.add_argument("--rows", type=int, default=8, help="in a batch")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.quick:
        options.questions, options.tokens, options.nodes, options.rounds = 1, 48, 2, 1
    return options


def main() -> None:
    options = arguments()
    with tempfile.TemporaryDirectory() as place:
        source: str | Path = options.model
        if options.model == "base":
            source, _ = base_reader(Path(place))
        folders, exporting = {}, {}
        for way in WAYS:
            began = time.perf_counter()
            folders[way] = bf.export(source, Path(place) / way, generic=way == "generic")
            exporting[way] = time.perf_counter() - began
            note(f"{way}: exported in {exporting[way]:.1f} s")
        models = {way: bf.load(folders[way], threads=options.threads) for way in WAYS}
        if options.model == "base":
            examples = questions_of(options.tokens, options.questions)
        else:
            tokenizer = models["family"].window_tokenizer
            examples = draw_questions(
                options.data, options.questions, 0, tokenizer=tokenizer, max_tokens=options.tokens
            )
        report = compare(models, examples, options)
        sizes = {way: (folder / "weights.bin").stat().st_size for way, folder in folders.items()}
    finish(
        {
            "question": "times slower than the graphs of a family, by layer, at equal work",
            "model": Path(options.model).name,
            "questions": len(examples),
            "nodes": options.nodes,
            "rows_per_batch": options.rows,
            "export_seconds": exporting,
            "weight_bytes": sizes,
            **report,
            "machine": describe_machine("onnxruntime", "torch", "transformers", "onnx-ad", "onnxscript"),
        },
        options,
    )


def compare(
    models: dict[str, bf.Model], examples: list[bf.QAExample], options: argparse.Namespace
) -> dict[str, Any]:
    peaks: dict[str, int] = {}

    def integrate(way: str, layer: int | str) -> list[Any]:
        with peak_memory(peaks, way):
            return bf.integrated_gradients(
                models[way],
                examples,
                layer=layer,
                method="gausslegendre",
                n_steps=options.nodes,
                internal_batch_size=options.rows,
                show_progress=False,
            )

    def plain(way: str) -> list[Any]:
        with peak_memory(peaks, way):
            return bf.gradients(models[way], examples, show_progress=False)

    contenders: dict[str, Any] = {}
    jobs: list[int | str] = [*range(-1, models["family"].num_layers), "all"]
    for layer in jobs:
        contenders |= {f"{way}, {layer}": every_turn(integrate, way, layer) for way in WAYS}
    contenders |= {f"{way}, gradients": every_turn(plain, way) for way in WAYS}
    take_turns(contenders, 1)  # sessions are made
    seconds, answers = take_turns(contenders, options.rounds)
    slower, worst = {}, 0.0
    for job in [*jobs, "gradients"]:
        family, generic = (f"{way}, {job}" for way in WAYS)
        for ours, theirs in zip(answers[generic][0], answers[family][0], strict=True):
            worst = max(worst, relative_l1(ours.scores, theirs.scores))
        slower[str(job)] = ratios(seconds[generic], seconds[family])
        note(f"{job}: {slower[str(job)]['median']:.2f} x slower")
    assert worst < 1e-3, worst
    return {
        "times_slower": slower,
        "times_slower_one_layer": statistics.median(found["median"] for found in list(slower.values())[:-2]),
        "seconds": {name: spread(times) for name, times in seconds.items()},
        "largest_relative_difference": worst,
        "peak_memory": peaks,
        "threads": environment().threads,
    }


if __name__ == "__main__":
    main()
