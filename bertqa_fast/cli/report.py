"""``bertqa-fast report``: a run folder as one page."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import JsonOption
from bertqa_fast.cli.output import emit, log

HELP = """Write one self-contained HTML page of a run folder: it needs no network and no files beside it.

[bold]Examples[/bold]

[cyan]bertqa-fast report ./run --out report.html[/cyan]

[cyan]bertqa-fast report ./run --out report.html --limit 50 --title "Dev questions"[/cyan]

[cyan]bertqa-fast analyze ./run --what all --output-dir ./analysis[/cyan]

[cyan]bertqa-fast report ./run --out report.html --analysis ./analysis[/cyan]
"""


@one_line_errors
def report(
    run: Annotated[Path, typer.Argument(help="Run folder that attribute wrote.")],
    out: Annotated[Path, typer.Option("--out", help="Page to write.")],
    limit: Annotated[int, typer.Option("--limit", min=1, help="Show the first N examples.")] = 20,
    analysis: Annotated[
        Path | None,
        typer.Option(
            "--analysis", help="Folder that analyze wrote; by default RUN/analysis, where there is one."
        ),
    ] = None,
    title: Annotated[str | None, typer.Option("--title", help="Heading of the page.")] = None,
    json: JsonOption = False,
) -> None:
    """Write the page."""
    from bertqa_fast.report.from_analyses import read_analyses
    from bertqa_fast.report.from_run import run_report
    from bertqa_fast.report.html import write_report
    from bertqa_fast.runs.reader import Run

    opened = Run(run)
    folder = analysis or (beside if (beside := run / "analysis").is_dir() else None)
    analyses = () if folder is None else read_analyses(folder, opened)
    contents = run_report(opened, limit=limit, title=title, analyses=analyses)
    write_report(contents, out)
    names = [found.result.name for found in analyses]
    if json:
        emit(
            {
                "report": str(out),
                "examples": len(contents.examples),
                "analyses": names,
                "bytes": out.stat().st_size,
            }
        )
        return
    log(f"{len(contents.examples)} examples; analyses: {', '.join(names) or 'none'}")
    print(out)
