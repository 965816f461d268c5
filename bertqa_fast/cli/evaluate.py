"""``bertqa-fast evaluate``: score a predictions file, or a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import (
    AllowBinOption,
    DataOption,
    DelimiterOption,
    DeviceOption,
    DocStrideOption,
    JsonOption,
    LabelColumnOption,
    LimitOption,
    MaxAnswerOption,
    MaxLengthOption,
    PairColumnOption,
    PrecisionOption,
    TaskOption,
    TextColumnOption,
    ThreadsOption,
    open_model,
    parse_columns,
    read_data,
)
from bertqa_fast.cli.output import emit, results

HELP = """Score predictions by the rules of a task: exact match and F1, or accuracy and macro-F1, in per cent.

Give a predictions file (id → text, or class), or a model that is to make them.

[bold]Examples[/bold]

[cyan]bertqa-fast evaluate --data dev-v1.1.json --predictions predictions.json[/cyan]

[cyan]bertqa-fast evaluate --data dev-v1.1.json --model ./my-model --limit 1000 --json[/cyan]

[cyan]bertqa-fast evaluate --data test.tsv --task chnsenticorp --model ./classifier[/cyan]
"""


@one_line_errors
def evaluate(
    data: DataOption,
    predictions: Annotated[
        Path | None, typer.Option("--predictions", help="JSON file of id → text, or class.")
    ] = None,
    model: Annotated[str | None, typer.Option("--model", help="Model to make predictions.")] = None,
    task: TaskOption = "squad",
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    pair_column: PairColumnOption = None,
    delimiter: DelimiterOption = None,
    output_dir: Annotated[
        Path | None, typer.Option("--output-dir", help="Folder for exact_scores.json.")
    ] = None,
    limit: LimitOption = None,
    max_answer_length: MaxAnswerOption = 30,
    max_length: MaxLengthOption = 384,
    doc_stride: DocStrideOption = 128,
    device: DeviceOption = "cpu",
    precision: PrecisionOption = "fp32",
    threads: ThreadsOption = None,
    allow_bin: AllowBinOption = False,
    json: JsonOption = False,
) -> None:
    """Score a predictions file or a model."""
    from bertqa_fast.tasks.class_files import read_labels
    from bertqa_fast.tasks.evaluate import evaluate as score
    from bertqa_fast.tasks.files import read_predictions, write_exact_scores
    from bertqa_fast.tasks.predict import predict
    from bertqa_fast.tasks.registry import get_task

    if (predictions is None) == (model is None):
        raise typer.BadParameter("give either --predictions or --model")
    columns = parse_columns(task, text_column, label_column, pair_column, delimiter)
    examples = read_data(data, task, limit, columns)
    rules = get_task(task)
    classifies = rules.head == "text-classification"
    if predictions is not None:
        if not predictions.is_file():
            raise FileNotFoundError(f"--predictions: there is no file {predictions}")
        scores = score(examples, (read_labels if classifies else read_predictions)(predictions), task)
    else:
        answers: list[Any]
        with open_model(str(model), device, precision, threads, allow_bin) as opened:
            answers = predict(
                opened,
                examples,
                max_answer_length=max_answer_length,
                max_length=max_length,
                doc_stride=doc_stride,
                null_score_diff_threshold=0.0 if rules.unanswerable else None,
            )
        scores = score(examples, answers, task)
    if output_dir is not None:
        write_exact_scores(scores, output_dir / "exact_scores.json")
    if json:
        emit(scores.to_dict())
        return
    console = results(json)
    for name, value in scores.to_dict().items():
        console.print(f"{name:>16}  {value:.2f}" if isinstance(value, float) else f"{name:>16}  {value}")
