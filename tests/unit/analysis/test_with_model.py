"""Analyses that run the model, from the command line: files, one model for all, and runs that they refuse."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bertqa_fast.analysis.files import read_result
from bertqa_fast.cli.main import app
from bertqa_fast.runs.reader import Run

Attributed = Callable[..., Run]
WHAT = "flips,conicity,skip-layers"
OPTIONS = ("flips.k=1,3", "flips.draws=1", "skip-layers.each=false")
FEW = ["--limit", "2", *(f"--option={option}" for option in OPTIONS)]


def analyze(run: Run, reader: Any, folder: Path, *more: str) -> Any:
    arguments = ["analyze", str(run.folder), "--what", WHAT, "--model", str(reader.model.folder)]
    return CliRunner().invoke(app, [*arguments, "--output-dir", str(folder), "--json", *FEW, *more])


def test_tables_and_figures(attributed: Attributed, random_reader: Any, tmp_path: Path) -> None:
    done = analyze(attributed(), random_reader(), tmp_path / "out", "--option", "skip-layers.blocks=1")
    assert done.exit_code == 0, done.output
    assert list(json.loads(done.stdout)["results"]) == WHAT.split(",")
    for name in WHAT.split(","):
        stored = read_result(tmp_path / "out" / f"{name}.json")
        result, figures = stored.result, stored.figures
        assert result.examples == 2
        assert any("examples/s" in note for note in result.notes)
        assert figures
        for figure in figures:
            assert (tmp_path / "out" / f"{figure}.png").stat().st_size > 5000
            assert "<svg" in (tmp_path / "out" / f"{figure}.svg").read_text()
        for table in result.tables:
            lines = (tmp_path / "out" / f"{table.name}.csv").read_text().splitlines()
            assert len(lines) == 1 + len(table)


def test_what_a_run_cannot_support_is_told(
    attributed: Attributed, random_reader: Any, tmp_path: Path
) -> None:
    """Merged windows cannot be read again; the questions can be answered anew all the same."""
    run = attributed(windows="merge")
    done = analyze(run, random_reader(), tmp_path / "out", "--option", "skip-layers.blocks=0")
    assert done.exit_code == 1
    told = json.loads(done.stdout)
    assert list(told["results"]) == ["skip-layers"]
    assert set(told["refused"]) == {"flips", "conicity"}
    assert all("attribute with --windows best" in reason for reason in told["refused"].values())


def test_another_model_is_refused(attributed: Attributed, random_reader: Any, tmp_path: Path) -> None:
    done = analyze(attributed(), random_reader(seed=1), tmp_path / "out")
    assert done.exit_code == 1
    assert "the run is of another model" in done.stderr
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("option", ["flips.mode=state", "conicity.k=1", "skip-layers.each=perhaps"])
def test_options_that_there_are_not(
    attributed: Attributed, random_reader: Any, tmp_path: Path, option: str
) -> None:
    assert analyze(attributed(), random_reader(), tmp_path / "out", "--option", option).exit_code == 2
