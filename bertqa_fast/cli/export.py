"""``bertqa-fast export``: write a model for the engine, and check it against PyTorch."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import AllowBinOption, JsonOption
from bertqa_fast.cli.output import emit, log, results

if TYPE_CHECKING:
    from rich.table import Table

HELP = """Export a model: ONNX graphs over one weight file, tokenizer, config, and a manifest with hashes.

Where PyTorch is installed, the export is then compared with it: logits, and the gradient at every layer.

[bold]Examples[/bold]

[cyan]bertqa-fast export ./my-model --output-dir ./my-model-onnx[/cyan]

[cyan]bertqa-fast export ./my-model --output-dir ./my-model-onnx --json --no-parity[/cyan]

[cyan]bertqa-fast export ./my-mpnet --output-dir ./my-mpnet-onnx --generic[/cyan]
"""


@one_line_errors
def export(
    model: Annotated[str, typer.Argument(help="Hugging Face folder or hub id.")],
    output_dir: Annotated[Path, typer.Option("--output-dir", help="Folder to make.")],
    parity: Annotated[bool, typer.Option(help="Compare with PyTorch where it is installed.")] = True,
    generic: Annotated[
        bool | None,
        typer.Option(
            help="Go the generic way, slower and with gradients alone; by default where no family knows the "
            "model and the extra 'generic' is installed."
        ),
    ] = None,
    allow_bin: AllowBinOption = False,
    json: JsonOption = False,
) -> None:
    """Export a model and print how it compares with PyTorch."""
    from bertqa_fast.graphs.exporter import export as write

    folder = write(model, output_dir, allow_bin=allow_bin, generic=generic)
    log(f"exported to {folder}")
    report = compare(model, folder, allow_bin=allow_bin) if parity else None
    if json:
        emit({"folder": str(folder), "parity": None if report is None else dict(report.rows)})
    elif report is not None:
        results(json).print(parity_table(report))


def compare(source: str, folder: Path, *, allow_bin: bool = False) -> Any:
    """Return the parity report, or None, saying so, where PyTorch is not installed."""
    if find_spec("torch") is None:
        log("not compared with PyTorch: it is not installed (pip install 'bertqa_fast[train]')")
        return None
    from bertqa_fast.graphs.parity import parity_report
    from bertqa_fast.tasks.torch_reader import quiet

    with quiet():
        return parity_report(source, folder, allow_bin=allow_bin)


def parity_table(report: Any) -> Table:
    """Return a table of the quantities that were compared."""
    from rich.table import Table

    table = Table(title="Parity with PyTorch", title_justify="left")
    table.add_column("quantity")
    table.add_column("relative difference (Frobenius)", justify="right")
    for quantity, error in report.rows:
        table.add_row(quantity, f"{error:.1e}")
    return table
