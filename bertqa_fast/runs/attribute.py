"""Attribute a data set into a run folder."""

from __future__ import annotations

import io
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from bertqa_fast.attribution.layer_results import LayerAttributions
from bertqa_fast.attribution.prepare import Example
from bertqa_fast.progress import progress_bar
from bertqa_fast.runs.description import about, check_arguments, identity, resolved_layers
from bertqa_fast.runs.finish import write_predictions_files
from bertqa_fast.runs.heads import ANSWERING, WINDOWING, AnyPrediction, check_labels, gold_of, windows_of
from bertqa_fast.runs.pace import Pace
from bertqa_fast.runs.reader import embedding_path
from bertqa_fast.runs.store import RunWriter
from bertqa_fast.storage import write_atomic
from bertqa_fast.tasks.predict import predict
from bertqa_fast.tasks.registry import get_task

if TYPE_CHECKING:
    from bertqa_fast.model import Model


def attribute_dataset(
    model: Model,
    examples: Sequence[Example],
    out_dir: str | Path,
    *,
    task: str = "squad",
    layers: Any = "all",
    limit: int | None = None,
    resume: bool = False,
    embeddings: int = 200,
    data_path: str | Path | None = None,
    show_progress: bool | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Predict and attribute every example, and write a run folder part by part.

    A part is closed after 16 examples or 5 seconds of work, whichever comes first, and is whole or absent: a
    run that is killed and started again with ``resume`` repeats and drops no example.

    Parameters
    ----------
    model : Model
        What is explained.
    examples : sequence of QAExample or TextExample
        The data, questions for a reader and texts for a classifier; ids must differ.
    out_dir : str or Path
        The run folder; absent or empty, unless ``resume`` goes on with the run in it.
    task : str
        The data set, whose rules say whether "no answer" may be predicted and how answers are scored.
    layers : int, "embeddings", "all", or a list of these
        As ``layer`` of ``integrated_gradients``: l is the output of encoder block l, -1 the embeddings.
    limit : int or None
        Only this many examples, from the first. A run can be resumed with another limit.
    resume : bool
        Go on with the run in ``out_dir``; where there is none, start one.
    embeddings : int
        Keep the hidden states of this many examples, from the first.
    data_path : str or Path or None
        Where the examples come from, for ``run.json``.
    show_progress : bool or None
        A progress bar; None shows it on a terminal.
    **options
        Everything else that ``integrated_gradients`` takes.

    Returns
    -------
    dict
        What ``run.json`` says.

    Raises
    ------
    ValueError, TypeError
        Naming the argument: no examples, an id twice, a folder that holds another run, an unknown task or
        option.
    RunFolderError
        The folder is damaged, or in use by another process.
    """
    from bertqa_fast.attribution.integrated_gradients import integrated_gradients

    rules = get_task(task)
    model.require_task(rules.head)
    check_labels(model, examples, rules.labels, task)
    check_arguments(examples, limit, embeddings)
    numbers = resolved_layers(layers, model.num_layers, options.get("preset"))
    same = identity(model, examples, task, numbers, embeddings, integrated_gradients, options)
    total = len(examples) if limit is None else min(limit, len(examples))
    windowing = {name: options[name] for name in WINDOWING[rules.head] & options.keys()}
    answering: dict[str, Any] = {name: options[name] for name in ANSWERING[rules.head] & options.keys()}
    if rules.unanswerable:
        answering["null_score_diff_threshold"] = 0.0  # as SQuAD v2 is predicted everywhere
    with RunWriter(Path(out_dir), same, about(model, data_path, task), resume=resume) as writer:
        pending = writer.missing(total)
        done = total - sum(map(len, pending))
        part = _Part(writer)
        with progress_bar(total, "attributing", "example", show_progress, initial=done) as bar:
            try:
                for chunk in part.chunks(pending):
                    chosen: Any = [examples[number] for number in chunk]
                    started = time.monotonic()
                    # A list of layers gives LayerAttributions always, also where it holds one.
                    results: Any = integrated_gradients(
                        model, chosen, layer=numbers, show_progress=False, **options
                    )
                    answers: list[Any] = predict(model, chosen, show_progress=False, **answering)
                    kept = [index for index, number in enumerate(chunk) if number < embeddings]
                    for index in kept:
                        _keep_states(
                            model, writer.folder, chunk[index], chosen[index], results[index], windowing
                        )
                    part.add(chunk, chosen, results, answers, time.monotonic() - started)
                    bar.update(len(chunk))
            finally:
                # What is finished is kept, also when the run is interrupted.
                part.close()
        return writer.finish(write_predictions_files(writer.folder, examples, task))


class _Part:
    """The part in hand."""

    def __init__(self, writer: RunWriter) -> None:
        self.pace = Pace()
        self._writer = writer
        self._results: list[tuple[int, LayerAttributions]] = []
        self._predictions: dict[int, AnyPrediction] = {}
        self._gold: dict[int, list[str]] = {}

    def chunks(self, pending: Sequence[range]) -> Iterator[range]:
        """Yield what to take next, as much as fits the part; at a gap the part is closed."""
        for stretch in pending:
            rest = stretch
            while rest:
                room = self.pace.room()
                yield rest[:room]
                rest = rest[room:]
            self.close()

    def add(
        self,
        numbers: Sequence[int],
        examples: Sequence[Example],
        results: Sequence[LayerAttributions],
        predictions: Sequence[AnyPrediction],
        seconds: float,
    ) -> None:
        for number, example, layers, prediction in zip(numbers, examples, results, predictions, strict=True):
            self._results.append((number, layers))
            self._gold[number] = gold_of(example)
            self._predictions[number] = replace(prediction, id=prediction.id or f"#{number}")
        self.pace.add(len(numbers), seconds)
        if self.pace.full:
            self.close()

    def close(self) -> None:
        if self._results:
            self._writer.add(self._results, self._predictions, self._gold, self.pace.seconds)
            self._results, self._predictions, self._gold = [], {}, {}
            self.pace.reset()


def _keep_states(
    model: Model, folder: Path, number: int, example: Example, result: Any, windowing: dict[str, int]
) -> None:
    first = next(iter(result.values()))
    window = windows_of(model, example, **windowing)[first.window]
    states = model.hidden_states([window])[0]
    buffer = io.BytesIO()
    np.savez(buffer, hidden_states=np.asarray(states, dtype=np.float32), window=np.int32(first.window))
    write_atomic(embedding_path(folder, number), buffer.getvalue())
