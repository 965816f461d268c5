"""The program ``bertqa-fast``: the commands, put together.

Nothing heavy is imported here: each command imports what it needs once it runs, so that ``--help`` is quick.
"""

from __future__ import annotations

import warnings
from typing import Annotated, Any

import typer

from bertqa_fast.cli import (
    analyze,
    attribute,
    convert,
    demo,
    devices,
    evaluate,
    explain,
    export,
    finetune,
    import_tf,
    predict,
    report,
    study,
    zones,
)
from bertqa_fast.cli.output import log
from bertqa_fast.errors import ConvergenceWarning

HELP = """Layer-wise attributions for BERT readers, computed by a C++ engine on ONNX Runtime.

Results go to stdout (as JSON with --json), progress to stderr. Exit status: 0 done, 1 failed, 2 wrong use.

Start with [cyan]bertqa-fast demo[/cyan].
"""

app = typer.Typer(
    name="bertqa-fast",
    help=HELP,
    no_args_is_help=True,
    rich_markup_mode="rich",
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo", help=demo.HELP)(demo.demo)
app.command("finetune", help=finetune.HELP)(finetune.finetune)
app.command("predict", help=predict.HELP)(predict.predict)
app.command("evaluate", help=evaluate.HELP)(evaluate.evaluate)
app.command("export", help=export.HELP)(export.export)
app.command("import-tf", help=import_tf.HELP)(import_tf.import_tf)
app.command("attribute", help=attribute.HELP)(attribute.attribute)
app.command("analyze", help=analyze.HELP)(analyze.analyze)
app.command("explain", help=explain.HELP)(explain.explain)
app.command("zones", help=zones.HELP)(zones.zones)
app.command("study", help=study.HELP)(study.study)
app.command("report", help=report.HELP)(report.report)
app.command("convert", help=convert.HELP)(convert.convert)
app.command("devices", help=devices.HELP)(devices.devices)


def _print_version(wanted: bool) -> None:
    if wanted:
        from bertqa_fast import __version__

        print(__version__)
        raise typer.Exit


@app.callback()
def common(
    version: Annotated[
        bool,
        typer.Option(
            "--version", help="Print the version and leave.", is_eager=True, callback=_print_version
        ),
    ] = False,
) -> None:
    """Take the options that come before the command."""


def _one_line_warnings() -> None:
    """Let what users are meant to read be read: one line, without the place in the code that said it."""
    usual = warnings.showwarning

    def show(message: Warning | str, category: type[Warning], *place: Any, **more: Any) -> None:
        if issubclass(category, ConvergenceWarning):
            log(f"bertqa-fast: warning: {message}")
        else:
            usual(message, category, *place, **more)

    warnings.showwarning = show


def main() -> None:
    """Run the program."""
    _one_line_warnings()
    app(prog_name="bertqa-fast")
