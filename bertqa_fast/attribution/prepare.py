"""From examples to what the engine takes: windows, pinned spans, flat arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bertqa_fast.attribution.spans import Pinned, pin
from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import Window, make_windows

if TYPE_CHECKING:
    from bertqa_fast.model import Model


@dataclass(frozen=True)
class Prepared:
    """The pinned windows of every example, and the same windows in one list with their owners."""

    pinned: list[Pinned]
    windows: list[Window]
    owners: list[int]

    def span_arrays(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Flat starts, ends and signs, K spans for each window: the span, and its contrast with sign -1."""
        spans: list[tuple[int, int]] = []
        signs: list[float] = []
        for item in self.pinned:
            for at, span in enumerate(item.spans):
                spans.append(span)
                signs.append(1.0)
                if item.contrasts:
                    spans.append(item.contrasts[at])
                    signs.append(-1.0)
        array = np.array(spans, dtype=np.int64)
        starts, ends = (np.ascontiguousarray(array[:, side]) for side in (0, 1))
        return starts, ends, np.array(signs, dtype=np.float32)


def prepare(
    model: Model,
    examples: Sequence[QAExample],
    *,
    span: Any,
    contrast: Any,
    merge: bool,
    max_length: int,
    doc_stride: int,
    max_answer_length: int,
    show_progress: bool | None,
) -> Prepared:
    """Cut examples into windows, run them once, and pin every target; see :func:`.spans.pin`."""
    positions = model.max_positions
    if isinstance(max_length, int) and max_length > positions:
        raise ValueError(f"max_length: got {max_length}, wanted at most the model's {positions} positions")
    windows = make_windows(model.window_tokenizer, examples, max_length=max_length, doc_stride=doc_stride)
    logits = model.logits(windows, show_progress=show_progress)
    spans, contrasts = _for_each("span", span, examples), _for_each("contrast", contrast, examples)
    pinned: list[Pinned] = []
    first = 0
    for number, group in groupby(windows, key=lambda window: window.example):
        own = list(group)
        pinned.append(
            pin(
                examples[number],
                own,
                logits[first : first + len(own)],
                spans[number],
                contrasts[number],
                merge=merge,
                max_answer_length=max_answer_length,
            )
        )
        first += len(own)
    flat = [window for item in pinned for window in item.windows]
    owners = [number for number, item in enumerate(pinned) for _ in item.windows]
    return Prepared(pinned, flat, owners)


def _for_each(name: str, given: Any, examples: Sequence[QAExample]) -> list[Any]:
    """Give each example its span: a list holds one for each, anything else serves all."""
    pair = isinstance(given, list) and len(given) == 2 and all(hasattr(at, "__index__") for at in given)
    if pair or not isinstance(given, list):
        return [given] * len(examples)
    if len(given) != len(examples):
        raise ValueError(
            f"{name}: got a list of {len(given)}, wanted one for each of {len(examples)} examples"
        )
    return given
