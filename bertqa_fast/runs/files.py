"""The files of a run folder: their names, and reading and writing one of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bertqa_fast.data.jsonfiles import read_json
from bertqa_fast.errors import BertqaError
from bertqa_fast.storage import write_atomic

FORMAT = 1
RUN_FILE = "run.json"
MEND = "delete {name} in windows/, scores/ and predictions/ and run again with --resume to compute it anew"
_PART = re.compile(r"part-(\d{5,})\.parquet")


class RunFolderError(BertqaError, RuntimeError):
    """A run folder is damaged, of a later format, or in use by another process."""


def part_numbers(folder: Path, kind: str = "scores") -> list[int]:
    """Return the numbers of the parts that are there, in order; the complete ones by default."""
    matches = (_PART.fullmatch(path.name) for path in (folder / kind).glob("part-*"))
    return sorted(int(match.group(1)) for match in matches if match)


def part_path(folder: Path, kind: str, number: int, suffix: str = "parquet") -> Path:
    """Return the path of one of a part's files."""
    return folder / kind / f"part-{number:05}.{suffix}"


def read_table(path: Path, columns: Sequence[str]) -> Any:
    """Read columns of one table.

    Raises
    ------
    RunFolderError
        It is missing, damaged or lacks a column.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        # Several times quicker than pq.read_table, which is made for data sets of many files.
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            table = file.read(columns=list(columns))
    except (OSError, pa.ArrowException) as error:
        raise damaged(path, error) from None
    absent = [name for name in columns if name not in table.column_names]
    if absent:
        raise damaged(path, f"it has no column {', '.join(absent)}")
    return table


def read_answers(path: Path) -> dict[int, dict[str, Any]]:
    """Read one part's predictions and gold answers, by number of the example.

    Raises
    ------
    RunFolderError
        It is missing or damaged.
    """
    try:
        answers = {int(example): entry for example, entry in read_json(path).items()}
        for example, entry in answers.items():
            if not {"prediction", "gold"} <= entry.keys():
                raise ValueError(f"found {sorted(entry)} for example {example}")
    except (OSError, ValueError, AttributeError) as error:
        raise damaged(path, error) from None
    return answers


def damaged(path: Path, reason: object) -> RunFolderError:
    """Return the error of a part's file that cannot be used, which says what to do."""
    return RunFolderError(f"{path} cannot be read ({reason}); {MEND.format(name=path.stem)}")


def read_run_file(folder: Path) -> dict[str, Any]:
    """Read ``run.json``.

    Raises
    ------
    ValueError
        The folder holds no run.
    RunFolderError
        The file is damaged, or of a later format.
    """
    path = folder / RUN_FILE
    if not path.is_file():
        raise ValueError(f"{folder} is not a run folder: wanted {RUN_FILE} in it")
    try:
        about = read_json(path)
    except ValueError as error:
        raise RunFolderError(str(error)) from None
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        found = about.get("format") if isinstance(about, dict) else type(about).__name__
        raise RunFolderError(f"{path}: wanted a run of format {FORMAT}, found {found}")
    return about


def write_table(table: Any, path: Path) -> None:
    """Write one table, whole or not at all."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    sink = pa.BufferOutputStream()
    pq.write_table(table, sink, compression="zstd", write_page_checksum=True)
    write_atomic(path, sink.getvalue().to_pybytes())
