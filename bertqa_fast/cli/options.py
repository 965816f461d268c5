"""Options that several commands share, and how their values are read."""

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bertqa_fast.data.labelled import Columns
    from bertqa_fast.model import Model


class Windows(StrEnum):
    """What to do with a passage that is longer than a window."""

    best = "best"
    merge = "merge"


LAYER_HELP = (
    "Layers: all, embeddings, or numbers such as 0,3,5. Layer l is the output of encoder block l; "
    "Hugging Face's hidden_states\\[k] is layer k-1."
)

ModelOption = Annotated[
    str, typer.Option("--model", help="Hugging Face folder or hub id, or a folder that export wrote.")
]
AllowBinOption = Annotated[
    bool,
    typer.Option(
        "--allow-bin", help="Read pytorch_model.bin where there are no safetensors; weights only, no code."
    ),
]
DataOption = Annotated[
    Path, typer.Option("--data", help="Data file in the task's own format; .gz is accepted.")
]
TaskOption = Annotated[
    str,
    typer.Option(
        "--task",
        help="Whose files and rules: squad, squad_v2, duorc, duorc_reference, duorc_found, cmrc2018 or drcd; "
        "of texts to classify sst2, sst5, chnsenticorp or tsv.",
    ),
]
TextColumnOption = Annotated[
    str | None, typer.Option("--text-column", help="Of --task tsv: column of the text; text by default.")
]
LabelColumnOption = Annotated[
    str | None,
    typer.Option(
        "--label-column", help="Of --task tsv: column of the class; label by default, '' where there is none."
    ),
]
PairColumnOption = Annotated[
    str | None, typer.Option("--pair-column", help="Of --task tsv: column of a second text.")
]
DelimiterOption = Annotated[
    str | None,
    typer.Option("--delimiter", help="Of --task tsv: what separates fields; told from .tsv or .csv."),
]
DeviceOption = Annotated[
    str, typer.Option("--device", help="cpu, cuda, cuda:N, webgpu or openvino; never chosen for you.")
]
PrecisionOption = Annotated[
    str,
    typer.Option(
        "--precision",
        help="What products multiply: fp32; on a CPU with AMX bf16x3 or bf16; on CUDA tf32.",
    ),
]
ThreadsOption = Annotated[
    int | None,
    typer.Option("--threads", min=1, help="Threads to compute with; all usable processors by default."),
]
LimitOption = Annotated[int | None, typer.Option("--limit", min=1, help="Take only the first N examples.")]
MaxLengthOption = Annotated[int, typer.Option("--max-length", min=8, help="Tokens of a window at most.")]
DocStrideOption = Annotated[
    int, typer.Option("--doc-stride", min=1, help="Tokens that each window of a passage moves on.")
]
MaxAnswerOption = Annotated[
    int, typer.Option("--max-answer-length", min=1, help="Tokens of an answer at most.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print results as JSON on stdout.")]

TargetOption = Annotated[
    str,
    typer.Option(
        "--target",
        help="probability, logit, log_probability, span_probability, or start_…/end_… of the first three.",
    ),
]
SpanOption = Annotated[
    str, typer.Option("--span", help="predicted, gold, or two token positions such as 12,14.")
]
LabelOption = Annotated[
    str,
    typer.Option("--label", help="Of a classifier: predicted, gold, or a class by its name or number."),
]
BaselineOption = Annotated[str, typer.Option("--baseline", help="zero, pad or mask.")]
MethodOption = Annotated[
    str, typer.Option("--method", help="auto, gausslegendre, or riemann_left, _right, _middle, _trapezoid.")
]
StepsOption = Annotated[
    int | None, typer.Option("--steps", min=1, help="Nodes of a rule with a fixed number.")
]
TolOption = Annotated[float, typer.Option("--tol", help="Tolerance of the adaptive method.")]
PresetOption = Annotated[
    str | None, typer.Option("--preset", help="Published settings: ramnath2020 or ramnath2020-code.")
]
WindowsOption = Annotated[
    Windows,
    typer.Option("--windows", help="Long passages: best (the window with the answer) or merge (all)."),
]


def parse_layers(text: str) -> Any:
    """Read ``all``, ``embeddings`` or ``0,3,5``; a list, or ``"all"``.

    Raises
    ------
    typer.BadParameter
        The text is none of these.
    """
    if text.strip() == "all":
        return "all"
    layers: list[int | str] = []
    for part in text.split(","):
        name = part.strip()
        if name == "embeddings":
            layers.append(name)
            continue
        try:
            layers.append(int(name))
        except ValueError:
            raise typer.BadParameter(
                f"{name!r} is no layer; wanted all, embeddings, or numbers such as 0,3,5"
            ) from None
    return layers


def parse_numbers(text: str, word: str, what: str) -> Any:
    """Read a word that stands for all, or numbers such as ``0,3,5``; the word, or a list.

    Raises
    ------
    typer.BadParameter
        The text is neither; the message says what was wanted.
    """
    if text.strip() == word:
        return word
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise typer.BadParameter(
            f"{text!r} names no {what}; wanted {word}, or numbers such as 0,3,5"
        ) from None


def parse_span(text: str) -> Any:
    """Read ``predicted``, ``gold`` or ``12,14``.

    Raises
    ------
    typer.BadParameter
        The text is none of these.
    """
    if text in ("predicted", "gold"):
        return text
    try:
        start, end = (int(part) for part in text.split(","))
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no span; wanted predicted, gold, or two positions") from None
    return start, end


def parse_label(text: str) -> str | int:
    """Read a class: its number, or anything else as it is."""
    return int(text) if text.isascii() and text.isdigit() else text


def parse_columns(
    task: str, text: str | None, label: str | None, pair: str | None, delimiter: str | None
) -> Columns | None:
    """Return where a task's tables have what, or None where its files have a format of their own.

    Raises
    ------
    ValueError
        The task is unknown, or columns were given that its files do not have.
    """
    from bertqa_fast.tasks.registry import get_task

    own = get_task(task).columns
    given = {"text": text, "label": label, "text_pair": pair, "delimiter": delimiter}
    given = {name: value for name, value in given.items() if value is not None}
    if given and own is None:
        raise ValueError(
            "--text-column, --label-column, --pair-column and --delimiter are of tables (--task tsv); "
            f"the files of {task!r} have a format of their own"
        )
    if own is None:
        return None
    # What a shell hands over for a tab that somebody has typed.
    changed: dict[str, Any] = given | ({"delimiter": "\t"} if delimiter == "\\t" else {})
    if label == "":
        changed["label"] = None
    return replace(own, **changed)


def read_data(path: Path, task: str, limit: int | None = None, columns: Columns | None = None) -> list[Any]:
    """Read a data file by its task's rules, its first ``limit`` examples; a table by ``columns``, if given.

    Raises
    ------
    FileNotFoundError
        There is no such file.
    ValueError
        The task is unknown, or the file is not of its format.
    """
    from bertqa_fast.data.labelled import read_columns
    from bertqa_fast.tasks.registry import get_task

    rules = get_task(task)
    if not path.is_file():
        raise FileNotFoundError(f"--data: there is no file {path}")
    examples: list[Any] = rules.read(path) if columns is None else read_columns(path, columns)
    return examples if limit is None else examples[:limit]


def open_model(
    source: str,
    device: str = "cpu",
    precision: str = "fp32",
    threads: int | None = None,
    allow_bin: bool = False,
) -> Model:
    """Load a model, exporting it into the cache on first use; see :func:`bertqa_fast.load`."""
    from bertqa_fast.model import load

    return load(source, device=device, precision=precision, threads=threads, allow_bin=allow_bin)
