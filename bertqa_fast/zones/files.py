"""A grid's folder: predictions, tables and figures; whole or absent.

| file | holds |
|---|---|
| ``zones.json`` | axes, settings, model, data, versions, counts, names of the files |
| ``cells.parquet`` | a row for each example unmasked (zone ``none``), and for each of its cells |
| ``predictions.json``, ``predictions_layer<l>_<zone>.json``, ``…_head<h>.json`` | id → answer |
| ``exact_match.csv``, ``f1.csv`` (``…_head<h>.csv``) | per cent, as the published ``get_results.py`` has it |
| ``table``, ``question_types``, ``correlation``, ``published``, ``head_importance`` | CSV and JSON |
| ``zones_<metric>``, ``zones_<metric>_reference``, ``question_types`` | PNG and SVG |

Layers are numbered from 0 in every file, as the published code's ``--mask_layer`` is, its names of
predictions and the ``layer`` of its CSV; only the labels of its picture count from 1.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from bertqa_fast.analysis.files import write_figure
from bertqa_fast.analysis.tables import Table
from bertqa_fast.data.jsonfiles import write_json, write_json_members
from bertqa_fast.storage import check_result_folder, folder_lock, replace_folder, write_atomic
from bertqa_fast.zones.correlation import drop_correlation
from bertqa_fast.zones.figures import REFERENCE_ZONES, figures
from bertqa_fast.zones.head_importance import head_importance
from bertqa_fast.zones.parquet import CELLS_FILE, GRID_FILE, read_cells, read_grid_file, write_cells
from bertqa_fast.zones.published import compare
from bertqa_fast.zones.question_types import by_question_type
from bertqa_fast.zones.result import ZoneGrid
from bertqa_fast.zones.tables import cells, change_table

FORMAT = 1


def check_folder(folder: Path, overwrite: bool) -> None:
    """Refuse a folder that holds something, unless it is a grid that may be replaced (``ValueError``)."""
    check_result_folder(folder, GRID_FILE, "zone grid", overwrite)


def write_grid(grid: ZoneGrid, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write a grid's files into a folder of its own, which appears once all are written.

    Parameters
    ----------
    grid : ZoneGrid
        The grid.
    folder : Path
        Absent or empty.
    overwrite : bool
        Replace a grid that it holds.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    ValueError
        The folder holds something.
    """
    folder = folder.absolute()
    folder.parent.mkdir(parents=True, exist_ok=True)

    def fill(place: Path) -> None:
        _write_answers(grid, place)
        for table in tables(grid):
            write_atomic(place / f"{table.name}.csv", table.to_csv())
            write_json(table.to_dict(), place / f"{table.name}.json")
        for name, figure in figures(grid).items():
            write_figure(name, figure, place)
        write_json(_about(grid, sorted(path.name for path in place.iterdir())), place / GRID_FILE)

    with folder_lock(folder):
        check_folder(folder, overwrite)
        replace_folder(folder, fill)
    return sorted(folder.iterdir())


def tables(grid: ZoneGrid) -> list[Table]:
    """Return the tables that a grid's folder holds: those that its metrics and heads allow."""
    metric = grid.metrics[0]
    found = [change_table(grid, grid.metrics), by_question_type(grid, metric)]
    if "exact_match" in grid.metrics:
        found.append(drop_correlation(grid))
        if grid.about["task"] == "squad" and not grid.by_head:
            found.append(compare(grid))
    if grid.by_head:
        found.append(head_importance(grid))
    return found


def read_grid(folder: Path) -> ZoneGrid:
    """Read the grid that a folder holds, for :meth:`.result.ZoneGrid.read`."""
    about = read_grid_file(folder / GRID_FILE)
    if about.get("format") != FORMAT:
        raise ValueError(f"{folder / GRID_FILE}: wanted format {FORMAT}, found {about.get('format')!r}")
    try:
        zones, layers, heads = (tuple(about["axes"][name]) for name in ("zones", "layers", "heads"))
        count, files = int(about["counts"]["examples"]), [str(name) for name in about["files"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{folder / GRID_FILE} describes no zone grid ({error!r})") from None
    for name in files:
        if not (folder / name).is_file():
            raise ValueError(f"{folder} is not whole: there is no file {name}")
    ids, questions, unmasked, masked = read_cells(folder / CELLS_FILE, count, zones, layers, heads)
    rest = {name: about[name] for name in ("model", "data", "task", "settings", "versions")}
    return ZoneGrid(zones, layers, heads, ids, questions, unmasked, masked, rest)


def reference_csv(grid: ZoneGrid, metric: str, head: int = 0) -> str:
    """Return a metric in per cent as the published ``get_results.py`` writes it, at a place among the heads.

    A line for each layer, from 0; zones that the grid lacks stay empty.
    """
    _, masked = grid.values(metric)
    means = np.nanmean(masked, axis=0)[:, :, head]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["layer", *REFERENCE_ZONES])
    for layer, row in zip(grid.layers, means.tolist(), strict=True):
        values = dict(zip(grid.zones, row, strict=True))
        writer.writerow([layer, *(round(values[z], 3) if z in values else "" for z in REFERENCE_ZONES)])
    return out.getvalue()


def _write_answers(grid: ZoneGrid, place: Path) -> None:
    write_cells(grid, place / CELLS_FILE)
    write_json_members(_texts(grid.ids, grid.unmasked.text), place / "predictions.json")
    for at, (layer, zone, head) in cells(grid):
        name = f"predictions_layer{layer}_{zone}{_of(head)}.json"
        write_json_members(_texts(grid.ids, grid.masked.text[:, *at]), place / name)
    for metric in grid.metrics:
        for number, head in enumerate(grid.heads if metric != "kept" else ()):
            write_atomic(place / f"{metric}{_of(head)}.csv", reference_csv(grid, metric, number))


def _of(head: int | None) -> str:
    return "" if head is None else f"_head{head}"


def _texts(ids: Sequence[str], texts: Any) -> Iterator[tuple[str, str]]:
    return zip(ids, texts.tolist(), strict=True)


def _about(grid: ZoneGrid, files: list[str]) -> dict[str, Any]:
    axes = {"layers": list(grid.layers), "zones": list(grid.zones), "heads": list(grid.heads)}
    counts = {"examples": len(grid), "cells": len(grid.layers) * len(grid.zones) * len(grid.heads)}
    return {"format": FORMAT, "axes": axes, **grid.about, "counts": counts, "files": files}
