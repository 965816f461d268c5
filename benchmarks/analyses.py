"""How long do the analyses that run no model take over 10,000 examples and 13 layers, and in how much memory?

    python benchmarks/analyses.py [--examples 10000] [--layers 13] [--what jsd,roles] [--output analyses.json]
    python benchmarks/analyses.py --run RUN
    python benchmarks/analyses.py --quick

Writes a run folder of made-up questions (passages of 100 to 300 tokens, five questions each, in parts of 16,
hidden states of ten), or takes one; then every analysis gets a process of its own, which is timed from its
first look at the folder to its last file. Importing comes on top. On a machine in use by others the
processor's seconds are what counts, and goals are set for them. `pos` is left out where there is no tagger.

Asserts that every example was looked at, and that the first few by themselves give what a slow loop over
`Run` gives: the mean divergence of the first and the last layer (scipy), and the share of answer words.
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

import numpy as np
from machine import describe_machine
from measure import finish, goal, note, options_parser, resident_bytes
from synthetic_run import write_run

from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.analysis.divergence import layer_divergence
from bertqa_fast.analysis.files import write_result
from bertqa_fast.analysis.registry import ANALYSES, chosen
from bertqa_fast.analysis.roles import word_roles
from bertqa_fast.runs.reader import Run

SECONDS, MEMORY = 600, 2 << 30
FEW = 10


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--examples", type=int, default=10_000)
    parser.add_argument("--layers", type=int, default=13, help="with the embeddings")
    parser.add_argument("--run", type=Path, help="a run folder, in place of a made-up one")
    parser.add_argument("--what", default="all", help="names with commas between")
    parser.add_argument("--measure", choices=list(ANALYSES), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.quick:
        options.examples, options.layers = 20, 3
    return options


def measure(name: str, run: Run) -> dict[str, Any]:
    """Do one analysis, in this process; return its seconds and the process's peak memory."""
    analysis = ANALYSES[name]
    with tempfile.TemporaryDirectory() as folder:
        began, busy = time.perf_counter(), time.process_time()
        try:
            result = analysis.compute(run, show_progress=False)
        except CannotAnalyzeError as error:
            return {"left_out": str(error)}
        computed = time.perf_counter()
        files = write_result(result, analysis.draw(result), Path(folder), run.about["identity_sha256"])
        written = time.perf_counter()
    return {
        "seconds": written - began,
        "processor_seconds": time.process_time() - busy,
        "seconds_of_files": written - computed,
        "files": len(files),
        "examples": result.examples,
        "peak_bytes": resident_bytes(),
        "settings": result.settings,
    }


def measure_apart(name: str, folder: Path) -> dict[str, Any]:
    """Do one analysis in a process of its own."""
    command = [sys.executable, __file__, "--measure", name, "--run", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    shown = ("seconds", "processor_seconds", "peak_bytes", "left_out")
    note(f"{name}: " + ", ".join(f"{key} {found[key]}" for key in shown if key in found))
    return found


def check(run: Run) -> None:
    """Compare the first few examples with slow loops."""
    from scipy.spatial.distance import jensenshannon

    divergences, shares = [], []
    for number, layers in zip(range(FEW), run, strict=False):
        assert number < FEW
        first, *_, last = layers.values()
        inside = np.flatnonzero(first.segment == 1)
        part = slice(inside[0] - 1, inside[-1] + 2)
        divergences.append(jensenshannon(first.scores[part], last.scores[part], base=2) ** 2)
        assert last.span is not None
        begin, end = (int(last.offsets[at, side]) for side, at in enumerate(last.span))
        words = sorted((word for word in last.words() if word.segment == 1), key=lambda word: -word.score)[:5]
        shares.append(100 * np.mean([word.start_char < end and word.end_char > begin for word in words]))
    table = layer_divergence(run, limit=FEW).table("jsd").where(kept="all")
    last_of_first_row = len(set(table.column("layer"))) - 1
    assert np.isclose(table.column("jsd")[last_of_first_row], np.mean(divergences), rtol=1e-5)
    roles = word_roles(run, limit=FEW).table("roles").where(role="answer")
    assert np.isclose(roles.column("share")[-1], np.mean(shares))


def compare(folder: Path, options: argparse.Namespace) -> dict[str, Any]:
    run = Run(folder)
    check(run)
    names = [analysis.name for analysis in chosen(options.what) if not analysis.needs_model]
    found = {name: measure_apart(name, folder) for name in names}
    done = {name: one for name, one in found.items() if "seconds" in one}
    for name, one in done.items():
        assert name == "tsne" or one["examples"] == len(run), (name, one)
    layers = next(run.scored()).layers
    files = [path for kind in ("windows", "scores", "predictions") for path in (folder / kind).iterdir()]
    return {
        "question": "seconds and peak memory of the analyses that run no model",
        "examples": len(run),
        "layers": len(layers),
        "run_bytes_per_example": sum(path.stat().st_size for path in files) / len(run),
        "analyses": found,
        "goals": {
            f"{name}_{key}": goal(one[key], at_most=limit)
            for name, one in done.items()
            for key, limit in (("processor_seconds", SECONDS), ("peak_bytes", MEMORY))
        },
    }


def main() -> None:
    options = arguments()
    if options.measure:
        print(json.dumps(measure(options.measure, Run(options.run))))
        return
    with tempfile.TemporaryDirectory() as temporary:
        folder = options.run or Path(temporary) / "run"
        if options.run is None:
            began = time.perf_counter()
            write_run(folder, options.examples, options.layers, states=1 if options.quick else 10)
            note(f"{options.examples} examples written in {time.perf_counter() - began:.0f} s")
        report = compare(folder, options)
    finish({**report, "machine": describe_machine("numpy", "pyarrow", "scipy", "scikit-learn")}, options)


if __name__ == "__main__":
    main()
