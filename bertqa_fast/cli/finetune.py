"""``bertqa-fast finetune``: fine-tune a reader or a classifier in PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import (
    AllowBinOption,
    DelimiterOption,
    JsonOption,
    LabelColumnOption,
    ModelOption,
    PairColumnOption,
    TaskOption,
    TextColumnOption,
    parse_columns,
    read_data,
)
from bertqa_fast.cli.output import emit, log

HELP = """Fine-tune a reader or a classifier in PyTorch; the defaults are published settings, see --preset.

A run that was stopped goes on from its last checkpoint when it is started again.

[bold]Examples[/bold]

[cyan]bertqa-fast finetune --model bert-base-uncased --train train-v1.1.json --output-dir ./reader[/cyan]

[cyan]bertqa-fast finetune --model ./minilm --train train.json --dev dev.json --batch-size 32
--learning-rate 2e-4 --epochs 1 --max-length 256 --limit 10000 --output-dir ./reader[/cyan]

[cyan]bertqa-fast finetune --model bert-base-chinese --task cmrc2018 --preset cui2022-cmrc
--train cmrc2018_train.json --train DRCD_training.json --dev cmrc2018_dev.json --output-dir ./reader[/cyan]

[cyan]bertqa-fast finetune --model bert-base-uncased --task sst5 --train train.txt --dev dev.txt
--output-dir ./classifier[/cyan]

[cyan]bertqa-fast finetune --model bert-base-uncased --task tsv --text-column review --label-column sentiment
--train imdb.csv --validation 0.1 --output-dir ./classifier[/cyan]
"""


@one_line_errors
def finetune(
    model: ModelOption,
    train: Annotated[
        list[Path],
        typer.Option("--train", help="Training data in the task's format; several times for several files."),
    ],
    output_dir: Annotated[Path, typer.Option("--output-dir", help="Folder for the fine-tuned model.")],
    dev: Annotated[
        Path | None,
        typer.Option(
            "--dev",
            help="Data to score on at the end; of texts after every epoch, to keep the best. No test data.",
        ),
    ] = None,
    validation: Annotated[
        float | None,
        typer.Option(
            "--validation",
            min=0,
            max=1,
            help="Of texts without --dev: share of the training data held out in its place; 0.1 by default.",
        ),
    ] = None,
    task: TaskOption = "squad",
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    pair_column: PairColumnOption = None,
    delimiter: DelimiterOption = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            help="Published settings: ramnath2020 (the default), cui2022-squad or cui2022-cmrc; "
            "of texts wu2021.",
        ),
    ] = None,
    batch_size: Annotated[int | None, typer.Option(min=1, help="Windows in a batch.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="Peak learning rate.")] = None,
    epochs: Annotated[int | None, typer.Option(min=1, help="Passes over the data.")] = None,
    max_length: Annotated[int | None, typer.Option(min=8, help="Tokens of a window at most.")] = None,
    doc_stride: Annotated[
        int | None, typer.Option(min=1, help="Tokens that each window of a passage moves on.")
    ] = None,
    passage_only: Annotated[
        bool | None,
        typer.Option("--passage-only/--whole-window", help="What the softmax of the loss is over."),
    ] = None,
    warmup_ratio: Annotated[float, typer.Option(min=0, max=1, help="Part of the steps that warm up.")] = 0.1,
    seed: Annotated[int, typer.Option(help="Seed of head, dropout and order.")] = 12345,
    dropout: Annotated[
        float | None,
        typer.Option(
            "--dropout",
            min=0,
            max=1,
            help="In place of the model's own dropout; 0 halves a step on a CPU.",
        ),
    ] = None,
    limit: Annotated[
        int | None, typer.Option("--limit", min=1, help="Train on N examples of a seeded shuffle.")
    ] = None,
    allow_bin: AllowBinOption = False,
    device: Annotated[
        str | None, typer.Option("--device", help="cpu or cuda; cuda where there is one.")
    ] = None,
    bf16: Annotated[
        bool | None,
        typer.Option("--bf16/--no-bf16", help="Autocast to bf16; where the hardware is fast at it."),
    ] = None,
    checkpoint_every: Annotated[
        int | None, typer.Option(min=0, help="Steps between checkpoints; every five minutes by default.")
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume/--restart", help="Go on from the last checkpoint.")
    ] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what the folder holds.")] = False,
    json: JsonOption = False,
) -> None:
    """Fine-tune and say what was done."""
    from bertqa_fast.tasks.finetune import finetune as run

    columns = parse_columns(task, text_column, label_column, pair_column, delimiter)
    examples = [example for path in train for example in read_data(path, task, columns=columns)]
    held_out = None if dev is None else read_data(dev, task, columns=columns)
    report = run(
        model,
        examples,
        output_dir,
        dev=held_out,
        validation=validation,
        task=task,
        allow_bin=allow_bin,
        preset=preset,
        batch_size=batch_size,
        learning_rate=learning_rate,
        epochs=epochs,
        max_length=max_length,
        doc_stride=doc_stride,
        passage_only=passage_only,
        warmup_ratio=warmup_ratio,
        seed=seed,
        dropout=dropout,
        limit=limit,
        device=device,
        bf16=bf16,
        checkpoint_every=checkpoint_every,
        resume=resume,
        overwrite=overwrite,
    )
    if json:
        emit(report.to_dict())
        return
    log(f"{report.steps} steps over {report.windows} windows in {report.seconds:.0f} s")
    if report.dropped:
        log(f"{report.dropped} examples left out: no answer at its place, or no label")
    if report.epochs is not None:
        log(f"kept epoch {report.best_epoch} of {len(report.epochs)}, by macro-F1")
    for name, value in (report.dev or {}).items():
        print(f"{name:>16}  {value:.2f}" if isinstance(value, float) else f"{name:>16}  {value}")
    print(report.output_dir)
