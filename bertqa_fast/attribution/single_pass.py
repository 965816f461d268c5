"""Methods that one run of the whole model explains by: the run, and its results."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bertqa_fast.attribution.prepare import Example, Prepared, Subject, texts_of
from bertqa_fast.attribution.results import Attribution, LayerAttributions
from bertqa_fast.attribution.targets import target_mix
from bertqa_fast.engine_calls import advance, flatten
from bertqa_fast.progress import progress_bar

if TYPE_CHECKING:
    from bertqa_fast.model import Model


@dataclass(frozen=True)
class SinglePass:
    """What is run, and how its results are called.

    Attributes
    ----------
    graph : str
        The graph that runs.
    layers : list of int
        The layers that its scores are asked for.
    target : str
        The target, by name.
    method : str
        What results call it.
    preset : str or None
        The named settings, if any were used.
    chosen_there : bool
        The run itself chooses a classifier's predicted class.
    seed : float32 array of [3] or None
        What relevance begins with: seed . (logit, probability, 1); None for gradients.
    softmax_blocks : range
        The blocks whose softmax says what it added to relevance.
    width : int or None
        How many numbers the vectors have that are kept of each token; None: H.
    rescale : callable or None
        Norms ``[T]`` to what is called scores.
    """

    graph: str
    layers: list[int]
    target: str
    method: str
    preset: str | None = None
    chosen_there: bool = False
    seed: npt.NDArray[np.float32] | None = None
    softmax_blocks: range = range(0)
    width: int | None = None
    rescale: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]] | None = field(default=None)


def run_single_pass(
    model: Model,
    examples: Sequence[Example],
    prepared: Prepared,
    what: SinglePass,
    *,
    keep_values: bool,
    rows_per_batch: int | None,
    show_progress: bool | None,
) -> list[LayerAttributions]:
    """Run it over prepared windows, and return their attributions."""
    ids, types, offsets = flatten(prepared.windows)
    targets: dict[str, Any] = dict(prepared.targets)
    # What relevance began with, and what each softmax added to it.
    gap_names = [f"softmax_gap_{block}" for block in what.softmax_blocks]
    numbers = [] if what.seed is None else ["initial", *gap_names]
    with progress_bar(len(prepared.windows), "attributing", "window", show_progress) as bar:
        out = model.core.single_pass(
            what.graph,
            ids,
            types,
            offsets,
            layers=what.layers,
            **targets,
            target_mix=target_mix(what.target, model.task),
            reselect=what.chosen_there,
            seed=what.seed,
            numbers=numbers,
            rows_per_batch=rows_per_batch or 0,
            keep_values=keep_values,
            progress=advance(bar),
        )
    subjects = prepared.subjects
    if what.chosen_there:
        subjects = [Subject(label=model.labels[number]) for number in out["class_logits"].argmax(axis=1)]

    def attribution(number: int, at: int) -> Attribution:
        window, subject = prepared.windows[number], subjects[number]
        part = slice(offsets[number], offsets[number + 1])
        scores, signed = out["scores"][at, part].copy(), out["signed"][at, part].copy()
        example = examples[prepared.owners[number]]
        question, context = texts_of(example)
        delta, gaps = None, {}
        if what.seed is not None:
            delta = float(signed.sum(dtype=np.float64)) - float(out["numbers"][0, number])
            gaps = {
                f"softmax_{block}": float(out["numbers"][1 + at_block, number])
                for at_block, block in enumerate(what.softmax_blocks)
                if block > what.layers[at]
            }
        return Attribution(
            tokens=window.tokens,
            offsets=window.offsets,
            segment=window.segment,
            word_ids=window.word_ids,
            scores=scores if what.rescale is None else what.rescale(scores),
            signed=signed,
            values=out["values"][at, part, : what.width].copy() if keep_values else None,
            layer=what.layers[at],
            target=what.target,
            span=subject.span,
            label=subject.label,
            value=float(out["value"][number]),
            baseline_value=None,
            delta=delta,
            gaps=gaps,
            error=None,
            evaluations=1.0,
            converged=None,
            method=what.method,
            preset=what.preset,
            id=example.id,
            window=window.index,
            question=question,
            context=context,
        )

    return [
        LayerAttributions(attribution(number, at) for at in range(len(what.layers)))
        for number in range(len(prepared.windows))
    ]
