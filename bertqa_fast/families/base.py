"""What a family file provides."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
        (spec, task, checkpoint) to the canonical weights by name, one at a time so that memory stays low.
    """

    model_type: str
    architectures: Mapping[str, str]
    spec: Callable[[Mapping[str, Any]], EncoderSpec]
    weights: Callable[[EncoderSpec, str, Checkpoint], Any]
