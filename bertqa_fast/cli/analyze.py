"""``bertqa-fast analyze``: tables and figures of a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import (
    AllowBinOption,
    DeviceOption,
    JsonOption,
    ThreadsOption,
    open_model,
    read_data,
)
from bertqa_fast.cli.output import emit, log, results

if TYPE_CHECKING:
    from bertqa_fast.model import Model
    from bertqa_fast.runs.reader import Run

HELP = """Analyse a run folder: tables (CSV and JSON) and figures (PNG and SVG).

An analysis that the run does not support says so; the others are done, and the exit status is 1.

[bold]Examples[/bold]

[cyan]bertqa-fast analyze ./run --what all --output-dir ./analysis[/cyan]

[cyan]bertqa-fast analyze ./run --what jsd,roles --limit 1000 --option jsd.k=2 --option jsd.level=word
--output-dir ./analysis[/cyan]

[cyan]bertqa-fast analyze ./run --what flips,faithfulness --limit 50 --option flips.erase=mask
--output-dir ./analysis[/cyan]

What there is: jsd, roles, pos, quantifiers and tsne read the run alone; flips, faithfulness, conicity and
skip-layers run its model again.
"""


@one_line_errors
def analyze(
    run: Annotated[Path, typer.Argument(help="Run folder that attribute wrote.")],
    output_dir: Annotated[Path, typer.Option("--output-dir", help="Folder for tables and figures.")],
    what: Annotated[str, typer.Option("--what", help="all, or names with commas between.")] = "all",
    model: Annotated[
        str | None,
        typer.Option("--model", help="The run's model, where it is not where the run says any more."),
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="The run's data, to check that it is this file.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Take only the first N examples of the run.")
    ] = None,
    option: Annotated[
        list[str] | None,
        typer.Option("--option", help="ANALYSIS.OPTION=VALUE, such as jsd.k=2,5; any number of times."),
    ] = None,
    device: DeviceOption = "cpu",
    threads: ThreadsOption = None,
    allow_bin: AllowBinOption = False,
    json: JsonOption = False,
) -> None:
    """Do the analyses."""
    from bertqa_fast.analysis.job import analyze as do
    from bertqa_fast.analysis.job import model_of
    from bertqa_fast.analysis.options import parse_options
    from bertqa_fast.analysis.registry import ANALYSES, chosen
    from bertqa_fast.analysis.trends import trends
    from bertqa_fast.report.terminal import analysis_table
    from bertqa_fast.runs.reader import Run

    try:
        analyses = chosen(what)
        options = parse_options(option or [], {name: known.options for name, known in ANALYSES.items()})
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    opened = Run(run)
    if data is not None:
        _check_data(opened, data)

    def own_model() -> Model:
        about = opened.about
        source = model or about["model"]["source"]
        precision = about["identity"]["model"]["precision"]
        return model_of(opened, open_model(source, device, precision, threads, allow_bin))

    done = do(opened, analyses, output_dir, open_model=own_model, limit=limit, options=options, tell=log)
    claims = trends(done.results.values())
    if json:
        emit(
            {
                "folder": str(output_dir),
                "trends": None if claims is None else claims.to_dict(),
                "results": {name: result.to_dict() for name, result in done.results.items()},
                "files": {name: [path.name for path in files] for name, files in done.files.items()},
                "refused": done.refused,
            }
        )
    else:
        if claims is not None:
            results(json).print(analysis_table(claims))
        print(output_dir)
    if done.refused:
        raise SystemExit(1)


def _check_data(run: Run, path: Path) -> None:
    """Refuse a data file that is not the run's."""
    from bertqa_fast.runs.identity import data_hash

    found = data_hash(read_data(path, run.task))
    wanted = run.about["identity"]["data"]["sha256"]
    if found != wanted:
        raise ValueError(f"--data: the run is of other examples: hash {wanted[:12]}, {path} has {found[:12]}")
