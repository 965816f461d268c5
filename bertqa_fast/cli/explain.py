"""``bertqa-fast explain``: one question or text, in the terminal or as a page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from bertqa_fast.cli.errors import one_line_errors
from bertqa_fast.cli.options import (
    LAYER_HELP,
    AllowBinOption,
    BaselineOption,
    DeviceOption,
    DocStrideOption,
    JsonOption,
    LabelOption,
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
    parse_label,
    parse_layers,
    parse_span,
)
from bertqa_fast.cli.output import emit, log, results

if TYPE_CHECKING:
    from bertqa_fast.attribution.results import LayerAttributions
    from bertqa_fast.data.examples import QAExample, TextExample

HELP = """Explain the answer to one question, or the class of one text: which tokens carry it, layer by layer.

[bold]Examples[/bold]

[cyan]bertqa-fast explain --model ./my-model --question "Who wrote it?"
--context "It was written by Ada in 1843."[/cyan]

[cyan]bertqa-fast explain --model ./my-model --question "Who wrote it?" --context-file passage.txt
--layers 0,5 --html page.html[/cyan]

[cyan]bertqa-fast explain --model ./my-classifier --text "A dull film with one good scene."
--layers embeddings[/cyan]
"""


@one_line_errors
def explain(
    model: ModelOption,
    question: Annotated[str | None, typer.Option("--question", help="The question, of a reader.")] = None,
    context: Annotated[str | None, typer.Option("--context", help="The passage.")] = None,
    context_file: Annotated[
        Path | None, typer.Option("--context-file", help="A text file with the passage.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="The text, of a classifier.")] = None,
    text_pair: Annotated[str | None, typer.Option("--text-pair", help="The second text of a pair.")] = None,
    label: LabelOption = "predicted",
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
    allow_bin: AllowBinOption = False,
    json: JsonOption = False,
) -> None:
    """Explain one answer or class."""
    from bertqa_fast.attribution.integrated_gradients import integrated_gradients
    from bertqa_fast.report.contents import ReportExample
    from bertqa_fast.report.facts import explanation_report
    from bertqa_fast.report.html import write_report
    from bertqa_fast.report.plain import layers_dict
    from bertqa_fast.report.terminal import print_layers
    from bertqa_fast.tasks.predict import predict

    chosen, pinned = parse_layers(layers), parse_span(span)
    example: Any = _example(question, context, context_file, text, text_pair)
    cut: dict[str, Any] = {
        "max_length": max_length,
        "doc_stride": doc_stride,
        "max_answer_length": max_answer_length,
    }
    settings: dict[str, Any] = cut | {
        "label": parse_label(label),
        "target": target,
        "span": pinned,
        "baseline": baseline,
        "method": method,
        "n_steps": steps,
        "tol": tol,
        "preset": preset,
        "windows": windows.value,
    }
    with open_model(model, device, precision, threads, allow_bin) as opened:
        answer: Any = predict(opened, example, **cut)
        said = str(answer.label if text is not None else answer.text)
        # A list of layers gives LayerAttributions always, also where it holds one.
        found: LayerAttributions = integrated_gradients(opened, example, layer=chosen, **settings)
        if html is not None:
            shown = ReportExample(found, predicted=said, probability=answer.probability)
            write_report(explanation_report(opened, shown), html)
            log(f"wrote {html}")
    if json:
        emit({"prediction": answer.to_dict(), **layers_dict(found)})
        return
    console = results(json)
    console.print(f"{said}  (probability {answer.probability:.3f})", style="bold", markup=False)
    print_layers(console, found, around=None if whole else 8)


def _example(
    question: str | None,
    context: str | None,
    context_file: Path | None,
    text: str | None,
    text_pair: str | None,
) -> QAExample | TextExample:
    """Return what the options say: a question and its passage, or a text."""
    from bertqa_fast.data.examples import QAExample, TextExample

    if (question is None) == (text is None):
        raise typer.BadParameter("give either --question and its passage, or --text")
    if text is None and text_pair is not None:
        raise typer.BadParameter("--text-pair belongs to --text")
    if text is not None:
        if context is not None or context_file is not None:
            raise typer.BadParameter("--context belongs to --question; the second text is --text-pair")
        return TextExample(text, text_pair)
    if (context is None) == (context_file is None):
        raise typer.BadParameter("give either --context or --context-file")
    passage = context if context_file is None else context_file.read_text(encoding="utf-8")
    return QAExample(str(question), str(passage))
