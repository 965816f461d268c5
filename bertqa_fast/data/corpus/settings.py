"""Settings with which a small encoder learns the built-in corpus in minutes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True)
class DemoSettings:
    """Keyword arguments for `bertqa_fast.tasks.finetune.finetune`, given as ``finetune(…, **DEMO_SETTINGS)``.

    Attributes
    ----------
    batch_size, learning_rate, epochs, warmup_ratio, max_length, doc_stride, freeze_embeddings, seed
        As there. Windows of 192 tokens hold nearly every passage whole.
    """

    batch_size: int = 8
    learning_rate: float = 3e-4
    epochs: int = 1
    warmup_ratio: float = 0.1
    max_length: int = 192
    doc_stride: int = 128
    freeze_embeddings: bool = True
    seed: int = 0

    def keys(self) -> Iterator[str]:
        """Yield the names of the settings, so that ``**`` unpacks them."""
        return (field.name for field in fields(self))

    def __getitem__(self, name: str) -> Any:
        if name not in self.keys():
            raise KeyError(name)
        return getattr(self, name)


DEMO_SETTINGS = DemoSettings()
