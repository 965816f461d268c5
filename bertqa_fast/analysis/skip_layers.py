"""Skip-layer predictions: what is left of the answers when encoder blocks are left out (``skip-layers``).

The code published with Ramnath et al. 2020 (``modeling.py``) has a flag for it, ``--skip_layers "3,7"``, and
no published result. A block that is left out hands on what it is given: the model is the same without it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from bertqa_fast.analysis.analysis import Analysis, CannotAnalyzeError, Result, settings_of
from bertqa_fast.analysis.figures import over_layers
from bertqa_fast.analysis.replay import chosen_settings, example_of, pace
from bertqa_fast.analysis.skip_tables import WHOLE, Answers, tables
from bertqa_fast.analysis.walk import walk
from bertqa_fast.data.examples import QAExample
from bertqa_fast.progress import progress_bar
from bertqa_fast.tasks.predict import predict
from bertqa_fast.tasks.registry import get_task
from bertqa_fast.tasks.task import Task

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from bertqa_fast.model import Model
    from bertqa_fast.runs.reader import Run

_PREDICTING = ("max_length", "doc_stride", "max_answer_length")
_CHUNK = 64  # questions between two moves of the bar

Blocks = tuple[int, ...]


def skip_layers(
    run: Run,
    model: Model,
    *,
    blocks: str | None = None,
    each: bool = True,
    limit: int | None = 200,
    show_progress: bool | None = None,
) -> Result:
    """Answer a run's questions without some of the model's encoder blocks.

    Parameters
    ----------
    run : Run
        The run folder; its questions, windows and longest answer count, not its scores.
    model : Model
        Its model.
    blocks : str, optional
        Sets of blocks to leave out together, numbers with commas between and sets with semicolons between:
        ``"3,7"``, or ``"3,7;10,11"``.
    each : bool
        Leave out each block alone as well.
    limit : int or None
        Only the first examples.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.

    Returns
    -------
    Result
        Table ``skip_layers``: for the whole model and for each set of blocks left out, exact match and F1
        where the run has gold answers, their change, and the share of answers that change (intervals of
        95 %: bootstrap, and Wilson 1927); table ``skip_layers_examples``: every answer.

    Raises
    ------
    ValueError
        ``blocks`` is not of this form, names a block that the model lacks, or leaves none; or nothing is to
        be left out.
    CannotAnalyzeError
        The run has no examples, or the model has one block only.
    """
    settings = settings_of(skip_layers, locals())
    if model.num_layers < 2:
        raise CannotAnalyzeError("skip-layers leaves out blocks, and the model has one only")
    sets = parse_sets(blocks, model.num_layers)
    if each:
        sets = [(block,) for block in range(model.num_layers)] + sets
    if not sets:
        raise ValueError("blocks must name a set of blocks where each is false, got None")
    rules = get_task(run.about["data"].get("task", "squad"))
    gold = run.gold()
    examples = [
        replace(
            example_of(scored, gold[scored.example]),
            is_impossible=rules.unanswerable and not gold[scored.example],
        )
        for scored in walk(run, "skip-layers", limit, show_progress=False)
    ]
    if not examples:
        raise CannotAnalyzeError(f"{run.folder} holds no finished examples yet; attribute some (--resume)")
    known = any(gold[number] for number in gold) or rules.unanswerable
    started = time.monotonic()
    answers: list[Answers] = []
    with progress_bar((1 + len(sets)) * len(examples), "skip-layers", "example", show_progress) as bar:
        for skipped in [(), *sets]:
            with _without(model, skipped) as left:
                texts = _answered(left, examples, rules, chosen_settings(run, _PREDICTING), bar)
            answers.append(Answers.of(skipped, examples, texts, rules.name if known else None))
    seconds = time.monotonic() - started
    return Result(
        "skip-layers",
        "Predictions without some blocks",
        settings,
        len(examples),
        tables(answers),
        (
            "A block that is left out hands on what it is given; blocks are numbered from 0. Changes are "
            "against the answers of the whole model.",
            "The published code has the option, and no published result.",
            pace(len(examples) * len(answers), seconds) + f" ({len(answers)} models, one after the other)",
        ),
    )


def parse_sets(text: str | None, num_layers: int) -> list[Blocks]:
    """Read sets of blocks, ``"3,7;10,11"``, each in rising order.

    Raises
    ------
    ValueError
        A set is empty, names a block twice, or one that the model lacks, or leaves none.
    """
    sets: list[Blocks] = []
    for part in text.split(";") if text is not None else ():
        try:
            found = sorted(int(number) for number in part.split(","))
        except ValueError:
            raise ValueError(
                f"blocks must be numbers with commas between and sets with semicolons, such as 3,7;10,11; "
                f"got {text!r}"
            ) from None
        if found[0] < 0 or found[-1] >= num_layers or len(set(found)) < len(found):
            raise ValueError(f"blocks must be 0 to {num_layers - 1}, each once in a set; got {part!r}")
        if len(found) == num_layers:
            raise ValueError(f"blocks must leave at least one, got all {num_layers}")
        sets.append(tuple(found))
    return sets


@contextmanager
def _without(model: Model, skipped: Blocks) -> Iterator[Model]:
    if not skipped:
        yield model
        return
    with model.derived(blocks=[block for block in range(model.num_layers) if block not in skipped]) as left:
        yield left


def _answered(
    model: Model, examples: Sequence[QAExample], rules: Task, options: Mapping[str, Any], bar: Any
) -> list[str]:
    threshold = 0.0 if rules.unanswerable else None  # as runs are predicted
    texts: list[str] = []
    for first in range(0, len(examples), _CHUNK):
        chunk = examples[first : first + _CHUNK]
        found = predict(
            model,
            chunk,
            n_best=1,
            null_score_diff_threshold=threshold,
            show_progress=False,
            **options,
        )
        texts += [prediction.text for prediction in found]
        bar.update(len(chunk))
    return texts


def draw(result: Result) -> Mapping[str, Figure]:
    """Draw scores and changed answers over what was left out."""
    table = result.table("skip_layers")
    names = {"exact_match": "EM", "f1": "F1", "changed": "answers that change"}
    series = {names[name]: table.column(name) for name in names}
    series = {name: values for name, values in series.items() if values[0] is not None}
    bands = {names["changed"]: (table.column("changed_low"), table.column("changed_high"))}
    return {
        "skip_layers": over_layers(
            series,
            ["none" if name == WHOLE else name for name in table.column("left_out")],
            title="Answers without some blocks",
            label="%",
            across="left out",
            bands=bands,
            low=0,
        )
    }


ANALYSIS = Analysis("skip-layers", skip_layers, draw, needs_model=True)
