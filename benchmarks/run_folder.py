"""How large is a run folder, and does the memory that it takes grow with the data set?

    python benchmarks/run_folder.py [--what size memory] [--examples 1000 10000] [--questions 200]

Attributes SQuAD questions at every layer (with one node, which does not change the size, and no hidden states
kept) and counts the bytes of an example. Then writes, opens, reads, finishes and converts made-up runs of 13
layers and 20 answers to a question, each step in a process of its own which reports its peak resident memory.
No step may take more memory for more examples than what has to be kept of each: 2 KB (example, id, text and
scores of its answer), and 8 KB for converting, because a converted file holds one layer of all examples.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine
from measure import READER, SQUAD_DEV, finish, note, options_parser, resident_bytes

import bertqa_fast as bf
from bertqa_fast.attribution.results import Attribution, LayerAttributions
from bertqa_fast.runs.attribute import attribute_dataset
from bertqa_fast.runs.finish import write_predictions_files
from bertqa_fast.runs.reader import Run
from bertqa_fast.runs.reference_files import write_reference_files
from bertqa_fast.runs.store import RunWriter
from bertqa_fast.tasks.answers import NBest, Prediction

LAYERS, TOKENS, PART = 13, 180, 16
STEPS = ("write", "open", "scores", "predictions", "finish", "convert")
BYTES_AN_EXAMPLE = dict.fromkeys(STEPS, 2048) | {"convert": 8192}


def made_up(examples: int) -> list[bf.QAExample]:
    context = " ".join(f"word{n:03}" for n in range(TOKENS - 4))
    return [bf.QAExample("who ?", context, f"question-{n:06}", ("word007",)) for n in range(examples)]


def attributions(example: bf.QAExample, rng: np.random.Generator) -> LayerAttributions:
    """Return random scores of an example, at every layer."""
    words = example.context.split()
    begins = np.arange(len(words)) * 8
    context = np.stack([begins, begins + 7], axis=1)
    fixed: dict[str, Any] = {
        "tokens": ["[CLS]", "who", "[SEP]", *words, "[SEP]"],
        "offsets": np.concatenate([[(0, 0), (0, 3), (0, 0)], context, [(0, 0)]]),
        "segment": np.array([-1, 0, -1, *[1] * len(words), -1], dtype=np.int8),
        "word_ids": np.array([-1, 0, -1, *range(len(words)), -1], dtype=np.int32),
        "target": "probability",
        "span": (10, 10),
        "value": 1.0,
        "baseline_value": 0.0,
        "delta": 0.0,
        "error": 0.0,
        "evaluations": 10.0,
        "converged": True,
        "method": "auto",
        "question": example.question,
        "context": example.context,
        "id": example.id,
    }
    scores = rng.gamma(0.3, size=(LAYERS, len(fixed["tokens"]))).astype(np.float32)
    return LayerAttributions(
        Attribution(**fixed, layer=layer, scores=row, signed=-row) for layer, row in enumerate(scores, -1)
    )


def prediction(example: bf.QAExample) -> Prediction:
    spans = [
        NBest(f"word{n:03}", 8 * n, 8 * n + 7, n + 3, n + 3, 0, 1.5 - n, 2.5 - n, 0.05) for n in range(20)
    ]
    best = spans[7]
    return Prediction(example.id, best.text, 56, 63, 10, 10, 4.0, 0.05, 0, spans, null_score=-1.0)


def write(folder: Path, examples: int) -> None:
    rng = np.random.default_rng(0)
    identity = {"model": {}, "data": {"task": "squad"}, "settings": {"embeddings": 0}}
    about = {"data": {"path": None, "task": "squad"}}
    data = made_up(examples)
    with RunWriter(folder, identity, about, resume=False) as writer:
        for first in range(0, examples, PART):
            chunk = dict(enumerate(data[first : first + PART], first))
            results = [(number, attributions(example, rng)) for number, example in chunk.items()]
            predictions = {number: prediction(example) for number, example in chunk.items()}
            writer.add(results, predictions, {number: ["word007"] for number in chunk}, 0.1)


def step(name: str, folder: Path, examples: int) -> None:
    """Do one thing with the run, and say how many examples it met."""
    if name == "write":
        write(folder, examples)
    elif name == "finish":
        scores = write_predictions_files(folder, made_up(examples), "squad")
        assert scores["exact_match"] == 100
    elif name == "convert":
        assert write_reference_files(Run(folder), folder.parent / "reference").examples == examples
    else:
        run = Run(folder)
        met = {"open": lambda: run, "scores": run.scored, "predictions": lambda: run.predictions().values()}
        assert (len(run) if name == "open" else sum(1 for _ in met[name]())) == examples


def measured(name: str, folder: Path, examples: int) -> dict[str, float]:
    """Do a step in a process of its own; return seconds and the memory that it took beyond the imports."""
    command = [sys.executable, __file__, "--step", name, str(folder), str(examples)]
    return dict(json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout))


def size_of_an_example(questions: int) -> dict[str, Any]:
    """Attribute SQuAD questions at every layer; return the bytes of an example, by folder."""
    examples = bf.read_squad(SQUAD_DEV)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "run"
        with bf.load(READER) as model:
            settings: dict[str, Any] = {"method": "gausslegendre", "n_steps": 1}
            about = attribute_dataset(model, examples, folder, limit=questions, embeddings=0, **settings)
            layers = model.num_layers + 1
        tokens = [len(window.tokens) for window in Run(folder).scored()]
        parts = ("windows", "scores", "predictions")
        bytes_of = {part: sum(path.stat().st_size for path in (folder / part).iterdir()) for part in parts}
        bytes_of["files"] = sum(path.stat().st_size for path in folder.glob("*.json"))
    return {
        "questions": questions,
        "parts": about["counts"]["parts"],
        "layers": layers,
        "mean_tokens": float(np.mean(tokens)),
        "bytes_an_example": {part: round(size / questions) for part, size in bytes_of.items()},
        "total": round(sum(bytes_of.values()) / questions),
    }


def memory_of_steps(few: int, many: int) -> tuple[dict[str, Any], dict[str, float]]:
    """Measure every step with few and with many examples; return that, and the growth in bytes an example."""
    steps: dict[str, Any] = {name: {} for name in STEPS}
    for count in (few, many):
        with tempfile.TemporaryDirectory() as folder:
            for name in steps:
                steps[name][count] = measured(name, Path(folder) / "run", count)
                note(f"{name}, {count} examples: {steps[name][count]}")
    growth = {
        name: (found[many]["peak"] - found[few]["peak"]) / (many - few) for name, found in steps.items()
    }
    return steps, growth


def main() -> None:
    if sys.argv[1:2] == ["--step"]:
        before, began = resident_bytes(), time.monotonic()
        step(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
        seconds, peak = time.monotonic() - began, resident_bytes()
        print(json.dumps({"seconds": seconds, "peak": peak, "beyond_imports": peak - before}))
        return
    parser = options_parser(__doc__)
    parser.add_argument("--what", nargs="+", choices=["size", "memory"], default=["size", "memory"])
    parser.add_argument("--examples", type=int, nargs=2, default=[1000, 10000], metavar="N")
    parser.add_argument("--questions", type=int, default=200)
    options = parser.parse_args()
    report: dict[str, Any] = {"question": "bytes of an example on disk, and of memory that grows with them"}
    if "size" in options.what:
        report["size"] = size_of_an_example(2 if options.quick else options.questions)
    growth: dict[str, float] = {}
    if "memory" in options.what:
        report["steps"], growth = memory_of_steps(*((16, 48) if options.quick else options.examples))
        report["growth"] = growth
    finish(report | {"machine": describe_machine("numpy", "pyarrow")}, options)
    over = {name: rate for name, rate in growth.items() if rate > BYTES_AN_EXAMPLE[name]}
    assert options.quick or not over, f"bytes an example: {over}, wanted at most {BYTES_AN_EXAMPLE}"


if __name__ == "__main__":
    main()
