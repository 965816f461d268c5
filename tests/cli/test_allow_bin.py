"""``--allow-bin``: commands that take models read ``pytorch_model.bin`` with it, and say so without it."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bertqa_fast.cli.main import app

torch = pytest.importorskip("torch")


@pytest.fixture
def pickled_model(tiny_model: Path, tmp_path: Path) -> Path:
    from safetensors.torch import load_file

    folder = Path(shutil.copytree(tiny_model, tmp_path / "pickled"))
    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()
    return folder


def test_a_question_to_a_bin(pickled_model: Path, tiny_model: Path, invoke: Callable[..., Any]) -> None:
    asked = ["--question", "Who sailed?", "--context", "Ada sailed.", "--steps", 4, "--json"]
    refused = invoke("explain", "--model", pickled_model, *asked, status=1)
    [line] = refused.stderr.splitlines()
    assert "only pytorch_model.bin" in line
    assert "--allow-bin" in line
    read = invoke("explain", "--model", pickled_model, *asked, "--allow-bin")
    wanted = invoke("explain", "--model", tiny_model, *asked)
    assert json.loads(read.stdout) == json.loads(wanted.stdout)


def test_an_export_and_its_parity(pickled_model: Path, invoke: Callable[..., Any], tmp_path: Path) -> None:
    out = tmp_path / "export"
    done = invoke("export", pickled_model, "--output-dir", out, "--allow-bin", "--json")
    assert max(json.loads(done.stdout)["parity"].values()) < 1e-4


@pytest.mark.parametrize(
    "command",
    [
        "analyze",
        "attribute",
        "demo",
        "evaluate",
        "explain",
        "export",
        "finetune",
        "predict",
        "study",
        "zones",
    ],
)
def test_every_command_that_takes_a_model(command: str) -> None:
    text = CliRunner().invoke(app, [command, "--help"], env={"COLUMNS": "200", "NO_COLOR": "1"}).stdout
    assert "--allow-bin" in text
