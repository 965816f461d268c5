"""The demo's analyses: all that there are, few examples for the costly ones, a line for the refused."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bertqa_fast.analysis.analysis import Analysis, CannotAnalyzeError, Result
from bertqa_fast.analysis.tables import Table
from bertqa_fast.cli import demo_analyses
from bertqa_fast.runs.reader import Run

MakeRun = Callable[..., Run]
Write = Callable[..., Any]


class Model:
    """What stands for a model: it can be closed."""

    closed = False

    def close(self) -> None:
        self.closed = True


def found(name: str, limit: int | None) -> Result:
    return Result(name, name, {}, 1, (Table.of(f"{name}_table", "", ["limit"], [(limit,)]),))


def test_all_that_the_run_supports(
    make_run: MakeRun, written: Write, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    model = Model()

    def cheap(run: Run, *, limit: int | None = None, show_progress: bool | None = None) -> Result:
        return found("cheap", limit)

    def refusing(run: Run, *, limit: int | None = None, show_progress: bool | None = None) -> Result:
        raise CannotAnalyzeError("there is nothing to see")

    def costly(run: Run, given: Any, *, limit: int = 200, show_progress: bool | None = None) -> Result:
        assert given is model
        return found("costly", limit)

    analyses = [
        Analysis("cheap", cheap, lambda result: {}),
        Analysis("refusing", refusing, lambda result: {}),
        Analysis("costly", costly, lambda result: {}, needs_model=True),
    ]
    monkeypatch.setattr(demo_analyses, "ANALYSES", {analysis.name: analysis for analysis in analyses})
    run = make_run(written("who ?", "ada sailed .", np.ones((3, 8))))
    done = demo_analyses.demo_analyses(run, lambda: model)  # type: ignore[arg-type, return-value]
    assert done.results["cheap"].tables[0].rows == ((None,),)
    assert done.results["costly"].tables[0].rows == ((demo_analyses.MODEL_EXAMPLES,),)
    assert done.refused == {"refusing": "there is nothing to see"}
    assert "refusing: there is nothing to see" in capsys.readouterr().err
    assert model.closed
    names = {path.name for path in (run.folder / demo_analyses.FOLDER).iterdir()}
    assert names == {"cheap.json", "cheap_table.csv", "costly.json", "costly_table.csv"}
