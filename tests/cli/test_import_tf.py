"""``bertqa-fast import-tf``: a checkpoint of TensorFlow, imported and then explained."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Invoke = Callable[..., Any]


@pytest.fixture
def checkpoints(root: Path) -> Path:
    return root / "tests/unit/checkpoints/data"


def test_a_reader_is_imported_and_exported(checkpoints: Path, invoke: Invoke, tmp_path: Path) -> None:
    folder = tmp_path / "reader"
    done = invoke("import-tf", "--checkpoint", checkpoints / "squad.ckpt", "--output-dir", folder, "--json")
    said = json.loads(done.stdout)
    assert (said["output_dir"], said["task"], said["cased"]) == (str(folder), "question-answering", False)
    assert "global_step" in said["left_out"]
    exported = invoke("export", folder, "--output-dir", tmp_path / "export", "--json")
    assert max(json.loads(exported.stdout)["parity"].values()) < 1e-4


def test_what_is_printed(checkpoints: Path, invoke: Invoke, tmp_path: Path) -> None:
    options = ["--output-dir", tmp_path / "encoder", "--cased", "--head", "encoder"]
    done = invoke("import-tf", "--checkpoint", checkpoints / "pretraining.ckpt", *options)
    assert done.stdout.strip() == str(tmp_path / "encoder")
    assert "39 tensors for the task encoder, cased" in done.stderr
    assert "87 variables of the optimizer left out" in done.stderr
    assert "left out: cls/predictions/output_bias" in done.stderr
    assert "adam" not in done.stderr
    assert "bertqa-fast finetune" in done.stderr


def test_damage_is_one_line(checkpoints: Path, invoke: Invoke, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoints, tmp_path / "copy"))
    path = folder / "sentences.ckpt.data-00000-of-00001"
    path.write_bytes(path.read_bytes()[:3000])
    out = tmp_path / "out"
    done = invoke("import-tf", "--checkpoint", folder / "sentences.ckpt", "--output-dir", out, status=1)
    [line] = done.stderr.splitlines()
    assert "is cut short: the tensor 'bert/" in line
    assert not out.exists()
