"""What fine-tuning needs to know of a head: what it reads, its loss, and how it is scored."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.windows import Window
from bertqa_fast.tasks.settings import Settings
from bertqa_fast.tasks.torch_modules import positions_of


@dataclass
class Lesson(ABC):
    """A module and what it is taught.

    Attributes
    ----------
    module : torch.nn.Module
        A model from transformers in float32, which training changes.
    tokenizer : fast tokenizer
        Its tokenizer.
    settings : Settings
        How it is taught.
    windows : list of Window
        What it is taught on.
    examples, dropped : int
        Training examples that the windows are of, and those left out.
    """

    module: Any
    tokenizer: Any
    settings: Settings
    windows: Sequence[Window]
    examples: int
    dropped: int

    @abstractmethod
    def loss(self, output: Any, numbers: NDArray[np.int64]) -> Any:
        """Return the loss of a batch: what the module gives for the windows of these numbers."""

    @abstractmethod
    def digest(self) -> Iterator[bytes]:
        """Yield what makes another run of this one, beside settings, weights and the windows' ids."""

    @abstractmethod
    def score_dev(self, folder: Path | None, *, show_progress: bool | None) -> dict[str, Any] | None:
        """Score the trained module on development examples that had no part in training; None without any.

        Parameters
        ----------
        folder : Path or None
            Where a run that was finished before left its module; None where `module` has just been trained.
        show_progress : bool or None
            A progress bar.
        """

    def score_epoch(self) -> dict[str, Any] | None:
        """Score the module as it is; None where the last epoch is to be kept, whatever it is worth."""
        return None

    def quality(self, scores: dict[str, Any]) -> float:
        """Return what the best epoch has most of."""
        raise NotImplementedError(f"{type(self).__name__} scores no epochs, got {scores}")


def require_positions(module: Any, max_length: int) -> None:
    """Refuse windows that are longer than the module's positions.

    Raises
    ------
    ValueError
        They are.
    """
    positions = positions_of(module)
    if positions is not None and max_length > positions:
        raise ValueError(f"max_length must be at most the model's {positions} positions, got {max_length}")
