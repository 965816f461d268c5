"""A tiny reader with random weights, data for it, and the program as a process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bertqa_fast.cli.main import app

WORDS = "the ship left port in may with ada and crates of tea who sailed how many were there"
CONTEXT = "The ship left port in May with Ada and 14 crates of tea."
QUESTIONS = [
    ("q1", "Who sailed?", "Ada", 31),
    ("q2", "How many crates were there?", "14", 39),
    ("q3", "Who left in May?", "Ada", 31),
]

Program = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def tiny_model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a random reader: 2 blocks, 16 wide, 2 heads."""
    torch = pytest.importorskip("torch")
    from transformers import BertConfig, BertForQuestionAnswering, BertTokenizerFast

    folder = tmp_path_factory.mktemp("tiny")
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    letters = "abcdefghijklmnopqrstuvwxyz0123456789?.,<>/"
    pieces = [*special, *WORDS.split(), *letters, *(f"##{letter}" for letter in letters)]
    vocabulary = folder / "vocab.txt"
    vocabulary.write_text("\n".join(dict.fromkeys(pieces)) + "\n")
    tokenizer = BertTokenizerFast(str(vocabulary), do_lower_case=True)
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(tokenizer),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=24,
        max_position_embeddings=384,
    )
    BertForQuestionAnswering(config).save_pretrained(folder)
    return folder


@pytest.fixture(scope="session")
def squad_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SQuAD file of three questions on one passage."""
    path = tmp_path_factory.mktemp("data") / "dev.json"
    questions = [
        {"id": name, "question": question, "answers": [{"text": text, "answer_start": start}]}
        for name, question, text, start in QUESTIONS
    ]
    paragraph = {"context": CONTEXT, "qas": questions}
    path.write_text(json.dumps({"version": "1.1", "data": [{"title": "t", "paragraphs": [paragraph]}]}))
    return path


@pytest.fixture(scope="session")
def environ(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an environment with a cache of its own, in which nothing is downloaded."""
    cache = tmp_path_factory.mktemp("cache")
    return os.environ | {
        "BERTQA_FAST_CACHE": str(cache),
        "HF_HUB_OFFLINE": "1",
        "COLUMNS": "100",
        "NO_COLOR": "1",
    }


@pytest.fixture(scope="session")
def program(environ: dict[str, str]) -> Program:
    """Return a runner of ``bertqa-fast``, which checks the exit status."""

    def run(*arguments: Any, status: int = 0) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-c", "from bertqa_fast.cli.main import main; main()", *map(str, arguments)],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            env=environ,
        )
        assert done.returncode == status, f"status {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr
        return done

    return run


@pytest.fixture(scope="session")
def invoke(environ: dict[str, str]) -> Callable[..., Any]:
    """Return a runner of the program within this process, where starting one more would prove nothing new."""

    def run(*arguments: Any, status: int = 0) -> Any:
        done = CliRunner().invoke(app, [str(argument) for argument in arguments], env=environ)
        assert done.exit_code == status, f"status {done.exit_code}\n{done.output}\n{done.exception!r}"
        return done

    return run


@pytest.fixture(scope="session")
def run_folder(
    program: Program, tiny_model: Path, squad_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a finished run over the three questions."""
    folder = tmp_path_factory.mktemp("runs") / "run"
    program("attribute", "--model", tiny_model, "--data", squad_file, "--output-dir", folder, "--steps", 4)
    return folder
