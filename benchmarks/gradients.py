"""How long does one gradient for each of many sentences take, beside a batched PyTorch loop?

    python benchmarks/gradients.py [--sentences 1000]
    python benchmarks/gradients.py --quick

Sensitivity of the predicted class at the embeddings, for sentences of SST-5's test split, by `bf.gradients`
and by a loop in PyTorch over the same batches: sentences sorted by falling length, so many to a batch, padded
to its longest. The classifier has MiniLM's encoder and a head drawn at random (a head's weights do not change
what is computed). The loop tokenizes as `bf.gradients` does (`make_text_windows`), chooses the class from the
logits that it differentiates, stops at the output of the embeddings, and has the faster of two attention
implementations. Cutting windows is in both times, loading in neither.

Asserts that both explain the same classes, and that the scores agree.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from machine import describe_machine
from measure import (
    READER,
    SHARED,
    every_turn,
    finish,
    goal,
    note,
    options_parser,
    peak_memory,
    ratios,
    relative_l1,
    spread,
    take_turns,
)

import bertqa_fast as bf
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.runtime import environment
from bertqa_fast.tasks.training_data import pad

ATTENTION = ("sdpa", "eager")
CLASSES = 5


def arguments() -> argparse.Namespace:
    parser = options_parser(__doc__)
    parser.add_argument("--model", default=str(READER), help="folder whose encoder is used")
    parser.add_argument("--data", type=Path, default=SHARED / "data" / "sst5" / "test.txt.gz")
    parser.add_argument("--sentences", type=int, default=1000)
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[8, 32, 64])
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    if options.quick:
        options.sentences, options.rounds, options.batch_sizes = 12, 1, [4]
    return options


def classifier(source: str, folder: Path) -> Any:
    """Give an encoder a random head, write it to a folder, and return the module."""
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer
    from transformers.utils import logging

    logging.set_verbosity_error()
    torch.manual_seed(0)
    module = AutoModelForSequenceClassification.from_pretrained(
        source, num_labels=CLASSES, dtype=torch.float32
    )
    module.eval().save_pretrained(folder)
    AutoTokenizer.from_pretrained(source).save_pretrained(folder)
    return module.requires_grad_(False)


def loop(module: Any, tokenizer: Any, texts: list[bf.TextExample], size: int) -> list[tuple[int, Any]]:
    """Return class and scores of every text."""
    import torch

    kept: list[Any] = []

    def keep(_module: Any, _inputs: Any, embedded: Any) -> Any:
        kept.append(embedded.requires_grad_(True))  # the first that does: nothing below is differentiated
        return embedded

    hook = module.bert.embeddings.register_forward_hook(keep)
    windows = make_text_windows(tokenizer, texts, max_length=384)
    order = sorted(range(len(windows)), key=lambda n: -len(windows[n].input_ids))
    found: list[Any] = [None] * len(windows)
    for first in range(0, len(order), size):
        members = order[first : first + size]
        batch = pad([windows[n] for n in members], 0)
        ids, types, mask = (
            torch.from_numpy(batch[name]) for name in ("input_ids", "token_type_ids", "attention_mask")
        )
        logits = module(input_ids=ids, token_type_ids=types, attention_mask=mask).logits
        gradient = torch.autograd.grad(logits.max(dim=-1).values.sum(), kept.pop())[0]
        scores = gradient.norm(dim=-1).numpy()
        for row, number in enumerate(members):
            found[number] = (
                int(logits[row].argmax()),
                scores[row, : len(windows[number].input_ids)],
            )
    hook.remove()
    return found


def main() -> None:
    options = arguments()
    import torch

    peaks: dict[str, int] = {}
    texts = bf.read_sst(options.data)[: options.sentences]
    with tempfile.TemporaryDirectory() as place:
        module = classifier(options.model, Path(place))
        with bf.load(place, threads=options.threads, cache_dir=Path(place) / "cache") as model:
            threads = environment().threads
            torch.set_num_threads(threads)
            tokenizer = model.window_tokenizer

            def ours(size: int | None) -> list[bf.Attribution]:
                with peak_memory(peaks, "ours"):
                    return bf.gradients(
                        model, texts, internal_batch_size=size, target="logit", show_progress=False
                    )

            def theirs(attention: str, size: int) -> list[tuple[int, Any]]:
                module.set_attn_implementation(attention)
                with peak_memory(peaks, "torch_loop"):
                    return loop(module, tokenizer, texts, size)

            wanted, got = theirs("eager", options.batch_sizes[0]), ours(None)
            assert [a.label for a in got] == [label for label, _ in wanted]
            errors = [relative_l1(a.scores, scores) for a, (_, scores) in zip(got, wanted, strict=True)]
            assert max(errors) < 1e-3, max(errors)
            contenders: dict[str, Any] = {"ours, own batches": every_turn(ours, None)}
            for size in options.batch_sizes:
                contenders[f"ours, {size}"] = every_turn(ours, size)
                contenders |= {f"torch {a}, {size}": every_turn(theirs, a, size) for a in ATTENTION}
            seconds, _ = take_turns(contenders, options.rounds)
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    table = {}
    for size in options.batch_sizes:
        best = min((f"torch {a}, {size}" for a in ATTENTION), key=medians.__getitem__)
        table[str(size)] = {
            "torch": best,
            "times_faster": medians[best] / medians[f"ours, {size}"],
            "times_faster_by_turn": ratios(seconds[best], seconds[f"ours, {size}"]),
        }
        note(f"batches of {size}: {table[str(size)]['times_faster']:.2f} x {best}")
    fastest = min((name for name in medians if name.startswith("torch")), key=medians.__getitem__)
    finish(
        {
            "question": "seconds of one gradient for each of many sentences, beside a batched PyTorch loop",
            "model": Path(options.model).name,
            "sentences": len(texts),
            "tokens": int(np.sum([len(a.tokens) for a in got])),
            "seconds": {name: spread(times) for name, times in seconds.items()},
            "same_batches": table,
            "own_batches": {
                "torch": fastest,
                "times_faster": medians[fastest] / medians["ours, own batches"],
                "times_faster_by_turn": ratios(seconds[fastest], seconds["ours, own batches"]),
            },
            "largest_relative_difference": max(errors),
            "goals": {"times_faster": goal(min(one["times_faster"] for one in table.values()), at_least=1.0)},
            "peak_memory": peaks,
            "threads": threads,
            "machine": describe_machine("onnxruntime", "torch", "transformers", "numpy"),
        },
        options,
    )


if __name__ == "__main__":
    main()
