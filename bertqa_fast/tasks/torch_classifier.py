"""A classifier in PyTorch: load one with a fresh head, and classify with it while it is being trained."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.windows import Window
from bertqa_fast.tasks.class_labels import Label, labels_of, names_of
from bertqa_fast.tasks.torch_modules import HeadKind, load_module, outputs, positions_of


def load_classifier(
    source: Any, tokenizer: Any = None, *, labels: Sequence[Label], seed: int, allow_bin: bool = False
) -> tuple[Any, Any]:
    """Return a sequence-classification module in float32 and its tokenizer.

    Parameters
    ----------
    source, tokenizer, allow_bin
        See `bertqa_fast.tasks.torch_modules.load_module`. An encoder without the pooler that the head reads
        is given a fresh one, and a classifier of another number of classes a fresh last layer.
    labels : sequence of int or str
        The classes, written into the configuration; a classifier of as many others is taught these.
    seed : int
        For what is fresh; the global random state is left as it was.

    Raises
    ------
    TypeError, ValueError
        Naming ``source`` or ``tokenizer``, what came and what was wanted.
    """
    names = names_of(labels)
    head = HeadKind(
        auto="AutoModelForSequenceClassification",
        purpose="classify texts",
        fresh=lambda name: name.startswith(("classifier.", "pre_classifier.")) or "pooler." in name,
        is_whole=lambda module: (
            type(module).__name__.endswith("ForSequenceClassification")
            and module.config.num_labels == len(names)
        ),
        config={
            "id2label": dict(enumerate(names)),
            "label2id": {name: number for number, name in enumerate(names)},
            "problem_type": "single_label_classification",
        },
    )
    return load_module(source, tokenizer, head, seed=seed, allow_bin=allow_bin)


class TorchClassifier:
    """A module that classifies, with what `bertqa_fast.tasks.predict.predict` asks of a model.

    Parameters
    ----------
    module : torch.nn.Module
        A sequence-classification model from transformers.
    tokenizer : fast tokenizer
        Its tokenizer.
    bf16 : bool
        Multiply in bf16.
    batch_size : int
        Windows at once.
    """

    task = "text-classification"

    def __init__(self, module: Any, tokenizer: Any, *, bf16: bool = False, batch_size: int = 32) -> None:
        self.module = module
        self.tokenizer = tokenizer
        self.config = module.config
        self.max_positions = positions_of(module)
        self.labels = labels_of(module.config)
        self._bf16 = bf16
        self._batch_size = batch_size

    def class_logits(
        self, windows: Sequence[Window], *, show_progress: bool | None = None
    ) -> list[NDArray[np.float32]]:
        """Return float32 logits ``[C]`` of each window, in order."""
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
            for number, row in zip(numbers, output.logits.float().cpu().numpy(), strict=True):
                result[number] = row
        return result
