"""``bertqa-fast explain``: one question, in the terminal or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import (
    LAYER_HELP,
    BaselineOption,
    DeviceOption,
    DocStrideOption,
    JsonOption,
    MaxAnswerOption,
    MaxLengthOption,
    MethodOption,
    ModelOption,
    PrecisionOption,
    PresetOption,
    SpanOption,
    StepsOption,
    TargetOption,
    ThreadsOption,
    TolOption,
    Windows,
    WindowsOption,
    open_model,
    parse_layers,
    parse_span,
)
from bertqa_fast.cli.output import emit, log, results

if TYPE_CHECKING:
    from bertqa_fast.attribution.results import LayerAttributions

HELP = """Explain the answer to one question: which tokens carry it, layer by layer.

[bold]Examples[/bold]

[cyan]bertqa-fast explain --model ./my-model --question "Who wrote it?"
--context "It was written by Ada in 1843."[/cyan]

[cyan]bertqa-fast explain --model ./my-model --question "Who wrote it?" --context-file passage.txt
--layers 0,5 --html page.html[/cyan]
"""


@one_line_errors
def explain(
    model: ModelOption,
    question: Annotated[str, typer.Option("--question", help="The question.")],
    context: Annotated[str | None, typer.Option("--context", help="The passage.")] = None,
    context_file: Annotated[
        Path | None, typer.Option("--context-file", help="A text file with the passage.")
    ] = None,
    layers: Annotated[str, typer.Option("--layers", help=LAYER_HELP)] = "all",
    html: Annotated[Path | None, typer.Option("--html", help="Also write a page.")] = None,
    whole: Annotated[
        bool, typer.Option("--whole", help="Show the whole window, not only the text around the answer.")
    ] = False,
    target: TargetOption = "probability",
    span: SpanOption = "predicted",
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
    json: JsonOption = False,
) -> None:
    """Explain one answer."""
    from bertqa_fast.attribution.integrated_gradients import integrated_gradients
    from bertqa_fast.data.examples import QAExample
    from bertqa_fast.report.contents import ReportExample
    from bertqa_fast.report.facts import explanation_report
    from bertqa_fast.report.html import write_report
    from bertqa_fast.report.plain import layers_dict, prediction_dict
    from bertqa_fast.report.terminal import print_layers
    from bertqa_fast.tasks.predict import predict

    if (context is None) == (context_file is None):
        raise typer.BadParameter("give either --context or --context-file")
    chosen, pinned = parse_layers(layers), parse_span(span)
    text = context if context_file is None else context_file.read_text(encoding="utf-8")
    example = QAExample(question, str(text))
    cut: dict[str, Any] = {
        "max_length": max_length,
        "doc_stride": doc_stride,
        "max_answer_length": max_answer_length,
    }
    settings: dict[str, Any] = cut | {
        "target": target,
        "span": pinned,
        "baseline": baseline,
        "method": method,
        "n_steps": steps,
        "tol": tol,
        "preset": preset,
        "windows": windows.value,
    }
    with open_model(model, device, precision, threads) as opened:
        answer = predict(opened, example, **cut)
        # A list of layers gives LayerAttributions always, also where it holds one.
        found: LayerAttributions = integrated_gradients(opened, example, layer=chosen, **settings)
        if html is not None:
            shown = ReportExample(found, predicted=answer.text, probability=answer.probability)
            write_report(explanation_report(opened, shown), html)
            log(f"wrote {html}")
    if json:
        emit({"prediction": prediction_dict(answer), **layers_dict(found)})
        return
    console = results(json)
    console.print(f"{answer.text}  (probability {answer.probability:.3f})", style="bold", markup=False)
    print_layers(console, found, around=None if whole else 8)
