"""``bertqa-fast convert``: a run folder as the files of another system."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import JsonOption
from bertqa_fast.cli.output import emit, log

HELP = """Write a run as the files of another system.

reference: the .npy files of Ramnath et al. (2020), for its scripts: ig_scores/, embs/,
qn_and_doc_tokens.npy and exact_scores.npy. They hold pickled objects: load no such files of other people.

[bold]Examples[/bold]

[cyan]bertqa-fast convert ./run --to reference --output-dir ./reference[/cyan]
"""


class Format(StrEnum):
    """Whose files."""

    reference = "reference"


@one_line_errors
def convert(
    run: Annotated[Path, typer.Argument(help="Run folder that attribute wrote.")],
    to: Annotated[Format, typer.Option("--to", help="Whose files: reference.")],
    output_dir: Annotated[Path, typer.Option("--output-dir", help="Folder for the files.")],
    json: JsonOption = False,
) -> None:
    """Write the files."""
    from bertqa_fast.runs.reader import Run
    from bertqa_fast.runs.reference_files import write_reference_files

    done = write_reference_files(Run(run), output_dir)
    for note in done.notes:
        log(note)
    if json:
        emit(
            {
                "format": to.value,
                "examples": done.examples,
                "files": [str(path) for path in done.files],
                "notes": list(done.notes),
            }
        )
        return
    log(f"{done.examples} examples, {len(done.files)} files")
    print(output_dir)
