"""``bertqa-fast evaluate``: score a predictions file, or a model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import (
    DataOption,
    DeviceOption,
    DocStrideOption,
    JsonOption,
    LimitOption,
    MaxAnswerOption,
    MaxLengthOption,
    PrecisionOption,
    TaskOption,
    ThreadsOption,
    open_model,
    read_data,
)
from bertqa_fast.cli.output import emit, results

HELP = """Score predictions by the rules of a task: exact match and F1 in per cent.

Give a predictions file (id → text), or a model that is to make them.

[bold]Examples[/bold]

[cyan]bertqa-fast evaluate --data dev-v1.1.json --predictions predictions.json[/cyan]

[cyan]bertqa-fast evaluate --data dev-v1.1.json --model ./my-model --limit 1000 --json[/cyan]
"""


@one_line_errors
def evaluate(
    data: DataOption,
    predictions: Annotated[Path | None, typer.Option("--predictions", help="JSON file of id → text.")] = None,
    model: Annotated[str | None, typer.Option("--model", help="Model to answer the questions.")] = None,
    task: TaskOption = "squad",
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
    json: JsonOption = False,
) -> None:
    """Score a predictions file or a model."""
    from bertqa_fast.tasks.evaluate import evaluate as score
    from bertqa_fast.tasks.files import read_predictions, write_exact_scores
    from bertqa_fast.tasks.predict import predict
    from bertqa_fast.tasks.registry import get_task

    if (predictions is None) == (model is None):
        raise typer.BadParameter("give either --predictions or --model")
    examples = read_data(data, task, limit)
    if predictions is not None:
        if not predictions.is_file():
            raise FileNotFoundError(f"--predictions: there is no file {predictions}")
        scores = score(examples, read_predictions(predictions), task)
    else:
        with open_model(str(model), device, precision, threads) as opened:
            answers = predict(
                opened,
                examples,
                max_answer_length=max_answer_length,
                max_length=max_length,
                doc_stride=doc_stride,
                null_score_diff_threshold=0.0 if get_task(task).unanswerable else None,
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
