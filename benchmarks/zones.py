"""How much faster is a grid of masked attention zones than a decode from the start for every cell?

    python benchmarks/zones.py [--limit 1000] [--output zones.json]
    python benchmarks/zones.py --quick

Every zone at every layer of the MiniLM reader, over a seeded draw of SQuAD dev: `bf.zone_grid`, which
computes what lies below a masked block once for all cells, beside one whole decode for every cell. The
contender is faster than such decodes could be: it masks nothing, reads each cell's windows with
`model.logits` (the same engine, the same batches) and ranks the answers; what masking costs, `kept` and the
scores are left out of its time and not out of ours, and windows are cut once for all its cells. So the ratio
is a lower bound. Both take turns, chunk by chunk of the questions, within one process.

Asserts that unmasked answers are the contender's, and that cells are what `bf.mask_attention` answers. Prints
the grid's table with its intervals beside the times, and counts the blocks that each runs for a window.
"""

from __future__ import annotations

import argparse
import statistics
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine
from measure import (
    READER,
    SQUAD_DEV,
    draw_questions,
    finish,
    goal,
    note,
    options_parser,
    peak_memory,
    ratios,
    spread,
    take_turns,
)

import bertqa_fast as bf
from bertqa_fast.data.windows import make_windows
from bertqa_fast.runtime import environment
from bertqa_fast.tasks.answers import rank_answers
from bertqa_fast.tasks.predict import by_example
from bertqa_fast.zones.cells import ZONES
from bertqa_fast.zones.published import compare
from bertqa_fast.zones.result import Answers

FASTER = 1.4
CHECKED = 8  # questions whose cells are masked again, one by one


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--model", default=str(READER), help="folder or hub id of a reader")
    parser.add_argument("--data", type=Path, default=SQUAD_DEV, help="SQuAD file")
    parser.add_argument("--limit", type=int, default=1000, help="questions")
    parser.add_argument("--chunk", type=int, default=50, help="questions of a turn")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if options.quick:
        options.limit, options.chunk = 8, 4
    return options


def from_the_start(model: bf.Model, examples: list[bf.QAExample], cells: int) -> list[str]:
    """Decode and rank once for every cell, and once more for the unmasked answers; return these."""
    windows = make_windows(model.window_tokenizer, examples)
    texts: list[str] = []
    for _ in range(1 + cells):
        logits = model.logits(windows, show_progress=False)
        texts = [
            rank_answers(examples[e], windows[own], logits[own], n_best=1).text
            for e, own in by_example(windows)
        ]
    return texts


def joined(grids: list[bf.ZoneGrid]) -> bf.ZoneGrid:
    """Return the grid of all chunks' questions."""
    sides = {
        side: Answers(
            *(np.concatenate([getattr(getattr(g, side), name) for g in grids]) for name in Answers.__slots__)
        )
        for side in ("unmasked", "masked")
    }
    texts = {name: tuple(t for g in grids for t in getattr(g, name)) for name in ("ids", "questions")}
    return replace(grids[0], **texts, **sides)


def check(model: bf.Model, examples: list[bf.QAExample], grid: bf.ZoneGrid) -> int:
    """Mask each cell alone for a few questions; return how many answers were compared."""
    few = examples[:CHECKED]
    for layer in grid.layers:
        for at, zone in enumerate(grid.zones):
            alone = bf.mask_attention(model, few, zone, layer, show_progress=False)
            assert grid.masked.text[: len(few), layer, at, 0].tolist() == [p.text for p in alone], (
                zone,
                layer,
            )
    return len(few) * len(grid.layers) * len(grid.zones)


def blocks(num_layers: int) -> dict[str, float]:
    """Return how many encoder blocks each way runs for a window."""
    ours = num_layers + len(ZONES) * sum(num_layers - layer for layer in range(num_layers))
    naive = num_layers * (1 + len(ZONES) * num_layers)
    return {"ours": ours, "from_the_start": naive, "ratio": naive / ours}


def main() -> None:
    options = arguments()
    peaks: dict[str, int] = {}
    examples = draw_questions(options.data, options.limit, options.seed)
    with bf.load(options.model, threads=options.threads) as model:
        cells = len(ZONES) * model.num_layers
        chunks = [examples[at : at + options.chunk] for at in range(0, len(examples), options.chunk)]
        # Sessions are made, and batches sized, before the first turn.
        bf.zone_grid(model, chunks[0][:4], show_progress=False)
        from_the_start(model, chunks[0][:4], 1)

        def grid(turn: int) -> Any:
            with peak_memory(peaks, "ours"):
                return bf.zone_grid(model, chunks[turn], show_progress=False)

        def naive(turn: int) -> Any:
            note(f"chunk {turn + 1} of {len(chunks)}")
            with peak_memory(peaks, "from_the_start"):
                return from_the_start(model, chunks[turn], cells)

        seconds, answers = take_turns({"from_the_start": naive, "ours": grid}, len(chunks))
        whole = joined(answers["ours"])
        texts = [text for chunk in answers["from_the_start"] for text in chunk]
        assert whole.unmasked.text.tolist() == texts
        checked = check(model, examples, whole)
        num_layers = model.num_layers
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    faster = medians["from_the_start"] / medians["ours"]
    finish(
        {
            "question": "seconds of a grid of masked zones, beside a decode from the start for every cell",
            "model": Path(options.model).name,
            "questions": len(examples),
            "cells": cells,
            "questions_of_a_turn": options.chunk,
            "seconds_of_a_turn": {name: spread(times) for name, times in seconds.items()},
            "seconds": {name: sum(times) for name, times in seconds.items()},
            "times_faster": faster,
            "times_faster_by_turn": ratios(seconds["from_the_start"], seconds["ours"]),
            "blocks_of_a_window": blocks(num_layers),
            "answers_checked": checked,
            "goals": {"times_faster": goal(faster, at_least=FASTER)},
            "table": whole.table("exact_match").to_dict(),
            "published": compare(whole).to_dict(),
            "peak_memory": peaks,
            "threads": environment().threads,
            "machine": describe_machine("onnxruntime", "numpy", "scipy"),
        },
        options,
    )


if __name__ == "__main__":
    main()
