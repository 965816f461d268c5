"""What fine-tuning refuses: wrong arguments, by name, and a loss that is no number."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bertqa_fast.data.examples import Answer, QAExample
from bertqa_fast.errors import DeviceUnavailableError
from bertqa_fast.tasks.finetune import finetune

torch = pytest.importorskip("torch")

CONTEXT = "it was written by ada in paris ."
TRAIN = [QAExample("who wrote it ?", CONTEXT, "q", (Answer("ada", CONTEXT.index("ada")),))]
QUICK = {
    "max_length": 40,
    "batch_size": 4,
    "epochs": 1,
    "bf16": False,
    "device": "cpu",
    "max_query_length": 8,
}


def test_bad_arguments_are_named(
    tmp_path: Path,
    tiny_reader: Callable[..., Any],
    tiny_tokenizer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    good: dict[str, Any] = {"source": tiny_reader(), "train": TRAIN, "tokenizer": tiny_tokenizer} | QUICK
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").write_text("")
    bare = tmp_path / "bare"
    tiny_reader().save_pretrained(bare)
    pieces = tmp_path / "pieces"
    pieces.mkdir()
    (pieces / "spiece.model").write_bytes(b"")
    monkeypatch.setattr("bertqa_fast.tokenizer.find_spec", lambda _: None)
    narrow = tiny_reader()
    narrow.resize_token_embeddings(30)
    broken = tmp_path / "broken"
    tiny_reader().save_pretrained(broken)
    (broken / "model.safetensors").write_bytes(b"\0" * 50)
    for options, error, message in (
        ({"task": "squat"}, ValueError, "task must be one of .*squad, squad_v2"),
        ({"preset": "cui2022"}, ValueError, "preset must be one of ramnath2020, cui2022-squad, cui2022-cmrc"),
        ({"preset": 3}, ValueError, "preset must be one of .*, got 3"),
        ({"preset": "wu2021"}, ValueError, "preset must be one of ramnath2020, .*, got 'wu2021'"),
        ({"validation": 0.1}, ValueError, "validation must be None for questions, got 0.1"),
        ({"passage_only": 1}, TypeError, "passage_only must be a bool, got int"),
        ({"train": []}, ValueError, "train must hold at least one example"),
        ({"train": [QAExample("q", "c", "1", ("x",))]}, ValueError, "train must hold an answer that is in"),
        ({"dev": []}, ValueError, "dev must hold at least one example"),
        ({"max_length": 65}, ValueError, "max_length must be at most the model's 64 positions, got 65"),
        ({"batch_size": 0}, ValueError, "batch_size must be 1 or more, got 0"),
        ({"epochs": 1.5}, TypeError, "epochs must be an int, got float"),
        ({"limit": 0}, ValueError, "limit must be 1 or more"),
        ({"learning_rate": 0.0}, ValueError, "learning_rate must be above 0"),
        ({"learning_rate": float("nan")}, ValueError, "learning_rate must be above 0"),
        ({"warmup_ratio": 2}, ValueError, "warmup_ratio must be between 0 and 1"),
        ({"weight_decay": -1}, ValueError, "weight_decay must be 0 or more"),
        ({"betas": (0.9, 1.0)}, ValueError, "betas must be two numbers"),
        ({"device": "tpu!"}, ValueError, "device must be 'cpu' or 'cuda', got 'tpu!'"),
        (
            {"source": bare, "tokenizer": None},
            ValueError,
            "tokenizer must be .*bare has no tokenizer",
        ),
        (
            {"tokenizer": pieces},
            ValueError,
            "tokenizer must be .* a SentencePiece model alone",
        ),
        ({"source": narrow}, ValueError, "tokenizer must fit the model's 30 embeddings, got 126 tokens"),
        ({"tokenizer": None}, ValueError, "tokenizer must be given where source is a module"),
        ({"source": 3}, TypeError, "source must be a folder, a hub id or a torch module, got int"),
        ({"source": torch.nn.Linear(1, 1)}, TypeError, "source must be a module from transformers"),
        ({"source": "./absent"}, ValueError, "source: there is no folder ./absent"),
        ({"source": tmp_path / "empty"}, ValueError, r"source: .*empty has no model.safetensors"),
        ({"source": broken}, ValueError, "source must be a folder with a model, got .*broken"),
        ({"output_dir": tmp_path / "file"}, ValueError, "output_dir must be a folder"),
    ):
        arguments = {"output_dir": tmp_path / "r"} | good | options
        with pytest.raises(error, match=message):
            finetune(
                arguments.pop("source"), arguments.pop("train"), arguments.pop("output_dir"), **arguments
            )
    assert not (tmp_path / "r").exists()
    if not torch.cuda.is_available():
        with pytest.raises(DeviceUnavailableError, match="finds no CUDA device"):
            finetune(
                tiny_reader(), TRAIN, tmp_path / "r", tokenizer=tiny_tokenizer, **QUICK | {"device": "cuda"}
            )


def test_a_loss_that_is_no_number_stops_the_run(
    tmp_path: Path, tiny_reader: Callable[..., Any], tiny_tokenizer: Any
) -> None:
    source = tiny_reader()
    with torch.no_grad():
        source.qa_outputs.weight[0, 0] = float("nan")
    with pytest.raises(FloatingPointError, match="the loss of step 1 is nan"):
        finetune(source, TRAIN, tmp_path / "r", tokenizer=tiny_tokenizer, **QUICK)
    assert not (tmp_path / "r").exists()
