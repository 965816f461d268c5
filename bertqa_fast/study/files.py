"""A study's folder: tables and figures; whole or absent.

| file | holds |
|---|---|
| ``study.json`` | methods, models, data, settings, counts, versions, names of the files |
| ``deletion``, ``summary``, ``published``, ``words``, ``correlation``, ``layers`` | tables: CSV and JSON |
| ``deletion_texts`` | word deletion text by text: CSV and JSON |
| ``deletion`` | the figure: PNG and SVG |
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from bertqa_fast.analysis.files import write_figure
from bertqa_fast.data.jsonfiles import write_json
from bertqa_fast.storage import check_result_folder, folder_lock, replace_folder, write_atomic
from bertqa_fast.study.figures import figures

if TYPE_CHECKING:
    from bertqa_fast.study.result import Study

STUDY_FILE = "study.json"
FORMAT = 1


def check_folder(folder: Path, overwrite: bool) -> None:
    """Refuse a folder that holds something, unless it is a study that may be replaced (``ValueError``)."""
    check_result_folder(folder, STUDY_FILE, "study", overwrite)


def write_study(study: Study, folder: Path, *, overwrite: bool = False) -> list[Path]:
    """Write a study's files into a folder of its own, which appears once all are written.

    Parameters
    ----------
    study : Study
        The study.
    folder : Path
        Absent or empty.
    overwrite : bool
        Replace a study that it holds.

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
        for table in study.tables():
            write_atomic(place / f"{table.name}.csv", table.to_csv())
            write_json(table.to_dict(), place / f"{table.name}.json")
        for name, figure in figures(study.deletion()).items():
            write_figure(name, figure, place)
        about = {
            "format": FORMAT,
            "methods": list(study.methods),
            **study.about,
            "verdict": study.verdict(),
            "files": sorted(path.name for path in place.iterdir()),
        }
        write_json(about, place / STUDY_FILE)

    with folder_lock(folder):
        check_folder(folder, overwrite)
        replace_folder(folder, fill)
    return sorted(folder.iterdir())
