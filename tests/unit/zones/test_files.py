"""A grid's folder: what is in it, reading it back, and what is refused."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import bertqa_fast as bf
from bertqa_fast.zones import files
from bertqa_fast.zones.files import reference_csv
from bertqa_fast.zones.result import Answers, ZoneGrid

MakeGrid = Callable[..., ZoneGrid]


@pytest.fixture
def undrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave figures out: drawing takes longer than all else."""
    monkeypatch.setattr(files, "figures", lambda _grid: {})


def assert_same(one: ZoneGrid, other: ZoneGrid) -> None:
    for name in ("zones", "layers", "heads", "ids", "questions", "about"):
        assert getattr(one, name) == getattr(other, name), name
    for side in ("unmasked", "masked"):
        for name in Answers.__slots__:
            left, right = (getattr(getattr(grid, side), name) for grid in (one, other))
            assert left.dtype == right.dtype
            np.testing.assert_array_equal(left, right)


@pytest.mark.usefixtures("undrawn")
@pytest.mark.parametrize(
    "options", [{}, {"golds": False}, {"heads": (0, 2), "zones": ("q2", "p2")}, {"count": 1}]
)
def test_written_and_read_back(make_grid: MakeGrid, tmp_path: Path, options: dict[str, Any]) -> None:
    grid = make_grid(**options)
    written = grid.write(tmp_path / "zones")
    assert sorted(path.name for path in (tmp_path / "zones").iterdir()) == [path.name for path in written]
    assert_same(ZoneGrid.read(tmp_path / "zones"), grid)


@pytest.mark.usefixtures("undrawn")
def test_predictions_are_named_as_published(make_grid: MakeGrid, tmp_path: Path) -> None:
    grid = make_grid(layers=2)
    grid.write(tmp_path)
    assert json.loads((tmp_path / "predictions.json").read_text()) == dict(
        zip(grid.ids, grid.unmasked.text, strict=True)
    )
    for layer in range(2):
        for at, zone in enumerate(grid.zones):
            found = json.loads((tmp_path / f"predictions_layer{layer}_{zone}.json").read_text())
            assert found == dict(zip(grid.ids, grid.masked.text[:, layer, at, 0], strict=True))
    heads = make_grid(layers=2, zones=("p2",), heads=(1, 4))
    heads.write(tmp_path / "heads")
    found = json.loads((tmp_path / "heads" / "predictions_layer1_p2_head4.json").read_text())
    assert found == dict(zip(heads.ids, heads.masked.text[:, 1, 0, 1], strict=True))


@pytest.mark.usefixtures("undrawn")
def test_csv_is_that_of_the_published_script(make_grid: MakeGrid, tmp_path: Path) -> None:
    grid = make_grid(count=7)
    grid.write(tmp_path)
    lines = list(csv.reader((tmp_path / "exact_match.csv").read_text().splitlines()))
    assert lines[0] == ["layer", "all", "q2", "q2p", "p2q", "p2"]
    assert [line[0] for line in lines[1:]] == ["0", "1", "2"]
    for layer, line in enumerate(lines[1:]):
        for zone, value in zip(lines[0][1:], line[1:], strict=True):
            mean = 100 * grid.masked.exact_match[:, layer, grid.zones.index(zone), 0].mean()
            assert value == str(round(float(mean), 3))
    assert not (tmp_path / "kept.csv").exists()
    few = reference_csv(make_grid(zones=("p2", "q2"), layers=1), "f1")
    assert few.splitlines()[1].split(",")[1] == few.splitlines()[1].split(",")[3] == ""


def test_tables_and_figures_are_there(make_grid: MakeGrid, tmp_path: Path) -> None:
    grid = make_grid()
    grid.write(tmp_path / "whole")
    names = {path.name for path in (tmp_path / "whole").iterdir()}
    for table in ("table", "question_types", "correlation", "published"):
        assert {f"{table}.csv", f"{table}.json"} <= names
    for figure in ("zones_exact_match", "zones_exact_match_reference", "zones_kept", "question_types"):
        assert {f"{figure}.png", f"{figure}.svg"} <= names
    table = json.loads((tmp_path / "whole" / "table.json").read_text())
    assert {row[0] for row in table["rows"]} == {"exact_match", "f1", "kept"}
    about = json.loads((tmp_path / "whole" / "zones.json").read_text())
    assert about["counts"] == {"examples": 20, "cells": 15}
    assert set(about["files"]) | {"zones.json"} == names
    make_grid(heads=(0, 1)).write(tmp_path / "heads")
    names = {path.name for path in (tmp_path / "heads").iterdir()}
    assert "head_importance.csv" in names
    assert "exact_match_head1.csv" in names
    assert not {"published.csv", "question_types.png"} & names


@pytest.mark.usefixtures("undrawn")
def test_nothing_is_overwritten_unasked(make_grid: MakeGrid, tmp_path: Path) -> None:
    grid = make_grid(layers=1, zones=("q2",))
    (tmp_path / "empty").mkdir()
    grid.write(tmp_path / "empty")
    with pytest.raises(ValueError, match="holds a zone grid already; overwrite it"):
        grid.write(tmp_path / "empty")
    other = make_grid(layers=1, zones=("p2",))
    other.write(tmp_path / "empty", overwrite=True)
    assert not (tmp_path / "empty" / "predictions_layer0_q2.json").exists()
    assert_same(ZoneGrid.read(tmp_path / "empty"), other)
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "notes.txt").write_text("mine")
    with pytest.raises(ValueError, match="holds something else than a zone grid"):
        grid.write(tmp_path / "full", overwrite=True)


@pytest.mark.usefixtures("undrawn")
def test_what_is_missing_or_damaged_is_named(make_grid: MakeGrid, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"holds no zone grid: there is no file zones\.json"):
        ZoneGrid.read(tmp_path)
    folder = tmp_path / "zones"
    make_grid(layers=2).write(folder)
    whole = (folder / "cells.parquet").read_bytes()
    middle = len(whole) // 2
    (folder / "cells.parquet").write_bytes(
        whole[:middle] + bytes(255 - byte for byte in whole[middle : middle + 64]) + whole[middle + 64 :]
    )
    with pytest.raises(ValueError, match=r"cells\.parquet cannot be read"):
        ZoneGrid.read(folder)
    make_grid(layers=1).write(tmp_path / "other")
    (folder / "cells.parquet").write_bytes((tmp_path / "other" / "cells.parquet").read_bytes())
    with pytest.raises(ValueError, match=r"cells\.parquet: found 120 rows, wanted 11 for each of 20"):
        ZoneGrid.read(folder)
    (folder / "predictions_layer1_p2.json").unlink()
    with pytest.raises(ValueError, match=r"there is no file predictions_layer1_p2\.json"):
        ZoneGrid.read(folder)
    (folder / "zones.json").write_text("[]")
    with pytest.raises(ValueError, match=r"zones\.json describes no zone grid"):
        ZoneGrid.read(folder)


def test_public_names() -> None:
    assert bf.ZoneGrid is ZoneGrid
