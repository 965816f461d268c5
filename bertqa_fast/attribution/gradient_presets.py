"""What published codes compute by one gradient, by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import make_windows
from bertqa_fast.tasks.answers import rank_answers
from bertqa_fast.tasks.predict import by_example

if TYPE_CHECKING:
    from bertqa_fast.model import Model

Scores = npt.NDArray[np.float32]


@dataclass(frozen=True)
class GradientPreset:
    """Settings that a preset fixes; everything else stays at its default.

    Attributes
    ----------
    kinds : tuple of str
        The kinds of gradient that the code has.
    task : str
        The head that it explains.
    pin : callable
        (model, examples, max_length, doc_stride, max_answer_length) to the keywords ``span`` or ``label``.
    rescale : callable
        Norms ``[T]`` to its scores ``[T]``.
    """

    kinds: tuple[str, ...]
    task: str
    pin: Callable[..., dict[str, Any]]
    rescale: Callable[[Scores], Scores]


def _last_class(model: Model, *_: Any) -> dict[str, Any]:
    return {"label": model.labels[-1]}


def _behind_the_end(
    model: Model, examples: Sequence[QAExample], max_length: int, doc_stride: int, max_answer_length: int
) -> dict[str, Any]:
    """Return the arg-max start and one past the arg-max end of each example's best window."""
    windows = make_windows(model.window_tokenizer, examples, max_length=max_length, doc_stride=doc_stride)
    logits = model.logits(windows, show_progress=False)
    spans = []
    for number, own in by_example(windows):
        best = rank_answers(
            examples[number], windows[own], logits[own], n_best=1, max_answer_length=max_answer_length
        )
        at = next(n for n, window in enumerate(windows[own]) if window.index == best.window)
        start, end = (int(np.argmax(side)) for side in logits[own][at])
        if not start <= end + 1 < len(logits[own][at][0]):
            raise ValueError(
                f"preset: got 'dibia2020', whose code takes the position after the arg-max end; example "
                f"{examples[number].id!r} starts at {start} and ends at {end} of "
                f"{len(logits[own][at][0])} tokens, wanted start <= end + 1 within the window"
            )
        spans.append((start, end + 1))
    return {"span": spans}


def _squared(norms: Scores) -> Scores:
    return np.square(norms)


def _largest_is_one(norms: Scores) -> Scores:
    return norms / (norms.max() or np.float32(1.0))


PRESETS = {
    # Wu & Ong 2021, their published code: squared norms, and always the last class.
    "wu2021": GradientPreset(
        ("sensitivity", "input_x_gradient"), "text-classification", _last_class, _squared
    ),
    # Dibia 2020 (NeuralQA), its published code: the end is off by one.
    "dibia2020": GradientPreset(("one_hot",), "question-answering", _behind_the_end, _largest_is_one),
}


def find_gradient_preset(name: str | None, kind: str, **given: Any) -> GradientPreset | None:
    """Look a preset up.

    Parameters
    ----------
    kind : str
        The kind of gradient.
    given : keyword arguments
        What the caller gave of what a preset fixes: pairs of the value and its default.

    Raises
    ------
    ValueError
        For an unknown name, a kind that it does not have, or arguments that it fixes.
    """
    if name is None:
        return None
    if not isinstance(name, str) or name not in PRESETS:
        raise ValueError(f"preset: got {name!r}, wanted one of: {', '.join(PRESETS)}")
    preset = PRESETS[name]
    if kind not in preset.kinds:
        raise ValueError(f"preset: got {name!r}, wanted kind to be one of: {', '.join(preset.kinds)}")
    if changed := [key for key, (value, default) in given.items() if not _same(value, default)]:
        raise ValueError(f"preset: {name!r} fixes {', '.join(changed)}, wanted them left at their defaults")
    return preset


def _same(value: Any, default: str | None) -> bool:
    return value is None if default is None else isinstance(value, str) and value == default
