"""What a family file provides."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from bertqa_fast.graphs.spec import EncoderSpec

Array = npt.NDArray[np.float32]


class Checkpoint(Protocol):
    """Named float32 tensors, read when asked for."""

    def __contains__(self, name: str) -> bool: ...
    def __getitem__(self, name: str) -> Array: ...


def any_tokenizer(config: Mapping[str, Any], tokenizer: Any) -> None:
    """Take every tokenizer: what most families do."""


@dataclass(frozen=True)
class Family:
    """One model family.

    Attributes
    ----------
    model_type : str
        ``config.model_type`` of its models.
    architectures : mapping
        ``config.architectures[0]`` to the task of that head.
    spec : callable
        Configuration (a dict) to :class:`EncoderSpec`; raises ``ValueError`` on options it does not cover.
    weights : callable
        (configuration, spec, task, checkpoint) to the canonical weights by name, one at a time so that memory
        stays low; :class:`bertqa_fast.families.layout.Layout` makes it of a table of names.
    check_tokenizer : callable
        (configuration, tokenizer of transformers); raises ``ValueError`` where the two do not go together.
    """

    model_type: str
    architectures: Mapping[str, str]
    spec: Callable[[Mapping[str, Any]], EncoderSpec]
    weights: Callable[[Mapping[str, Any], EncoderSpec, str, Checkpoint], Iterable[tuple[str, Array]]]
    check_tokenizer: Callable[[Mapping[str, Any], Any], None] = any_tokenizer


def both_heads(name: str) -> dict[str, str]:
    """Return the architectures of a reader and a classifier, by the name that transformers gives a family."""
    return {
        f"{name}ForQuestionAnswering": "question-answering",
        f"{name}ForSequenceClassification": "text-classification",
    }
