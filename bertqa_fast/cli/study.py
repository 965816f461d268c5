"""``bertqa-fast study``: methods that explain a classifier, side by side."""

from __future__ import annotations

from contextlib import ExitStack
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
    JsonOption,
    LimitOption,
    ModelOption,
    PrecisionOption,
    ThreadsOption,
    open_model,
    read_data,
)
from bertqa_fast.cli.output import emit, log, results

if TYPE_CHECKING:
    from rich.table import Table

    from bertqa_fast.analysis import tables
    from bertqa_fast.study.result import Study

_ENDS = 8  # word pieces that are printed from either end; the files have all

HELP = """Which explanation of a classifier finds the words that it needs?

Tokens are deleted in the order of each method's scores, and the texts are classified again; word pieces are
ranked by their mean scores, and compared with another model or other data. Methods: random, gs (gradient
sensitivity), gi (gradient x input), lrp (relevance propagation), lat (attention tracing), ig (integrated
gradients at the embeddings), ig@N (at the output of block N), ig@best. Writes tables with intervals, and a
figure.

[bold]Examples[/bold]

[cyan]bertqa-fast study --model ./my-classifier --data test.txt.gz --task sst5 --output-dir ./study[/cyan]

[cyan]bertqa-fast study --model ./my-classifier --data test.txt.gz --task sst5 --methods random,gs,ig,ig@best
--validation dev.txt.gz --mode remove --other-model ./another-seed --output-dir ./study-of-seeds[/cyan]

[cyan]bertqa-fast study --model ./my-classifier --data test.txt.gz --task sst5 --methods random,gs,gi,lrp,lat
--preset wu2021 --limit 1001 --output-dir ./study-as-published[/cyan]
"""


class Mode(StrEnum):
    """What deleting a token is."""

    pad = "pad"
    remove = "remove"


@one_line_errors
def study(
    model: ModelOption,
    data: DataOption,
    output_dir: Annotated[Path, typer.Option("--output-dir", help="Folder for tables and figures.")],
    task: Annotated[
        str, typer.Option("--task", help="Whose files and classes: sst2, sst5, chnsenticorp or tsv.")
    ] = "sst5",
    methods: Annotated[
        str, typer.Option("--methods", help="Some of the methods above, with commas between.")
    ] = "random,gs,gi,lrp,lat,ig",
    k: Annotated[int, typer.Option("--k", min=1, help="Tokens deleted from a text at most.")] = 10,
    mode: Annotated[
        Mode,
        typer.Option("--mode", help="pad: a deleted token becomes \\[PAD] (as published); remove: it goes."),
    ] = Mode.pad,
    preset: Annotated[
        str | None,
        typer.Option("--preset", help="wu2021: squared norms, the last class, random orders as published."),
    ] = None,
    all_texts: Annotated[
        bool, typer.Option("--all", help="Delete from texts that are classified wrong, too.")
    ] = False,
    min_tokens: Annotated[
        int, typer.Option("--min-tokens", min=1, help="Leave texts of fewer tokens out.")
    ] = 10,
    draws: Annotated[int, typer.Option("--draws", min=1, help="Random orders of each text.")] = 5,
    validation: Annotated[
        Path | None,
        typer.Option(
            "--validation", help="For ig@best: data to choose the layer on, or else part of --data."
        ),
    ] = None,
    other_model: Annotated[
        str | None, typer.Option("--other-model", help="Compare word scores with those of this model.")
    ] = None,
    other_data: Annotated[
        Path | None, typer.Option("--other-data", help="Compare word scores with those on this data.")
    ] = None,
    limit: LimitOption = None,
    max_length: Annotated[int, typer.Option("--max-length", min=8, help="Tokens of a text at most.")] = 128,
    seed: Annotated[int, typer.Option("--seed", min=0, help="For random orders and choices.")] = 0,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the study that the folder holds.")
    ] = False,
    device: DeviceOption = "cpu",
    precision: PrecisionOption = "fp32",
    threads: ThreadsOption = None,
    allow_bin: AllowBinOption = False,
    json: JsonOption = False,
) -> None:
    """Compare explanations of a classifier by word deletion and word ranks."""
    from bertqa_fast.study.files import check_folder
    from bertqa_fast.study.run import study_classifier

    check_folder(output_dir, overwrite)
    examples = read_data(data, task, limit)
    others = None if other_data is None else read_data(other_data, task, limit)
    chosen_on = None if validation is None else read_data(validation, task, limit)
    with ExitStack() as stack:
        opened = stack.enter_context(open_model(model, device, precision, threads, allow_bin))
        other = None
        if other_model is not None:
            other = stack.enter_context(open_model(other_model, device, precision, threads, allow_bin))
        found = study_classifier(
            opened,
            examples,
            methods=methods,
            k=k,
            mode=mode.value,
            preset=preset,
            correct_only=not all_texts,
            min_tokens=min_tokens,
            draws=draws,
            validation=chosen_on,
            other_model=other,
            other_examples=others,
            max_length=max_length,
            seed=seed,
        )
    files = found.write(output_dir, overwrite=overwrite)
    if json:
        emit(_plain(found, output_dir, files))
        return
    _print(found)
    counts = found.about["counts"]
    log(
        f"{counts['examples']} texts, {counts['long_enough']} long enough, {counts['correct']} of these "
        f"classified right; {len(files)} files"
    )
    print(output_dir)


def _plain(found: Study, folder: Path, files: list[Path]) -> dict[str, object]:
    correlation = found.correlation()
    return {
        "folder": str(folder),
        "counts": found.about["counts"],
        "methods": list(found.methods),
        "deletion": found.deletion().to_dict(),
        "summary": found.summary().to_dict(),
        "published": found.published().to_dict(),
        "verdict": found.verdict(),
        "correlation": None if correlation is None else correlation.to_dict(),
        "layers": None if found.choice is None else found.choice.table().to_dict(),
        "files": [path.name for path in files],
    }


def _print(found: Study) -> None:
    """Print accuracies, the published ones beside them, ends of the word ranks and correlations."""
    from bertqa_fast.report.terminal import analysis_table
    from bertqa_fast.study.published import NOTE

    console = results(False)
    console.print(accuracy_table(found))
    for note in found.notes.values():
        console.print(f"  {note}", style="dim")
    console.print(analysis_table(_rounded(found.published(), 1)))
    console.print(found.verdict())
    console.print(NOTE, style="dim")
    console.print(words_ends(found))
    correlation = found.correlation()
    if correlation is not None:
        console.print(analysis_table(_rounded(correlation, 3)))
    if found.choice is not None:
        console.print(analysis_table(_rounded(found.choice.table(), 1)))


def accuracy_table(found: Study) -> Table:
    """Return accuracies for a terminal: deletions down, methods across; last the means, and less random's."""
    from rich.table import Table

    shown = Table(title=f"Accuracy in % after k deletions, {len(found.ids)} texts", title_justify="left")
    shown.add_column("k", justify="right")
    for name in found.methods:
        shown.add_column(name, justify="right")
    for at in range(found.k + 1):
        shown.add_row(str(at), *(f"{100 * value:.1f}" for value in found.right[:, :, at].mean(axis=1)))
    summary = found.summary()
    for heading, column, sign in (("mean", "mean", ""), ("less random", "change", "+")):
        ends = zip(*(summary.column(f"{column}{end}") for end in ("", "_low", "_high")), strict=True)
        cells = [
            "" if mean is None else f"{mean:{sign}.1f} [{low:{sign}.1f}, {high:{sign}.1f}]"
            for mean, low, high in ends
        ]
        if any(cells):
            shown.add_row(heading, *cells)
    return shown


def words_ends(found: Study) -> Table:
    """Return the highest and the lowest word pieces of every method, for a terminal."""
    from rich.table import Table
    from rich.text import Text

    shown = Table(title="Word pieces of the highest and the lowest mean scores", title_justify="left")
    for name in ("method", "highest", "lowest"):
        shown.add_column(name, overflow="fold")
    for name, pieces in found.words.items():
        half = min(_ENDS, (len(pieces) + 1) // 2)
        ends = pieces[:half], pieces[max(half, len(pieces) - _ENDS) :][::-1]
        shown.add_row(name, *(Text(", ".join(f"{p.text} {p.mean:.2f}" for p in part)) for part in ends))
    return shown


def _rounded(table: tables.Table, digits: int) -> tables.Table:
    rows = [
        tuple(f"{cell:.{digits}f}" if isinstance(cell, float) else cell for cell in row) for row in table.rows
    ]
    return replace(table, rows=tuple(rows))
