"""From examples to what the engine takes: windows, and what is explained of each, in flat arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bertqa_fast.data.examples import QAExample, TextExample
from bertqa_fast.data.windows import Window

if TYPE_CHECKING:
    from bertqa_fast.model import Model

Example = QAExample | TextExample


@dataclass(frozen=True)
class Subject:
    """What is explained of one window: a span of its tokens, or a class."""

    span: tuple[int, int] | None = None
    label: str | int | None = None


@dataclass(frozen=True)
class Prepared:
    """Windows of examples, and the target of each.

    Attributes
    ----------
    windows : list of Window
        Those to explain, grouped by example.
    owners : list of int
        The example of each.
    subjects : list of Subject
        What is explained of each.
    best : list of int
        Of each example, which of its windows holds the best answer.
    targets : dict
        What the engine takes: ``span_start``, ``span_end`` int64 and ``span_sign`` float32, K for each
        window (the span or class, and its contrast with the sign -1; a class is given as start and end).
    """

    windows: list[Window]
    owners: list[int]
    subjects: list[Subject]
    best: list[int]
    targets: dict[str, npt.NDArray[Any]]


def prepare(
    model: Model,
    examples: Sequence[Example],
    *,
    span: Any = "predicted",
    label: Any = "predicted",
    contrast: Any = None,
    merge: bool = False,
    max_length: int,
    doc_stride: int,
    max_answer_length: int,
    show_progress: bool | None,
) -> Prepared:
    """Cut examples into windows, run them once where that is needed, and pin every target.

    See :func:`bertqa_fast.attribution.prepare_questions.prepare_questions` and
    :func:`bertqa_fast.attribution.prepare_texts.prepare_texts`.
    """
    from bertqa_fast.attribution.prepare_questions import prepare_questions
    from bertqa_fast.attribution.prepare_texts import prepare_texts

    positions = model.max_positions
    if isinstance(max_length, int) and max_length > positions:
        raise ValueError(f"max_length: got {max_length}, wanted at most the model's {positions} positions")
    if model.task == "text-classification":
        if not _is_predicted(span):
            raise ValueError(f"span: got {span!r}, but a classifier has no spans; wanted label=")
        texts = [example for example in examples if isinstance(example, TextExample)]
        return prepare_texts(
            model, texts, label=label, contrast=contrast, max_length=max_length, show_progress=show_progress
        )
    if not _is_predicted(label):
        raise ValueError(f"label: got {label!r}, but a reader has no labels; wanted span=")
    return prepare_questions(
        model,
        [example for example in examples if isinstance(example, QAExample)],
        span=span,
        contrast=contrast,
        merge=merge,
        max_length=max_length,
        doc_stride=doc_stride,
        max_answer_length=max_answer_length,
        show_progress=show_progress,
    )


def as_list(model: Model, examples: Example | Iterable[Example]) -> tuple[list[Example], bool]:
    """Return one example or several as a list, and whether it was one.

    Raises
    ------
    TypeError
        For anything else, or examples that the model's head does not read.
    """
    wanted = TextExample if model.task == "text-classification" else QAExample
    single = isinstance(examples, QAExample | TextExample)
    if not single and (isinstance(examples, str) or not isinstance(examples, Iterable)):
        raise TypeError(
            f"examples: got {type(examples).__name__}, wanted a {wanted.__name__} or a sequence of these"
        )
    many: list[Example] = [examples] if isinstance(examples, QAExample | TextExample) else list(examples)
    for example in many:
        if not isinstance(example, wanted):
            raise TypeError(
                f"examples: got a {type(example).__name__}, wanted {wanted.__name__} for a model with the "
                f"head {model.task!r}"
            )
    return many, single


def texts_of(example: Example) -> tuple[str, str]:
    """Return the two texts that a window's offsets point into; of one text the second is empty."""
    if isinstance(example, QAExample):
        return example.question, example.context
    return example.text, example.text_pair or ""


def target_arrays(pinned: Sequence[Sequence[tuple[int, int]]]) -> dict[str, npt.NDArray[Any]]:
    """Lay out pinned spans, K for each window: the span, and its contrast if there is one."""
    if len({len(window) for window in pinned}) > 1:
        raise ValueError("contrast: got some examples with and some without, wanted one for each or none")
    flat = np.array([pair for window in pinned for pair in window], dtype=np.int64).reshape(-1, 2)
    signs = [1.0 if k == 0 else -1.0 for window in pinned for k in range(len(window))]
    return {
        "span_start": np.ascontiguousarray(flat[:, 0]),
        "span_end": np.ascontiguousarray(flat[:, 1]),
        "span_sign": np.array(signs, dtype=np.float32),
    }


def for_each(name: str, given: Any, count: int, *, is_one: bool = False) -> list[Any]:
    """Give each example its own: a list holds one for each, anything else (``is_one``) serves all."""
    if is_one or not isinstance(given, list):
        return [given] * count
    if len(given) != count:
        raise ValueError(f"{name}: got a list of {len(given)}, wanted one for each of {count} examples")
    return given


def _is_predicted(given: Any) -> bool:
    return isinstance(given, str) and given == "predicted"
