"""The answers of a grid, one by one: ``cells.parquet``; and ``zones.json``, which says what they are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bertqa_fast.data.jsonfiles import read_json
from bertqa_fast.runs.files import write_table
from bertqa_fast.zones.result import Answers

if TYPE_CHECKING:
    from bertqa_fast.zones.result import ZoneGrid

GRID_FILE = "zones.json"
CELLS_FILE = "cells.parquet"
UNMASKED = "none"  # the zone of rows with nothing masked, as in the published code
_PARTS = ("axes", "counts", "files", "model", "data", "task", "settings", "versions")


def write_cells(grid: ZoneGrid, path: Path) -> None:
    """Write a row for each example unmasked, followed by a row for each of its cells.

    Columns: ``example`` (its number), ``id``, ``question`` (of the unmasked row, else null), ``layer``,
    ``zone``, ``head`` (null where there is none), and the fields of :class:`.result.Answers`; what is not
    known is null.
    """
    import pyarrow as pa

    count, (layers, zones, heads) = len(grid), _axes(grid.zones, grid.layers, grid.heads)
    each = len(zones)
    first = np.arange(count) * each
    questions = np.full(count * each, None, dtype=object)
    questions[first] = grid.questions
    columns = {
        "example": pa.array(np.repeat(np.arange(count, dtype=np.int32), each)),
        "id": pa.array([name for name in grid.ids for _ in range(each)]),
        "question": pa.array(questions, pa.string()),
        "layer": pa.array(layers * count, pa.int32()),
        "zone": pa.array(zones * count, pa.string()),
        "head": pa.array(heads * count, pa.int32()),
    }
    masked = grid.masked.reshaped(count, each - 1)
    for name in Answers.__slots__:
        values = np.concatenate([getattr(grid.unmasked, name)[:, None], getattr(masked, name)], axis=1)
        columns[name] = pa.array(values.ravel(), from_pandas=True)
    write_table(pa.table(columns), path)


def read_cells(
    path: Path, count: int, zones: Sequence[str], layers: Sequence[int], heads: Sequence[int | None]
) -> tuple[tuple[str, ...], tuple[str, ...], Answers, Answers]:
    """Read ids, questions, and the unmasked and masked answers.

    Raises
    ------
    ValueError
        The file is missing or damaged, or holds other cells than those of the axes.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    names = ("example", "id", "question", "layer", "zone", "head", *Answers.__slots__)
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read(columns=list(names))
    except (OSError, pa.ArrowException) as error:
        raise ValueError(f"{path} cannot be read ({error})") from None
    absent = [name for name in names if name not in table.column_names]
    if absent:
        raise ValueError(f"{path}: found no column {', '.join(absent)}")
    wanted = _axes(zones, layers, heads)
    each = len(wanted[1])
    if table.num_rows != count * each:
        raise ValueError(f"{path}: found {table.num_rows} rows, wanted {each} for each of {count} examples")
    for at, name in enumerate(("layer", "zone", "head")):
        if table.column(name).to_pylist() != list(wanted[at]) * count:
            raise ValueError(f"{path}: found rows of another {name}, wanted those that {GRID_FILE} names")
    found = Answers(*(_values(table.column(name), name).reshape(count, each) for name in Answers.__slots__))
    parts = (
        {name: getattr(found, name)[:, part] for name in Answers.__slots__} for part in (0, slice(1, None))
    )
    unmasked, masked = (Answers(**part) for part in parts)
    ids, questions = (table.column(name).to_pylist()[::each] for name in ("id", "question"))
    return tuple(ids), tuple(questions), unmasked, masked.reshaped(count, len(layers), len(zones), len(heads))


def read_grid_file(path: Path) -> dict[str, Any]:
    """Read ``zones.json``.

    Raises
    ------
    ValueError
        It is missing, or holds something else.
    """
    if not path.is_file():
        raise ValueError(f"{path.parent} holds no zone grid: there is no file {path.name}")
    about = read_json(path)
    absent = [name for name in _PARTS if name not in about] if isinstance(about, dict) else list(_PARTS)
    if absent:
        raise ValueError(f"{path} describes no zone grid: it lacks {', '.join(absent)}")
    return dict(about)


def _axes(
    zones: Sequence[str], layers: Sequence[int], heads: Sequence[int | None]
) -> tuple[list[int | None], list[str], list[int | None]]:
    """Return layer, zone and head of an example's rows: the unmasked one, then every cell."""
    rows = [(layer, zone, head) for layer in layers for zone in zones for head in heads]
    return (
        [None, *(layer for layer, _, _ in rows)],
        [UNMASKED, *(zone for _, zone, _ in rows)],
        [None, *(head for _, _, head in rows)],
    )


def _values(column: Any, name: str) -> Any:
    """Return a column as numpy holds it in :class:`.result.Answers`; null becomes NaN."""
    if name == "text":
        return np.array(column.to_pylist(), dtype=object)
    dtype = np.int32 if name in ("start_char", "end_char", "window") else np.float64
    return column.to_numpy().astype(dtype)
