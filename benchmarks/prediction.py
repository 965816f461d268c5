"""How many windows a second does prediction read, beside a length-sorted PyTorch loop?

    python benchmarks/prediction.py [--questions 1000]
    python benchmarks/prediction.py --quick

The first --questions of a seeded draw of SQuAD dev, answered by `bf.predict` and by the same function over
a PyTorch reader (`bertqa_fast.tasks.torch_reader`: windows sorted by length, padded to the longest of their
batch, inference mode), which has the faster of two attention implementations and the best of several batch
sizes. Cutting windows and ranking answers are in both times.

Asserts that both read the same windows, that the logits agree, and that at least 99 % of the answers are
equal. Left out: bf16, and loading.
"""

from __future__ import annotations

import argparse
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
from bertqa_fast.tasks.predict import predict

ATTENTION = ("sdpa", "eager")


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--model", default=str(READER), help="folder or hub id of a reader")
    parser.add_argument("--data", type=Path, default=SQUAD_DEV, help="SQuAD file")
    parser.add_argument("--questions", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[4, 8, 16, 32, 64])
    parser.add_argument("--search", type=int, default=200, help="questions to choose the batch size with")
    options = parser.parse_args()
    if options.quick:
        options.questions, options.rounds, options.batch_sizes, options.search = 12, 1, [4, 8], 8
    return options


def tuned_reader(options: argparse.Namespace, examples: list[bf.QAExample]) -> tuple[Any, dict[str, Any]]:
    """Return the PyTorch reader with the best attention and batch size, and what was tried."""
    from bertqa_fast.tasks.torch_reader import TorchReader, load_reader

    module, tokenizer = load_reader(options.model, seed=0)
    module.eval()

    def run(attention: str, size: int) -> object:
        module.set_attn_implementation(attention)
        return predict(TorchReader(module, tokenizer, batch_size=size), examples[: options.search])

    choices = {f"{a}, {n}": (a, n) for a in ATTENTION for n in options.batch_sizes}
    contenders = {name: every_turn(run, *choice) for name, choice in choices.items()}
    run(*next(iter(choices.values())))
    seconds, _ = take_turns(contenders, 2)
    best = min(seconds, key=lambda name: min(seconds[name]))
    attention, size = choices[best]
    module.set_attn_implementation(attention)
    note(f"torch: {attention} attention, batches of {size}")
    tried = {name: min(times) for name, times in seconds.items()}
    return TorchReader(module, tokenizer, batch_size=size), {"chosen": best, "seconds": tried}


def main() -> None:
    options = arguments()
    import torch

    peaks: dict[str, int] = {}
    examples = draw_questions(options.data, options.questions, options.seed)
    with bf.load(options.model, threads=options.threads) as model:
        threads = environment().threads
        torch.set_num_threads(threads)
        windows = make_windows(model.tokenizer, examples)
        reader, tuning = tuned_reader(options, examples)
        few = windows[:16]
        assert [w.tokens for w in make_windows(reader.tokenizer, examples)] == [w.tokens for w in windows]
        differences = [
            float(np.abs(np.subtract(one, other)).max())
            for one, other in zip(model.logits(few), reader.logits(few), strict=True)
        ]
        assert max(differences) < 1e-3, differences

        def answer(name: str, with_model: Any) -> list[bf.Prediction]:
            with peak_memory(peaks, name):
                return predict(with_model, examples, show_progress=False)

        contenders = {
            "ours": lambda _: answer("ours", model),
            "torch_loop": lambda _: answer("torch_loop", reader),
        }
        seconds, answers = take_turns(contenders, options.rounds)
    same = np.mean(
        [a.text == b.text for a, b in zip(*(answers[name][0] for name in contenders), strict=True)]
    )
    assert same >= 0.99, same
    lengths = [len(window.tokens) for window in windows]
    finish(
        {
            "question": "windows per second of prediction, beside a length-sorted PyTorch loop",
            "model": Path(options.model).name,
            "questions": len(examples),
            "windows": len(windows),
            "tokens": [min(lengths), max(lengths)],
            "windows_per_second": {
                name: spread([len(windows) / s for s in times]) for name, times in seconds.items()
            },
            "times_faster": ratios(seconds["torch_loop"], seconds["ours"]),
            "equal_answers": float(same),
            "largest_difference_of_logits": max(differences),
            "tuning": tuning,
            "peak_memory": peaks,
            "threads": threads,
            "machine": describe_machine("onnxruntime", "torch", "transformers", "numpy"),
        },
        options,
    )


if __name__ == "__main__":
    main()
