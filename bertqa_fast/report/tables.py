"""From an analysis and its tables to the plain values that the templates print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.analysis.tables import Column, Table
from bertqa_fast.report.contents import ReportAnalysis

# Longer tables are folded, and of the longest only the first rows are on the page: the CSV has them all.
OPEN_ROWS = 40
MAX_ROWS = 200
_DIGITS = 3
_SHORT = 24
_NONE = "\u2013"


def table_view(table: Table) -> dict[str, Any]:
    """Return what the templates print of a table.

    Parameters
    ----------
    table : Table
        The table.

    Returns
    -------
    dict
        ``columns`` with their headings, ``rows`` of formatted cells, how many rows there are in all, and
        whether the table is folded; ``legend`` says what the columns mean.
    """
    shown = table.rows[:MAX_ROWS]
    values = [[row[at] for row in shown] for at in range(len(table.columns))]
    formatted = [_column(cells) for cells in values]
    return {
        "name": table.name,
        "title": table.title,
        "columns": [
            {"name": column.name, "unit": column.unit, "kind": _kind(cells)}
            for column, cells in zip(table.columns, values, strict=True)
        ],
        "rows": list(zip(*formatted, strict=True)),
        "count": len(table),
        "folded": len(table) > OPEN_ROWS,
        "legend": [(column.name, text) for column in table.columns if (text := _about(column))],
    }


def settings_line(result: Result) -> str:
    """Return an analysis's settings in one line, such as ``"k 2, 5, 10; level token"``."""
    return "; ".join(f"{name.replace('_', ' ')} {setting_text(v)}" for name, v in result.settings.items())


def setting_text(value: Any) -> str:
    """Return a setting as it is typed; ``None`` becomes "none"."""
    if value is None:
        return "none"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, list | tuple):
        return ", ".join(map(setting_text, value))
    return str(value)


def _kind(cells: Sequence[Any]) -> str:
    """Return the style of a column: ``"n"`` numbers, ``"s"`` texts that fit a line, ``"t"`` longer ones."""
    known = [cell for cell in cells if cell is not None and not isinstance(cell, bool)]
    if known and all(isinstance(cell, int | float) for cell in known):
        return "n"
    return "s" if all(len(str(cell)) <= _SHORT for cell in known) else "t"


def _column(cells: Sequence[Any]) -> list[str]:
    """Format a column; all its fractions have as many decimals as the largest needs for three digits."""
    sizes = [abs(cell) for cell in cells if isinstance(cell, float) and cell != 0]
    places = _DIGITS - 1 - math.floor(math.log10(max(sizes))) if sizes else 0
    return [_cell(cell, min(max(places, 0), 6)) for cell in cells]


def _cell(cell: Any, places: int) -> str:
    if cell is None:
        return _NONE
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        text = f"{cell:.{places}f}"
        # What is not zero may not read as zero.
        return f"{cell:.{_DIGITS}g}" if cell != 0 and float(text) == 0 else text
    return str(cell)


def _about(column: Column) -> str:
    """Say in words what a column holds; empty where its name says it all."""
    parts = [column.about, column.unit]
    if column.low is not None and column.high is not None:
        parts.append(f"{column.low:g} to {column.high:g}")
    if column.better is not None:
        parts.append(f"{column.better} is better")
    known = [part for part in parts if part]
    return ", ".join(known) if column.about or column.better else ""


def analysis_view(analysis: ReportAnalysis) -> dict[str, Any]:
    """Return what the templates print of an analysis."""
    result = analysis.result
    return {
        "name": result.name,
        "title": result.title,
        "examples": result.examples,
        "settings": settings_line(result),
        "notes": result.notes,
        "tables": [table_view(table) for table in result.tables],
        "figures": [
            {"name": name.replace("_", " "), "address": address} for name, address in analysis.figures.items()
        ],
        "left_out": analysis.left_out,
    }
