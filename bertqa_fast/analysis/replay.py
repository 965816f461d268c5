"""A run's windows, rebuilt for the model to read again, whole or with some of their tokens erased."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.analysis.walk import walk
from bertqa_fast.attribution.baselines import placeholder
from bertqa_fast.attribution.presets import find_preset
from bertqa_fast.data.examples import Answer, QAExample
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.runs.scored import ScoredWindow
from bertqa_fast.tasks.answers import Logits, Prediction, rank_answers

if TYPE_CHECKING:
    from bertqa_fast.model import Model
    from bertqa_fast.runs.reader import Run

PARTS = ("context", "window")
_WINDOWING = ("max_length", "doc_stride")
_RANKING = ("max_answer_length",)


def rebuild(
    run: Run,
    model: Model,
    name: str,
    limit: int | None = None,
    show_progress: bool | None = None,
) -> Iterator[tuple[ScoredWindow, Window]]:
    """Yield the explained windows of a run as they were scored, and as the model reads them.

    Parameters
    ----------
    run : Run
        The run folder.
    model : Model
        The run's model.
    name : str
        The analysis, for the bar and for messages.
    limit : int or None
        Only the first examples.
    show_progress : bool or None
        A bar; None shows it on a terminal.

    Raises
    ------
    CannotAnalyzeError
        The run joined windows, which the model never read as one; or its texts are now cut into others.
    """
    if settings_of_run(run).get("windows") == "merge":
        raise CannotAnalyzeError(
            f"{name} lets the model read the explained windows again, and {run.folder} has them merged; "
            "attribute with --windows best"
        )
    options = chosen_settings(run, _WINDOWING)
    for scored in walk(run, name, limit, show_progress):
        windows = make_windows(model.window_tokenizer, [example_of(scored)], **options)
        if scored.window >= len(windows) or windows[scored.window].tokens != scored.tokens:
            raise CannotAnalyzeError(
                f"{name}: example {scored.key!r} is cut into other windows than {run.folder} has; give the "
                "run's own model (--model), or attribute again with this version"
            )
        yield scored, windows[scored.window]


def settings_of_run(run: Run) -> dict[str, Any]:
    """Return the settings that a run was made with."""
    settings: dict[str, Any] = run.about["identity"]["settings"]
    return settings


def chosen_settings(run: Run, names: Sequence[str]) -> dict[str, Any]:
    """Return those of a run's settings, to be handed on; what a run does not name is left to defaults."""
    return {name: value for name, value in settings_of_run(run).items() if name in names}


def example_of(scored: ScoredWindow, gold: Sequence[str] = ()) -> QAExample:
    """Return the question over its whole passage, under the example's key."""
    return QAExample(scored.question, scored.context, scored.key, tuple(map(Answer, gold)))


class Answering:
    """What the reader answers within the explained window, by the rules that the run was ranked with.

    Parameters
    ----------
    run : Run
        The run folder; its ``max_answer_length`` counts.
    """

    def __init__(self, run: Run) -> None:
        self._options = chosen_settings(run, _RANKING)

    def __call__(self, scored: ScoredWindow, window: Window, logits: Logits) -> Prediction:
        """Return the best answer of a window, given its logits."""
        return rank_answers(example_of(scored), [window], [logits], n_best=1, **self._options)


def erasable(window: Window, part: str) -> NDArray[np.intp]:
    """Return the positions of the tokens that may be erased, never special ones.

    Parameters
    ----------
    window : Window
        The window.
    part : {"context", "window"}
        Those of the context, or those of the question too.

    Raises
    ------
    ValueError
        ``part`` is neither.
    """
    if part not in PARTS:
        raise ValueError(f"part must be one of {', '.join(PARTS)}, got {part!r}")
    return np.flatnonzero(window.segment == 1 if part == "context" else window.segment >= 0)


def first_of(order: NDArray[np.intp], counts: Sequence[int], length: int) -> NDArray[np.bool_]:
    """Mark the first so many positions of an order: ``[len(counts), length]``.

    Parameters
    ----------
    order : array of positions
        The first to be erased first.
    counts : sequence of int
        How many, one for each row.
    length : int
        T.
    """
    rank = np.full(length, len(order))
    rank[order] = np.arange(len(order))
    marks: NDArray[np.bool_] = rank < np.minimum(np.asarray(counts)[:, None], len(order))
    return marks


def erased_states(
    states: NDArray[np.float32], baseline: NDArray[np.float32], marks: NDArray[np.bool_]
) -> list[NDArray[np.float32]]:
    """Set rows of hidden states ``[T, H]`` to the baseline's: marks ``[N, T]`` give N arrays ``[T, H]``."""
    return [np.where(mark[:, None], baseline, states) for mark in marks]


def erased_windows(window: Window, marks: NDArray[np.bool_], token: int) -> list[Window]:
    """Put a token in the place of others: marks ``[N, T]`` give N windows."""
    return [replace(window, input_ids=np.where(mark, token, window.input_ids)) for mark in marks]


def baseline_states(model: Model, window: Window, baseline: str) -> NDArray[np.float32]:
    """Return where the paths of a window begin, at every layer: ``[L + 1, T, H]``, layer l at place l + 1.

    Parameters
    ----------
    model : Model
        The model.
    window : Window
        The window.
    baseline : {"zero", "pad", "mask"}
        As :func:`bertqa_fast.integrated_gradients` has it.

    Raises
    ------
    ValueError
        The tokenizer has no such token.
    """
    if baseline == "zero":
        shape = (model.num_layers + 1, len(window.input_ids), model.hidden_size)
        return np.zeros(shape, dtype=np.float32)
    token = placeholder("baseline", baseline, model.window_tokenizer)
    [replaced] = erased_windows(window, window.segment[None] >= 0, token)
    return model.hidden_states([replaced], show_progress=False)[0]


def cut_of(run: Run, layer: int) -> int:
    """Return the layer at whose output the scores of ``layer`` are: by some presets the one below."""
    preset = find_preset(settings_of_run(run).get("preset"))
    return layer - 1 if preset is not None and preset.input_of_layer else layer


def pace(examples: int, seconds: float) -> str:
    """Say how fast an analysis was, for its notes."""
    return f"{examples} examples in {seconds:.1f} s: {examples / max(seconds, 1e-9):.3g} examples/s."
