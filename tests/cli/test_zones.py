"""``bertqa-fast zones`` on the tiny reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bertqa_fast.zones.result import ZoneGrid

Program = Callable[..., Any]


@pytest.fixture
def arguments(tiny_model: Path, squad_file: Path, tmp_path: Path) -> list[Any]:
    return ["zones", "--model", tiny_model, "--data", squad_file, "--output-dir", tmp_path / "zones"]


def test_grid_as_a_table(invoke: Program, arguments: list[Any], tmp_path: Path) -> None:
    done = invoke(*arguments)
    folder = tmp_path / "zones"
    assert "change in points" in done.stdout
    assert "published_rank" in "".join(done.stdout.split())
    assert str(folder) in "".join(done.stdout.split())
    assert "3 questions, 10 cells" in done.stderr
    grid = ZoneGrid.read(folder)
    assert (len(grid), grid.layers) == (3, (0, 1))
    assert (folder / "predictions_layer1_p2q.json").is_file()
    assert "holds a zone grid already" in invoke(*arguments, status=1).stderr
    invoke(*arguments, "--zones", "q2", "--layers", "1", "--overwrite", "--metric", "kept")
    assert ZoneGrid.read(folder).zones == ("q2",)


def test_heads_as_json(invoke: Program, arguments: list[Any], tmp_path: Path) -> None:
    options = [
        "--zones",
        "p2,q2p",
        "--layers",
        "0",
        "--heads",
        "each",
        "--top",
        "3",
        "--limit",
        "2",
        "--json",
    ]
    found = json.loads(invoke(*arguments, *options).stdout)
    assert found["questions"] == 2
    assert len(found["table"]["rows"]) == 1 * 2 * 2
    assert found["published"] is None
    assert "head_importance.csv" in found["files"]
    assert (tmp_path / "zones" / "predictions_layer0_q2p_head1.json").is_file()


def test_failures_are_one_line(invoke: Program, arguments: list[Any], tmp_path: Path) -> None:
    assert "layers: got 7" in invoke(*arguments, "--layers", "7", status=1).stderr
    assert "heads: got 2" in invoke(*arguments, "--heads", "0,2", status=1).stderr
    (tmp_path / "zones").mkdir()
    (tmp_path / "zones" / "notes.txt").write_text("mine")
    done = invoke(*arguments, "--overwrite", status=1)
    assert "holds something else than a zone grid" in " ".join(done.stderr.split())
