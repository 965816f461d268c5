"""A folder that ``analyze`` wrote as the contents of a report."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path

from bertqa_fast.analysis.files import read_result
from bertqa_fast.analysis.registry import ANALYSES
from bertqa_fast.report.contents import ReportAnalysis
from bertqa_fast.runs.reader import Run

# A page stays within what a browser opens at once, however many pictures an analysis draws.
MAX_FIGURES = 12
_KINDS = {"svg": "image/svg+xml", "png": "image/png"}


def read_analyses(folder: Path, run: Run) -> tuple[ReportAnalysis, ...]:
    """Gather the results that a folder holds, in the order of the registry.

    Parameters
    ----------
    folder : Path
        What ``analyze`` wrote into.
    run : Run
        Whose analyses they should be.

    Raises
    ------
    ValueError
        The folder is missing or holds no results, one of them is damaged or of another run, or a figure is
        missing.
    """
    if not folder.is_dir():
        raise ValueError(f"analysis: there is no folder {folder}")
    paths = [path for name in ANALYSES if (path := folder / f"{name}.json").is_file()]
    if not paths:
        wanted = ", ".join(f"{name}.json" for name in ANALYSES)
        raise ValueError(f"analysis: {folder} holds no results, wanted one of {wanted} (bertqa-fast analyze)")
    own = run.about["identity_sha256"]
    found = []
    for path in paths:
        stored = read_result(path)
        if stored.run != own:
            raise ValueError(
                f"analysis: {path} is of another run, {stored.run[:12]} and not {own[:12]}; analyze this one"
            )
        shown = stored.figures[:MAX_FIGURES]
        figures = {name: figure_address(folder, name) for name in shown}
        found.append(ReportAnalysis(stored.result, figures, len(stored.figures) - len(shown)))
    return tuple(found)


def figure_address(folder: Path, name: str) -> str:
    """Return a figure as a ``data:`` address: the smaller of its SVG and its PNG.

    An SVG is the smaller one for a chart and many times larger for a cloud of labelled points.

    Raises
    ------
    ValueError
        Neither file is there.
    """
    there = [path for kind in _KINDS if (path := folder / f"{name}.{kind}").is_file()]
    if not there:
        raise ValueError(f"analysis: the figure {name} is neither {name}.svg nor {name}.png in {folder}")
    path = min(there, key=lambda path: path.stat().st_size)
    content = b64encode(path.read_bytes()).decode("ascii")
    return f"data:{_KINDS[path.suffix[1:]]};base64,{content}"
