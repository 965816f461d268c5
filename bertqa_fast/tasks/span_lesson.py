"""What a reader is taught: to point at answers."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import Window, make_windows
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.lesson import Lesson, require_positions
from bertqa_fast.tasks.predict import predict
from bertqa_fast.tasks.settings import Settings
from bertqa_fast.tasks.task import Task
from bertqa_fast.tasks.torch_reader import TorchReader, load_reader
from bertqa_fast.tasks.training_data import LabelledWindows, first_shuffled, label_places, label_windows

_LOG = logging.getLogger(__name__)


@dataclass
class SpanLesson(Lesson):
    """Answers in their windows; `dev` is scored at the end."""

    data: LabelledWindows
    rules: Task
    dev: Sequence[QAExample] | None

    def loss(self, output: Any, numbers: NDArray[np.int64]) -> Any:
        """Return the mean of the cross entropies of start and end."""
        import torch

        logits = output.start_logits.float(), output.end_logits.float()
        if self.settings.passage_only:
            logits = over_passage(logits, [self.windows[number] for number in numbers])
        device = logits[0].device
        starts, ends = (torch.from_numpy(x[numbers]).to(device) for x in (self.data.starts, self.data.ends))
        return span_loss(logits, starts, ends)

    def digest(self) -> Iterator[bytes]:
        """Yield the labels."""
        yield self.data.starts.tobytes()
        yield self.data.ends.tobytes()

    def score_dev(self, folder: Path | None, *, show_progress: bool | None) -> dict[str, Any] | None:
        """Score the answers to the development questions."""
        if self.dev is None:
            return None
        module, tokenizer = self.module, self.tokenizer
        if folder is not None:
            module, tokenizer = load_reader(folder, seed=self.settings.seed)
            module.to(self.settings.device)
        predictions = predict(
            TorchReader(module, tokenizer, bf16=self.settings.bf16),
            self.dev,
            **_cut(self.settings),
            null_score_diff_threshold=0.0 if self.rules.unanswerable else None,
            show_progress=show_progress,
        )
        return evaluate(self.dev, predictions, self.rules.name).to_dict()


def prepare_spans(
    source: Any,
    tokenizer: Any,
    train: Sequence[QAExample],
    dev: Sequence[QAExample] | None,
    settings: Settings,
    rules: Task,
    *,
    allow_bin: bool = False,
) -> SpanLesson:
    """Load the reader, cut and label the training examples, and say how many cannot be used.

    Raises
    ------
    TypeError, ValueError
        Naming ``source``, ``tokenizer``, ``train``, ``dev``, ``max_length`` or ``validation``.
    """
    if settings.validation is not None:
        raise ValueError(
            f"validation must be None for questions, got {settings.validation}: the last epoch is kept"
        )
    module, tokenizer = load_reader(source, tokenizer, seed=settings.seed, allow_bin=allow_bin)
    if not train:
        raise ValueError("train must hold at least one example, got none")
    require_positions(module, settings.max_length)
    data = label_windows(
        tokenizer,
        first_shuffled(train, settings.limit, settings.seed),
        **_cut(settings),
        unanswerable=rules.unanswerable,
        learn=rules.learn,
    )
    if data.dropped:
        total = data.examples + data.dropped
        _LOG.warning("dropped %d of %d training examples: no answer at its place", data.dropped, total)
    if not data.windows:
        raise ValueError(f"train must hold an answer that is in its passage, got {data.dropped} without one")
    if dev is not None and not make_windows(tokenizer, dev, **_cut(settings)):
        raise ValueError("dev must hold at least one example, got none")
    return SpanLesson(
        module, tokenizer, settings, data.windows, data.examples, data.dropped, data, rules, dev
    )


def _cut(settings: Settings) -> dict[str, Any]:
    return {key: getattr(settings, key) for key in ("max_length", "doc_stride", "max_query_length")}


def span_loss(logits: tuple[Any, Any], starts: Any, ends: Any) -> Any:
    """Return the mean of the cross entropies of start and end; logits ``[B, T]``, labels ``[B]``."""
    from torch.nn.functional import cross_entropy

    return (cross_entropy(logits[0], starts) + cross_entropy(logits[1], ends)) / 2


def over_passage(logits: tuple[Any, Any], windows: Sequence[Window]) -> tuple[Any, Any]:
    """Return the logits with the lowest float wherever no label can stand; logits ``[B, T]``."""
    import torch

    start, end = logits
    elsewhere = torch.from_numpy(~label_places(windows)).to(start.device)
    lowest = torch.finfo(start.dtype).min
    return start.masked_fill(elsewhere, lowest), end.masked_fill(elsewhere, lowest)
