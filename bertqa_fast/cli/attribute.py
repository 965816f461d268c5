"""``bertqa-fast attribute``: a data set into a run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import (
    LAYER_HELP,
    AllowBinOption,
    BaselineOption,
    DataOption,
    DelimiterOption,
    DeviceOption,
    DocStrideOption,
    JsonOption,
    LabelColumnOption,
    LabelOption,
    LimitOption,
    MaxAnswerOption,
    MaxLengthOption,
    MethodOption,
    ModelOption,
    PairColumnOption,
    PrecisionOption,
    PresetOption,
    SpanOption,
    StepsOption,
    TargetOption,
    TaskOption,
    TextColumnOption,
    ThreadsOption,
    TolOption,
    Windows,
    WindowsOption,
    open_model,
    parse_columns,
    parse_label,
    parse_layers,
    parse_span,
    read_data,
)
from bertqa_fast.cli.output import emit, log

HELP = """Attribute a data set, layer by layer, into a run folder.

The folder grows part by part; a run that was stopped goes on with --resume, repeating and dropping nothing.

[bold]Examples[/bold]

[cyan]bertqa-fast attribute --model ./my-model --data dev-v1.1.json --output-dir ./run --limit 200[/cyan]

[cyan]bertqa-fast attribute --model ./my-model --data dev-v1.1.json --layers embeddings,2,5
--output-dir ./run --resume[/cyan]

[cyan]bertqa-fast attribute --model ./classifier --data test.txt --task sst5 --output-dir ./run[/cyan]
"""


@one_line_errors
def attribute(
    model: ModelOption,
    data: DataOption,
    output_dir: Annotated[Path, typer.Option("--output-dir", help="Run folder.")],
    layers: Annotated[str, typer.Option("--layers", help=LAYER_HELP)] = "all",
    task: TaskOption = "squad",
    text_column: TextColumnOption = None,
    label_column: LabelColumnOption = None,
    pair_column: PairColumnOption = None,
    delimiter: DelimiterOption = None,
    limit: LimitOption = None,
    embeddings: Annotated[
        int, typer.Option("--embeddings", min=0, help="Keep the hidden states of the first N examples.")
    ] = 200,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the run in the folder.")] = False,
    target: TargetOption = "probability",
    span: SpanOption = "predicted",
    label: LabelOption = "predicted",
    baseline: BaselineOption = "zero",
    method: MethodOption = "auto",
    steps: StepsOption = None,
    tol: TolOption = 0.01,
    preset: PresetOption = None,
    windows: WindowsOption = Windows.best,
    max_length: MaxLengthOption = 384,
    doc_stride: DocStrideOption = 128,
    max_answer_length: MaxAnswerOption = 30,
    device: DeviceOption = "cpu",
    precision: PrecisionOption = "fp32",
    threads: ThreadsOption = None,
    allow_bin: AllowBinOption = False,
    json: JsonOption = False,
) -> None:
    """Attribute every example and write the run folder."""
    from bertqa_fast.runs.attribute import attribute_dataset

    chosen, pinned = parse_layers(layers), parse_span(span)
    columns = parse_columns(task, text_column, label_column, pair_column, delimiter)
    examples = read_data(data, task, columns=columns)
    with open_model(model, device, precision, threads, allow_bin) as opened:
        about = attribute_dataset(
            opened,
            examples,
            output_dir,
            task=task,
            layers=chosen,
            limit=limit,
            resume=resume,
            embeddings=embeddings,
            data_path=data,
            target=target,
            span=pinned,
            label=parse_label(label),
            baseline=baseline,
            method=method,
            n_steps=steps,
            tol=tol,
            preset=preset,
            windows=windows.value,
            max_length=max_length,
            doc_stride=doc_stride,
            max_answer_length=max_answer_length,
        )
    if json:
        emit({"folder": str(output_dir), **about})
        return
    counts = about["counts"]
    log(f"{counts['examples']} examples, {counts['evaluations']:g} evaluations, {counts['seconds']:.1f} s")
    print(output_dir)
