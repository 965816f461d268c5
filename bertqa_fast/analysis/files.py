"""An analysis's files: ``<analysis>.json``, a CSV for each table, PNG and SVG for each figure."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.data.jsonfiles import read_json, write_json
from bertqa_fast.storage import write_atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 160


def write_result(result: Result, figures: Mapping[str, Figure], folder: Path) -> list[Path]:
    """Write a result's tables and figures; files of the same names are replaced.

    Parameters
    ----------
    result : Result
        What was found.
    figures : mapping
        Name to figure.
    folder : Path
        Where; made if absent.

    Returns
    -------
    list of Path
        What was written, ``<analysis>.json`` last: once it is there, the others are.
    """
    import matplotlib

    written = []
    for table in result.tables:
        path = folder / f"{table.name}.csv"
        write_atomic(path, table.to_csv())
        written.append(path)
    for name, figure in figures.items():
        for suffix in ("png", "svg"):
            raw = io.BytesIO()
            # Without a date and with fixed ids the same result gives the same bytes.
            with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
                about: dict[str, Any] = {"metadata": {"Date": None}} if suffix == "svg" else {}
                figure.savefig(raw, format=suffix, dpi=_DPI, **about)
            path = folder / f"{name}.{suffix}"
            write_atomic(path, raw.getvalue())
            written.append(path)
    path = folder / f"{result.name}.json"
    write_json({**result.to_dict(), "figures": list(figures)}, path)
    return [*written, path]


def read_result(path: Path) -> tuple[Result, list[str]]:
    """Read ``<analysis>.json``; return the result and the names of its figures.

    Raises
    ------
    ValueError
        The file is missing, or holds no result of an analysis.
    """
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    data = read_json(path)
    try:
        return Result.from_dict(data), [str(name) for name in data["figures"]]
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no result of an analysis ({error})") from None
