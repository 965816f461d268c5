"""``bertqa-fast predict``: answers and n-best lists in the reference formats, or classes."""

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
    ModelOption,
    PairColumnOption,
    PrecisionOption,
    TaskOption,
    TextColumnOption,
    ThreadsOption,
    open_model,
    parse_columns,
    read_data,
)
from bertqa_fast.cli.output import emit, log

HELP = """Answer the questions of a data file; write predictions.json and nbest_predictions.json.

Of texts to classify, write predictions.json (id → class) and probabilities.json.

[bold]Examples[/bold]

[cyan]bertqa-fast predict --model ./my-model --data dev-v1.1.json --output-dir ./predictions[/cyan]

[cyan]bertqa-fast predict --model ./my-model --data dev-v2.0.json --task squad_v2 --null-threshold -1.5
--output-dir ./predictions[/cyan]

[cyan]bertqa-fast predict --model ./classifier --data test.txt --task sst5 --output-dir ./predictions[/cyan]
"""


@one_line_errors
def predict(
    model: ModelOption,
    data: DataOption,
    output_dir: Annotated[Path, typer.Option("--output-dir", help="Folder for the files.")],
    task: TaskOption = "squad",
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    pair_column: PairColumnOption = None,
    delimiter: DelimiterOption = None,
    limit: LimitOption = None,
    n_best: Annotated[int, typer.Option("--n-best", min=1, help="Length of the n-best lists.")] = 20,
    max_answer_length: MaxAnswerOption = 30,
    max_length: MaxLengthOption = 384,
    doc_stride: DocStrideOption = 128,
    null_threshold: Annotated[
        float | None,
        typer.Option(
            help="Say 'no answer' where it scores this much above the best span; 0 where tasks allow it."
        ),
    ] = None,
    device: DeviceOption = "cpu",
    precision: PrecisionOption = "fp32",
    threads: ThreadsOption = None,
    allow_bin: AllowBinOption = False,
    json: JsonOption = False,
) -> None:
    """Predict and write the files."""
    from bertqa_fast.tasks.files import write_nbest, write_null_scores, write_predictions
    from bertqa_fast.tasks.predict import predict as answer
    from bertqa_fast.tasks.registry import get_task

    columns = parse_columns(task, text_column, label_column, pair_column, delimiter)
    examples = read_data(data, task, limit, columns)
    if get_task(task).head == "text-classification":
        with open_model(model, device, precision, threads, allow_bin) as opened:
            _classify(opened, examples, output_dir, max_length, json)
        return
    unanswerable = get_task(task).unanswerable
    threshold = 0.0 if unanswerable and null_threshold is None else null_threshold
    with open_model(model, device, precision, threads, allow_bin) as opened:
        predictions = answer(
            opened,
            examples,
            n_best=n_best,
            max_answer_length=max_answer_length,
            max_length=max_length,
            doc_stride=doc_stride,
            null_score_diff_threshold=threshold,
        )
    files = {
        "predictions": write_predictions(predictions, output_dir / "predictions.json"),
        "n_best": write_nbest(predictions, output_dir / "nbest_predictions.json"),
    }
    if unanswerable:
        files["null_odds"] = write_null_scores(predictions, output_dir / "null_odds.json")
    if json:
        emit({"questions": len(predictions), "files": {name: str(path) for name, path in files.items()}})
    else:
        log(f"answered {len(predictions)} questions")
        for path in files.values():
            print(path)


def _classify(model: Any, examples: list[Any], output_dir: Path, max_length: int, json: bool) -> None:
    """Predict classes and write the files."""
    from bertqa_fast.tasks.class_files import write_labels, write_probabilities
    from bertqa_fast.tasks.predict import predict as answer

    predictions: list[Any] = answer(model, examples, max_length=max_length)
    files = {
        "predictions": write_labels(predictions, output_dir / "predictions.json"),
        "probabilities": write_probabilities(predictions, output_dir / "probabilities.json"),
    }
    if json:
        emit({"texts": len(predictions), "files": {name: str(path) for name, path in files.items()}})
        return
    log(f"classified {len(predictions)} texts")
    for path in files.values():
        print(path)
