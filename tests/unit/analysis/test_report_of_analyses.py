"""From a folder of analyses to a page: what is read, what is refused, how tables are shown."""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.analysis.divergence import ANALYSIS
from bertqa_fast.analysis.job import analyze
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.report import from_analyses
from bertqa_fast.report.contents import ReportAnalysis
from bertqa_fast.report.from_analyses import figure_address, read_analyses
from bertqa_fast.report.from_run import run_report
from bertqa_fast.report.html import render_report
from bertqa_fast.report.tables import analysis_view, table_view
from bertqa_fast.runs.reader import Run

MakeRun = Callable[..., Run]
Write = Callable[..., Any]

NONE = "\u2013"
HOSTILE = "<script>alert(1)</script>"


def never() -> Any:
    raise AssertionError("no model is needed")


@pytest.fixture
def run(make_run: MakeRun, written: Write) -> Run:
    scores = np.random.default_rng(0).gamma(1.0, size=(4, 11))
    return make_run(written("who sailed ?", "ada winter ##bourne sailed .", scores), num_layers=3)


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """Return the folder of ``jsd`` of the run."""
    analyze(run, [ANALYSIS], tmp_path / "analysis", open_model=never, options={"jsd": {"k": (5,)}})
    return tmp_path / "analysis"


def test_what_analyze_wrote_is_shown(run: Run, folder: Path) -> None:
    (found,) = read_analyses(folder, run)
    assert found.result.settings["k"] == [5]
    assert list(found.figures) == ["jsd_all", "jsd_top_5", "jsd_rest_5"]
    page = render_report(run_report(run, analyses=[found]))
    for address in found.figures.values():
        assert f'src="{address}"' in page
    assert "k 5; level token" in page
    assert "Jensen-Shannon divergence between layers" in page
    assert "What Ramnath et al. (2020) claim" in page
    assert run.about["identity_sha256"] in page


def test_the_smaller_picture_is_taken(tmp_path: Path) -> None:
    (tmp_path / "one.svg").write_bytes(b"<svg/>")
    (tmp_path / "one.png").write_bytes(b"longer than that")
    assert (
        figure_address(tmp_path, "one") == "data:image/svg+xml;base64," + base64.b64encode(b"<svg/>").decode()
    )
    (tmp_path / "one.svg").write_bytes(b"by far longer than that")
    assert figure_address(tmp_path, "one").startswith("data:image/png;base64,")


def test_many_figures_are_left_out_with_a_word(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(from_analyses, "MAX_FIGURES", 1)
    (found,) = read_analyses(folder, run)
    assert list(found.figures) == ["jsd_all"]
    page = render_report(run_report(run, analyses=[found]))
    assert "2 more figures of this analysis are in its folder" in page


@pytest.mark.parametrize("name", ["../private", "/etc/private", "a/b"])
def test_figures_of_other_folders_are_refused(run: Run, folder: Path, name: str) -> None:
    (folder.parent / "private.png").write_bytes(b"not for the page")
    stored = (folder / "jsd.json").read_text()
    (folder / "jsd.json").write_text(stored.replace('"jsd_all"', f'"{name}"'))
    with pytest.raises(ValueError, match="is no file beside it"):
        read_analyses(folder, run)


def test_refusals(run: Run, folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="there is no folder"):
        read_analyses(tmp_path / "none", run)
    with pytest.raises(ValueError, match=r"holds no results, wanted one of jsd\.json"):
        read_analyses(run.folder, run)
    stored = (folder / "jsd.json").read_text()
    (folder / "jsd.json").write_text(stored.replace(run.about["identity_sha256"], "0" * 64))
    with pytest.raises(ValueError, match="is of another run, 000000000000 and not"):
        read_analyses(folder, run)
    (folder / "jsd.json").write_text('{"name": "jsd"}')
    with pytest.raises(ValueError, match="holds no result of an analysis"):
        read_analyses(folder, run)
    (folder / "jsd.json").write_text(stored)
    (folder / "jsd_all.svg").unlink()
    (folder / "jsd_all.png").unlink()
    with pytest.raises(ValueError, match="the figure jsd_all is neither"):
        read_analyses(folder, run)


def test_everything_of_an_analysis_is_escaped(run: Run) -> None:
    table = Table.of(HOSTILE, HOSTILE, [Column(HOSTILE, HOSTILE, HOSTILE)], [(HOSTILE,)] * 300)
    result = Result("jsd", HOSTILE, {HOSTILE: [HOSTILE]}, 1, (table,), (HOSTILE,))
    shown = ReportAnalysis(result, {f'"{HOSTILE}': "data:image/png;base64,AAAA"})
    page = render_report(run_report(run, analyses=[shown]))
    assert "alert(1)" in page
    assert HOSTILE not in page
    assert f'alt="{HOSTILE}' not in page


def test_numbers_of_a_column_have_the_same_decimals() -> None:
    rows = [(0.12345, 1234.5, 7, "a", True), (0.5, 0.25, -1, None, False), (1e-9, -3.0, 0, "b", None)]
    view = table_view(Table.of("t", "T", ["share", "large", "count", "name", "whether"], rows))
    assert view["rows"] == [
        ("0.123", "1234", "7", "a", "yes"),
        ("0.500", "0.25", "-1", NONE, "no"),
        ("1e-09", "-3", "0", "b", NONE),
    ]
    assert [column["kind"] for column in view["columns"]] == ["n", "n", "n", "s", "s"]
    assert not view["folded"]


def test_long_tables_are_folded_and_the_longest_cut() -> None:
    def view(count: int) -> dict[str, Any]:
        return table_view(Table.of("long", "Long", ["row"], [(row,) for row in range(count)]))

    assert [view(count)["folded"] for count in (40, 41)] == [False, True]
    assert len(view(200)["rows"]) == 200
    assert len(view(201)["rows"]) == 200
    result = Result("jsd", "", {}, 1, (Table.of("long", "Long", ["row"], [(n,) for n in range(201)]),))
    assert analysis_view(ReportAnalysis(result))["tables"][0]["count"] == 201


def test_a_cut_table_names_its_file(run: Run) -> None:
    result = Result("jsd", "J", {}, 1, (Table.of("long", "Long", ["row"], [(n,) for n in range(1234)]),))
    page = render_report(run_report(run, analyses=[ReportAnalysis(result)]))
    assert "Long: 1234 rows</summary>" in page
    assert "the first 200 of 1234 rows; long.csv has them all" in page


def test_columns_say_what_they_mean() -> None:
    columns = ["plain", Column("auc", "area", "%", "lower", 0, 100), Column("n", unit="words")]
    view = table_view(Table.of("t", "T", columns, [(1, 2, 3)]))
    assert view["legend"] == [("auc", "area, %, 0 to 100, lower is better")]
