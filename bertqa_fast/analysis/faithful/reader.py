"""What a run explained, as a function of hidden states: its reader, target, baseline and quadrature again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.analysis.analysis import CannotAnalyzeError
from bertqa_fast.analysis.replay import baseline_states, cut_of, settings_of_run
from bertqa_fast.attribution.of_windows import Explaining
from bertqa_fast.attribution.presets import find_preset
from bertqa_fast.attribution.rules import METHODS
from bertqa_fast.attribution.targets import TARGETS, target_value
from bertqa_fast.data.windows import Window

if TYPE_CHECKING:
    from bertqa_fast.model import Model
    from bertqa_fast.runs.reader import Run

States = NDArray[np.float32]
Span = tuple[int, int]
Logits = tuple[NDArray[np.float32], NDArray[np.float32]]

_NAME = "faithfulness"
_TOGETHER = 64  # states held at once: as many as fill several batches


class SpanReader:
    """The run's target at the pinned span of a window, for any hidden states at a layer.

    Parameters
    ----------
    run : Run
        The run folder.
    model : Model
        The run's model.

    Attributes
    ----------
    model : Model
        The model.
    how : Explaining
        How the run explains.
    rows : int
        How many sequences have been run so far.

    Raises
    ------
    CannotAnalyzeError
        The run is of no reader, or of settings that cannot be had again: no integrated gradients, a target
        that moves along the path, a contrast, or a baseline of the caller's.
    """

    def __init__(self, run: Run, model: Model) -> None:
        self.model = model
        self.rows = 0
        settings = settings_of_run(run)
        if model.task != "question-answering":
            raise _cannot(run, f"are of the task {model.task!r}", "a reader's")
        if settings.get("method") not in METHODS or settings.get("target") not in TARGETS:
            raise _cannot(run, "are no integrated gradients of a span", "those of integrated_gradients")
        preset = find_preset(settings.get("preset"))
        if preset is not None and preset.reselect:
            raise _cannot(run, "follow an arg-max along the path", "a target that stays where it is")
        if settings.get("contrast") is not None:
            raise _cannot(run, "contrast two spans", "a run without a contrast")
        if settings.get("baseline") not in ("zero", "pad", "mask"):
            raise _cannot(run, "start from a baseline of the caller's", "zero, pad or mask")
        how = Explaining(
            **{name: settings[name] for name in ("target", "baseline", "method", "n_steps", "tol")}
        )
        if preset is not None:
            how = replace(how, method=preset.method, n_steps=preset.n_steps)
        self.how = how
        self._run = run

    def cut(self, layer: int) -> int:
        """Return the layer whose output was interpolated to explain ``layer``."""
        return cut_of(self._run, layer)

    def states(self, window: Window) -> States:
        """Return a window's hidden states, ``[L + 1, T, H]``: layer l at place l + 1."""
        self.rows += 1
        return self.model.hidden_states([window], show_progress=False)[0]

    def baselines(self, window: Window) -> States:
        """Return the baseline at every layer, ``[L + 1, T, H]``."""
        self.rows += self.how.baseline != "zero"
        return baseline_states(self.model, window, self.how.baseline)

    def at_states(self, layer: int, states: Iterable[States], span: Span) -> NDArray[np.float64]:
        """Return the target and log p of a span for hidden states at a layer: ``[N, 2]``.

        p is the product of the span's start and end probability. Few states are held at once.
        """
        found = []
        left = iter(states)
        while some := list(islice(left, _TOGETHER)):
            self.rows += len(some)
            found.append(self._values(self.model.logits_above(layer, some, show_progress=False), span))
        return np.concatenate(found)

    def at_windows(self, windows: Sequence[Window], span: Span) -> NDArray[np.float64]:
        """Return the same for windows of one length, from their ids."""
        self.rows += len(windows)
        return self._values(self.model.logits(windows, show_progress=False), span)

    def _values(self, logits: Sequence[Logits], span: Span) -> NDArray[np.float64]:
        start, end = (np.stack([pair[side] for pair in logits]) for side in (0, 1))
        names = (self.how.target, "log_probability")
        return np.stack([target_value(name, span, start, end) for name in names], axis=1)


def target_range(target: str) -> tuple[float | None, float | None]:
    """Return the least and the largest value that a target can have, None where there is none."""
    _, _, kind = target.rpartition("start_" if target.startswith("start_") else "end_")
    if kind == "probability":
        return 0.0, 2.0 if kind == target else 1.0
    if kind == "span_probability":
        return 0.0, 1.0
    return (None, 0.0) if kind == "log_probability" else (None, None)


def _cannot(run: Run, what: str, wanted: str) -> CannotAnalyzeError:
    return CannotAnalyzeError(f"{_NAME}: the scores of {run.folder} {what}; wanted {wanted}")
