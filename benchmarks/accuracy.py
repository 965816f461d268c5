"""How far are the attributions from float64 autograd, and how large is the completeness gap?

    python benchmarks/accuracy.py [--sizes 5,96,6,200 ...] [--model MODEL --data dev.json] [--questions 20]

(a) Random readers of every size given (layers, hidden size, heads, intermediate size, and if wanted the
activation), with the initial weights of transformers and with weights that bend more: every layer, target and
baseline, sequences of mixed lengths that share padded batches, against float64 autograd over the same nodes.
Asserts a relative (Frobenius) difference of the vectors [T, H] and of the scores under 1e-5.

(b) With --model and --data: real questions at every layer with 200 Gauss-Legendre nodes. Asserts
|delta| <= 1e-3 max(|change of the target|, 0.1), and for some of the questions, over fewer nodes, the same
agreement with autograd as in (a).
"""

from __future__ import annotations

import argparse
import json
import os
import string
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import describe_machine
from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast

import bertqa_fast as bf
from bertqa_fast import _core
from bertqa_fast.attribution.targets import TARGETS
from bertqa_fast.data.windows import make_windows
from bertqa_fast.graphs.reference import Float64Reader, relative_difference, target_of

SIZES = ["2,32,4,64", "5,96,6,200", "4,60,5,111,gelu_new", "3,128,2,37,relu"]
BASELINES = ["zero", "pad", "mask", "array"]
LENGTHS = [8, 40, 3, 25, 33]
TOLERANCE = 1e-5


def note(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def random_tokenizer(words: list[str]) -> Any:
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *words, *string.ascii_lowercase]
    return BertTokenizerFast(vocab={piece: number for number, piece in enumerate(pieces)})


def random_reader(size: str, vocabulary: int, bent: bool, seed: int) -> Any:
    layers, hidden, heads, intermediate, *activation = size.split(",")
    config = BertConfig(
        vocab_size=vocabulary,
        num_hidden_layers=int(layers),
        hidden_size=int(hidden),
        num_attention_heads=int(heads),
        intermediate_size=int(intermediate),
        hidden_act=activation[0] if activation else "gelu",
    )
    torch.manual_seed(seed)
    module = BertForQuestionAnswering(config).eval()
    if bent:
        with torch.no_grad():
            for name, parameter in module.named_parameters():
                centre = 1.0 if name.endswith("LayerNorm.weight") else 0.0
                wide = parameter.ndim == 2 and "embeddings" not in name
                parameter.normal_(centre, 1.2 / parameter.shape[1] ** 0.5 if wide else 0.2)
    return module


def differences(
    reader: Float64Reader,
    model: bf.Model,
    example: bf.QAExample,
    result: bf.LayerAttributions,
    rule: tuple[Any, Any],
    target: str,
    baseline: Any,
) -> Iterator[float]:
    """Compare every layer's vectors and scores with float64 autograd."""
    [window] = make_windows(model.tokenizer, [example])
    types = window.token_type_ids[None]
    states = reader.hidden_states(window.input_ids[None], types)
    origins = [torch.zeros_like(state) for state in states]
    if isinstance(baseline, np.ndarray):
        origins = [torch.as_tensor(baseline).double().expand_as(state) for state in states]
    elif baseline != "zero":
        token = getattr(model.tokenizer, f"{baseline}_token_id")
        origins = reader.hidden_states(np.where(window.segment >= 0, token, window.input_ids)[None], types)
    for layer, got in result.items():
        assert got.span is not None
        x, origin = states[layer + 1][0], origins[layer + 1][0]
        wanted = reader.integrated_gradients(layer, x, origin, *rule, target_of(target, got.span))
        yield relative_difference(got.values, wanted)
        yield relative_difference(got.scores, np.linalg.norm(wanted, axis=-1))


def random_readers(sizes: list[str], seeds: int, nodes: int) -> dict[str, float]:
    """Return the worst difference of each size."""
    torch.set_num_threads(1)  # so small that a second thread only waits, and gets in the runtime's way
    words = [f"{a}{b}" for a in string.ascii_lowercase for b in string.ascii_lowercase[:6]]
    tokenizer = random_tokenizer(words)
    worst: dict[str, float] = {}
    for size in sizes:
        worst[size] = 0.0
        for seed in range(seeds):
            for bent in (False, True):
                module = random_reader(size, len(tokenizer), bent, seed)
                rng = np.random.default_rng(seed)
                examples = [
                    bf.QAExample(" ".join(rng.choice(words, 4)), " ".join(rng.choice(words, length)))
                    for length in LENGTHS
                ]
                worst[size] = max(worst[size], one_reader(module, tokenizer, examples, nodes))
        note(f"{size}: {worst[size]:.1e}")
        assert worst[size] < TOLERANCE, (size, worst[size])
    return worst


def one_reader(module: Any, tokenizer: Any, examples: list[bf.QAExample], nodes: int) -> float:
    reader, worst = Float64Reader(module), 0.0
    rule = _core.quadrature_rule("gausslegendre", nodes)
    settings = [(target, "zero") for target in TARGETS] + [("probability", name) for name in BASELINES[1:]]
    with (
        tempfile.TemporaryDirectory() as cache,
        bf.load(module, tokenizer=tokenizer, cache_dir=cache) as model,
    ):
        rng = np.random.default_rng(0)
        for target, name in settings:
            baseline = rng.normal(size=model.hidden_size).astype(np.float32) if name == "array" else name
            results = bf.integrated_gradients(
                model,
                examples,
                layer="all",
                target=target,
                baseline=baseline,
                method="gausslegendre",
                n_steps=nodes,
                keep_values=True,
                internal_batch_size=nodes * len(examples) + len(examples),  # all share their batches
            )
            for example, result in zip(examples, results, strict=True):
                worst = max(worst, *differences(reader, model, example, result, rule, target, baseline))
    return worst


def real_questions(options: argparse.Namespace) -> dict[str, Any]:
    every = bf.read_squad(options.data)
    examples = every[:: max(1, len(every) // options.questions)][: options.questions]
    gaps: dict[int, float] = {}
    lengths: list[int] = []
    with bf.load(options.model) as model:
        for number, example in enumerate(examples, start=1):
            result = bf.integrated_gradients(
                model, example, layer="all", method="gausslegendre", n_steps=options.nodes
            )
            lengths.append(len(result.tokens))
            for layer, got in result.items():
                assert got.delta is not None
                assert got.baseline_value is not None
                gap = abs(got.delta) / max(abs(got.value - got.baseline_value), 0.1)
                gaps[layer] = max(gaps.get(layer, 0.0), gap)
            note(
                f"question {number} of {len(examples)}: {len(result.tokens)} tokens, {max(gaps.values()):.1e}"
            )
        worst = 0.0
        torch.set_num_threads(len(os.sched_getaffinity(0)))
        reader = Float64Reader(options.model)
        rule = _core.quadrature_rule("gausslegendre", options.autograd_nodes)
        for example in sorted(examples, key=lambda e: len(e.context))[: options.autograd_questions]:
            result = bf.integrated_gradients(
                model,
                example,
                layer="all",
                method="gausslegendre",
                n_steps=options.autograd_nodes,
                keep_values=True,
            )
            for difference in differences(reader, model, example, result, rule, "probability", "zero"):
                worst = max(worst, difference)
            note(f"autograd: {worst:.1e}")
    assert max(gaps.values()) <= 1e-3, gaps
    assert worst < TOLERANCE, worst
    return {
        "model": Path(options.model).name,
        "questions": len(examples),
        "tokens": [min(lengths), max(lengths)],
        "nodes": options.nodes,
        "worst_gap_by_layer": gaps,
        "worst_gap": max(gaps.values()),
        "autograd_questions": options.autograd_questions,
        "autograd_nodes": options.autograd_nodes,
        "worst_difference_from_float64": worst,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument(
        "--sizes", nargs="*", default=SIZES, help="layers,hidden,heads,intermediate[,activation]"
    )
    parser.add_argument("--seeds", type=int, default=2, help="random readers of each size and kind")
    parser.add_argument("--random-nodes", type=int, default=6)
    parser.add_argument("--model", help="folder or hub id of a fine-tuned reader")
    parser.add_argument("--data", help="SQuAD file")
    parser.add_argument("--questions", type=int, default=20)
    parser.add_argument("--nodes", type=int, default=200)
    parser.add_argument("--autograd-questions", type=int, default=2)
    parser.add_argument("--autograd-nodes", type=int, default=16)
    options = parser.parse_args()
    if bool(options.model) != bool(options.data):
        parser.error("--model and --data go together")

    found: dict[str, Any] = {
        "question": "relative Frobenius difference from float64 autograd; completeness gap"
    }
    found["random_readers"] = random_readers(options.sizes, options.seeds, options.random_nodes)
    if options.model:
        found["real_questions"] = real_questions(options)
    found["machine"] = describe_machine("onnxruntime", "torch", "transformers", "numpy")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
