"""What a classifier is taught: the classes of texts, of which the best epoch is kept."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Iterator, Sequence
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.examples import TextExample
from bertqa_fast.data.text_windows import make_text_windows
from bertqa_fast.tasks.class_labels import Label, in_order, is_number, place_of
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.lesson import Lesson, require_positions
from bertqa_fast.tasks.predict import predict
from bertqa_fast.tasks.settings import Settings
from bertqa_fast.tasks.task import Task
from bertqa_fast.tasks.torch_classifier import TorchClassifier, load_classifier
from bertqa_fast.tasks.training_data import first_shuffled

_LOG = logging.getLogger(__name__)


@dataclass
class ClassLesson(Lesson):
    """Texts with the numbers of their classes ``[N]``; `held_out` is scored after every epoch."""

    classes: NDArray[np.int64]
    labels: Sequence[Label]
    held_out: Sequence[TextExample]
    rules: Task

    def loss(self, output: Any, numbers: NDArray[np.int64]) -> Any:
        """Return the mean of the cross entropies."""
        import torch
        from torch.nn.functional import cross_entropy

        logits = output.logits.float()
        return cross_entropy(logits, torch.from_numpy(self.classes[numbers]).to(logits.device))

    def digest(self) -> Iterator[bytes]:
        """Yield the classes, and the texts that decide which epoch is kept."""
        yield self.classes.tobytes()
        yield json.dumps([list(self.labels), [astuple(example) for example in self.held_out]]).encode()

    def score_epoch(self) -> dict[str, Any] | None:
        """Score the held out texts; None where there are none."""
        if not self.held_out:
            return None
        classifier = TorchClassifier(self.module, self.tokenizer, bf16=self.settings.bf16)
        predictions = predict(
            classifier, self.held_out, max_length=self.settings.max_length, show_progress=False
        )
        return evaluate(self.held_out, predictions, self.rules.name).to_dict()

    def quality(self, scores: dict[str, Any]) -> float:
        """Return macro-F1."""
        return float(scores["macro_f1"])

    def score_dev(self, folder: Path | None, *, show_progress: bool | None) -> dict[str, Any] | None:
        """Return None: development texts have had their part, after every epoch."""
        return None


def prepare_classes(
    source: Any,
    tokenizer: Any,
    train: Sequence[TextExample],
    dev: Sequence[TextExample] | None,
    settings: Settings,
    rules: Task,
    *,
    allow_bin: bool = False,
) -> ClassLesson:
    """Find the classes, hold texts out, load the classifier and cut the texts.

    Raises
    ------
    TypeError, ValueError
        Naming ``source``, ``tokenizer``, ``train``, ``dev``, ``max_length`` or an argument that only readers
        have.
    """
    if settings.doc_stride is not None or settings.passage_only:
        raise ValueError(
            "doc_stride and passage_only must be None for texts to classify, which have no passage"
        )
    if not train:
        raise ValueError("train must hold at least one example, got none")
    drawn = first_shuffled(train, settings.limit, settings.seed)
    for name, examples in (("train", drawn), ("dev", dev or ())):
        for example in examples:
            if not isinstance(example, TextExample):
                raise TypeError(f"{name} must hold TextExample, got {type(example).__name__}")
    learned = [example for example in drawn if example.label is not None]
    dropped = len(drawn) - len(learned)
    if dropped:
        _LOG.warning("dropped %d of %d training examples: no label", dropped, len(drawn))
    labels = rules.labels or in_order(_plain(example.label) for example in learned)
    if len(labels) < 2:
        raise ValueError(f"train must hold texts of two classes or more, got {list(labels)}")
    held_out: Sequence[TextExample]
    if dev is None:
        learned, held_out = _hold_out(learned, settings.validation or 0.0, settings.seed)
    elif not dev:
        raise ValueError("dev must hold at least one example, got none")
    else:
        held_out = dev
    classes = _numbers("train", learned, labels)
    _numbers("dev", held_out, labels)
    module, tokenizer = load_classifier(
        source, tokenizer, labels=labels, seed=settings.seed, allow_bin=allow_bin
    )
    require_positions(module, settings.max_length)
    windows = make_text_windows(tokenizer, learned, max_length=settings.max_length)
    make_text_windows(tokenizer, held_out, max_length=settings.max_length)  # what is wrong is said now
    # Several files may have the same ids, and nothing is looked up by them here.
    held_out = [replace(example, id=None) for example in held_out]
    return ClassLesson(
        module, tokenizer, settings, windows, len(learned), dropped, classes, labels, held_out, rules
    )


def _plain(label: Label | None) -> Label:
    """Return a label as an int where it is written as one."""
    return int(label) if label is not None and is_number(label) else str(label)


def _numbers(name: str, examples: Sequence[TextExample], labels: Sequence[Label]) -> NDArray[np.int64]:
    """Return the number of each example's class ``[N]``."""
    places = [None if e.label is None else place_of(e.label, labels) for e in examples]
    for number, (example, place) in enumerate(zip(examples, places, strict=True)):
        if place is None:
            wanted = ", ".join(map(str, labels))
            where = f"number {number}" if example.id is None else repr(example.id)
            raise ValueError(f"{name} must have labels among {wanted}, got {example.label!r} for {where}")
    return np.array(places, dtype=np.int64)


def _hold_out(
    examples: list[TextExample], share: float, seed: int
) -> tuple[list[TextExample], list[TextExample]]:
    """Split a share off, one example at least, drawn by a seed; both parts keep their order."""
    if not share:
        return examples, []
    count = max(1, round(share * len(examples)))
    if count >= len(examples):
        raise ValueError(
            f"train must hold examples beside those held out, got {len(examples)} and validation={share}"
        )
    chosen = set(random.Random(f"held out {seed}").sample(range(len(examples)), count))  # noqa: S311 - a draw
    return (
        [example for number, example in enumerate(examples) if number not in chosen],
        [examples[number] for number in sorted(chosen)],
    )
