"""An analysis's files: ``<analysis>.json``, a CSV for each table, PNG and SVG for each figure."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bertqa_fast.analysis.analysis import Result
from bertqa_fast.data.jsonfiles import read_json, write_json
from bertqa_fast.storage import write_atomic

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_DPI = 160


@dataclass(frozen=True)
class StoredResult:
    """What ``<analysis>.json`` holds.

    Attributes
    ----------
    result : Result
        What was found.
    figures : tuple of str
        Names of the figures beside it.
    run : str
        Hash of the identity of the run that was analysed.
    """

    result: Result
    figures: tuple[str, ...]
    run: str


def write_result(result: Result, figures: Mapping[str, Figure], folder: Path, run: str) -> list[Path]:
    """Write a result's tables and figures; files of the same names are replaced.

    Parameters
    ----------
    result : Result
        What was found.
    figures : mapping
        Name to figure.
    folder : Path
        Where; made if absent.
    run : str
        Hash of the run's identity, so that no report shows another run's results.

    Returns
    -------
    list of Path
        What was written, ``<analysis>.json`` last: once it is there, the others are.
    """
    written = []
    for table in result.tables:
        path = folder / f"{table.name}.csv"
        write_atomic(path, table.to_csv())
        written.append(path)
    for name, figure in figures.items():
        written += write_figure(name, figure, folder)
    path = folder / f"{result.name}.json"
    write_json({**result.to_dict(), "figures": list(figures), "run": run}, path)
    return [*written, path]


def write_figure(name: str, figure: Figure, folder: Path) -> list[Path]:
    """Write a figure as PNG and SVG under its name; the same figure gives the same bytes."""
    import matplotlib

    written = []
    for suffix in ("png", "svg"):
        raw = io.BytesIO()
        # Without a date and with fixed ids the same result gives the same bytes.
        with matplotlib.rc_context({"svg.hashsalt": name, "svg.fonttype": "none"}):
            about: dict[str, Any] = {"metadata": {"Date": None}} if suffix == "svg" else {}
            figure.savefig(raw, format=suffix, dpi=_DPI, **about)
        path = folder / f"{name}.{suffix}"
        write_atomic(path, raw.getvalue())
        written.append(path)
    return written


def read_result(path: Path) -> StoredResult:
    """Read ``<analysis>.json``.

    Raises
    ------
    ValueError
        The file is missing, or holds no result of an analysis.
    """
    if not path.is_file():
        raise ValueError(f"there is no file {path}")
    data = read_json(path)
    try:
        figures = tuple(str(name) for name in data["figures"])
        if outside := [name for name in figures if Path(name).name != name]:
            raise ValueError(f"the figure {outside[0]!r} is no file beside it")
        return StoredResult(Result.from_dict(data), figures, str(data["run"]))
    except (KeyError, TypeError, ValueError) as error:
        raise ValueError(f"{path} holds no result of an analysis ({error!r})") from None
