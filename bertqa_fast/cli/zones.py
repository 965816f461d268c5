"""``bertqa-fast zones``: answers with attention zones masked, one at a time."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import (
    AllowBinOption,
    DataOption,
    DeviceOption,
    DocStrideOption,
    JsonOption,
    LimitOption,
    MaxAnswerOption,
    MaxLengthOption,
    ModelOption,
    PrecisionOption,
    TaskOption,
    ThreadsOption,
    open_model,
    parse_numbers,
    read_data,
)
from bertqa_fast.cli.output import emit, log, results

if TYPE_CHECKING:
    from rich.table import Table

    from bertqa_fast.analysis import tables
    from bertqa_fast.zones.result import ZoneGrid

_HEADS = 20  # how many are printed; the files have all

HELP = """Which zone of the attention matrix does a reader need, at which layer?

Every zone (q2: question to question, q2p: question to passage, p2q, p2, all) is masked at every layer in
turn, and the questions are answered again. Writes answers, tables with intervals, and figures.

[bold]Examples[/bold]

[cyan]bertqa-fast zones --model ./my-model --data dev-v1.1.json --output-dir ./zones[/cyan]

[cyan]bertqa-fast zones --model ./my-model --data dev-v1.1.json --zones p2q,p2 --layers 3,4 --heads each
--limit 500 --output-dir ./zones-of-heads[/cyan]

[cyan]bertqa-fast zones --model ./my-model --data dev-v1.1.json --special reference --all-mode reference
--max-length 512 --output-dir ./zones-as-published[/cyan]
"""


class Special(StrEnum):
    """Where special tokens belong."""

    keep = "keep"
    segment = "segment"
    reference = "reference"


class AllMode(StrEnum):
    """What the zone ``all`` means."""

    self = "self"
    uniform = "uniform"
    reference = "reference"


class Metric(StrEnum):
    """What the printed table shows."""

    exact_match = "exact_match"
    f1 = "f1"
    kept = "kept"


@one_line_errors
def zones(
    model: ModelOption,
    data: DataOption,
    output_dir: Annotated[Path, typer.Option("--output-dir", help="Folder for answers, tables and figures.")],
    task: TaskOption = "squad",
    zones: Annotated[
        str, typer.Option("--zones", help="Some of q2, q2p, p2q, p2 and all, with commas between.")
    ] = "q2,q2p,p2q,p2,all",
    layers: Annotated[
        str, typer.Option("--layers", help="all, or numbers such as 0,3: encoder blocks, from 0.")
    ] = "all",
    heads: Annotated[
        str | None,
        typer.Option(
            "--heads", help="each, or numbers such as 0,3: one head at a time; together by default."
        ),
    ] = None,
    top: Annotated[
        int | None,
        typer.Option("--top", min=1, help="Mask the N cells of a zone with the most attention only."),
    ] = None,
    special: Annotated[
        Special, typer.Option("--special", help="Special tokens: in no zone, on a side, or as published.")
    ] = Special.keep,
    all_mode: Annotated[
        AllMode,
        typer.Option("--all-mode", help="What 'all' leaves: a token itself, a uniform row, everything."),
    ] = AllMode.self,
    metric: Annotated[
        Metric | None,
        typer.Option("--metric", help="What is printed: exact_match, f1, or kept (probability kept)."),
    ] = None,
    limit: LimitOption = None,
    max_answer_length: MaxAnswerOption = 30,
    max_length: MaxLengthOption = 384,
    doc_stride: DocStrideOption = 128,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the grid that the folder holds.")
    ] = False,
    device: DeviceOption = "cpu",
    precision: PrecisionOption = "fp32",
    threads: ThreadsOption = None,
    allow_bin: AllowBinOption = False,
    json: JsonOption = False,
) -> None:
    """Mask every zone at every layer, and say what it costs."""
    from bertqa_fast.report.terminal import analysis_table
    from bertqa_fast.tasks.registry import get_task
    from bertqa_fast.zones.cells import parse_zones
    from bertqa_fast.zones.files import check_folder
    from bertqa_fast.zones.grid import zone_grid
    from bertqa_fast.zones.head_importance import head_importance
    from bertqa_fast.zones.published import NOTE, compare

    try:
        chosen = parse_zones([name.strip() for name in zones.split(",")], "--zones")
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    blocks = parse_numbers(layers, "all", "layers")
    one_by_one = None if heads is None else parse_numbers(heads, "each", "heads")
    check_folder(output_dir, overwrite)
    examples = read_data(data, task, limit)
    with open_model(model, device, precision, threads, allow_bin) as opened:
        grid = zone_grid(
            opened,
            examples,
            zones=chosen,
            layers=blocks,
            heads=one_by_one,
            top=top,
            special=special.value,
            all_mode=all_mode.value,
            task=task,
            max_length=max_length,
            doc_stride=doc_stride,
            max_answer_length=max_answer_length,
            null_score_diff_threshold=0.0 if get_task(task).unanswerable else None,
        )
    files = grid.write(output_dir, overwrite=overwrite)
    table = grid.table(grid.metrics[0] if metric is None else metric.value)
    beside = compare(grid) if any(path.stem == "published" for path in files) else None
    if json:
        emit(
            {
                "folder": str(output_dir),
                "questions": len(grid),
                "table": table.to_dict(),
                "published": None if beside is None else beside.to_dict(),
                "files": [path.name for path in files],
            }
        )
        return
    console = results(json)
    if grid.by_head:
        console.print(analysis_table(_rounded(head_importance(grid, metric or "kept"), _HEADS)))
    else:
        console.print(change_table(grid, table))
    if beside is not None:
        console.print(analysis_table(_rounded(beside)))
        console.print(NOTE, style="dim")
    log(f"{len(grid)} questions, {len(table)} cells, {len(files)} files")
    print(output_dir)


def change_table(grid: ZoneGrid, table: tables.Table) -> Table:
    """Return a grid for a terminal: layers down, zones across, a change and its interval in each cell."""
    from rich.table import Table

    metric, unmasked, count = (table.column(name)[0] for name in ("metric", "unmasked", "examples"))
    shown = Table(
        title=f"{metric}: change in points, with 95 % intervals; "
        f"unmasked {unmasked:.2f} % of {count} questions",
        title_justify="left",
    )
    shown.add_column("layer", justify="right")
    for zone in grid.zones:
        shown.add_column(zone, justify="right")
    for layer in grid.layers:
        part = table.where(layer=layer)
        rows = zip(*(part.column(name) for name in ("change", "change_low", "change_high")), strict=True)
        shown.add_row(str(layer), *(f"{mean:+.2f} [{low:+.2f}, {high:+.2f}]" for mean, low, high in rows))
    return shown


def _rounded(table: tables.Table, count: int | None = None) -> tables.Table:
    """Return a table's first rows with two decimals."""
    rows = [
        tuple(f"{cell:.2f}" if isinstance(cell, float) else cell for cell in row)
        for row in table.rows[:count]
    ]
    return replace(table, rows=tuple(rows))
