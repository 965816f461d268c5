"""A reader in PyTorch: load one with a fresh head, and answer with it while it is still being trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.windows import Window
from bertqa_fast.tasks.torch_modules import (
    HeadKind,
    choose_device,
    has_fast_bf16,
    load_module,
    outputs,
    positions_of,
    quiet,
)

__all__ = ["TorchReader", "choose_device", "has_fast_bf16", "load_reader", "quiet"]

_SPANS = HeadKind(
    auto="AutoModelForQuestionAnswering",
    purpose="answer questions",
    fresh=lambda name: name.startswith("qa_outputs."),
    is_whole=lambda module: hasattr(module, "qa_outputs"),
    config={"num_labels": 2},  # start and end; a classifier's configuration has its classes there
)


def load_reader(source: Any, tokenizer: Any = None, *, seed: int, allow_bin: bool = False) -> tuple[Any, Any]:
    """Return a question-answering module in float32 and its tokenizer.

    Parameters and errors are those of `bertqa_fast.tasks.torch_modules.load_module`.
    """
    return load_module(source, tokenizer, _SPANS, seed=seed, allow_bin=allow_bin)


class TorchReader:
    """A module that answers questions, with what `bertqa_fast.tasks.predict.predict` asks of a model.

    Parameters
    ----------
    module : torch.nn.Module
        A question-answering model from transformers.
    tokenizer : fast tokenizer
        Its tokenizer.
    bf16 : bool
        Multiply in bf16.
    batch_size : int
        Windows at once.
    """

    task = "question-answering"

    def __init__(self, module: Any, tokenizer: Any, *, bf16: bool = False, batch_size: int = 32) -> None:
        self.module = module
        self.tokenizer = tokenizer
        self.config = module.config
        self.max_positions = positions_of(module)
        self._bf16 = bf16
        self._batch_size = batch_size

    def logits(
        self, windows: Sequence[Window], *, show_progress: bool | None = None
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Return float32 start and end logits ``[T]`` of each window, in order, without padding."""
        result: list[Any] = [None] * len(windows)
        found = outputs(
            self.module,
            self.tokenizer,
            windows,
            bf16=self._bf16,
            batch_size=self._batch_size,
            show_progress=show_progress,
        )
        for numbers, output in found:
            start, end = output.start_logits.float().cpu().numpy(), output.end_logits.float().cpu().numpy()
            for row, number in enumerate(numbers):
                count = len(windows[number].tokens)
                result[number] = (start[row, :count], end[row, :count])
        return result
