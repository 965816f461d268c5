"""The settings of a fine-tuning, checked."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is made of, beside weights and data; see `bertqa_fast.tasks.finetune.finetune`."""

    task: str
    batch_size: int
    learning_rate: float
    epochs: int
    max_length: int
    doc_stride: int | None
    max_query_length: int | None
    warmup_ratio: float
    weight_decay: float
    betas: tuple[float, float]
    eps: float
    max_grad_norm: float
    seed: int
    device: str
    bf16: bool
    limit: int | None
    passage_only: bool
    freeze_embeddings: bool
    dropout: float | None = None
    validation: float | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.passage_only, bool):
            raise TypeError(f"passage_only must be a bool, got {type(self.passage_only).__name__}")
        for name in ("batch_size", "epochs", "limit", "seed"):
            value = getattr(self, name)
            if name == "limit" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, int):
                raise TypeError(f"{name} must be an int, got {type(value).__name__} {value!r}")
            least = 0 if name == "seed" else 1
            if value < least:
                raise ValueError(f"{name} must be {least} or more, got {value}")
        for name in ("learning_rate", "max_grad_norm", "eps"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name)}")
        if not self.weight_decay >= 0:
            raise ValueError(f"weight_decay must be 0 or more, got {self.weight_decay}")
        if not 0 <= self.warmup_ratio <= 1:
            raise ValueError(f"warmup_ratio must be between 0 and 1, got {self.warmup_ratio}")
        if self.validation is not None and not 0 <= self.validation < 1:
            raise ValueError(f"validation must be from 0 to below 1, or None, got {self.validation}")
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1, or None, got {self.dropout}")
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"betas must be two numbers from 0 to below 1, got {self.betas}")
