"""The training loop of a reader: AdamW with a linear schedule, checkpoints, a clean stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic
from typing import Any

import numpy as np

from bertqa_fast.data.windows import Window
from bertqa_fast.progress import progress_bar
from bertqa_fast.tasks.checkpoints import Checkpoints, Progress
from bertqa_fast.tasks.torch_reader import forward
from bertqa_fast.tasks.training_data import LabelledWindows, batch_order, label_places

_CHECKPOINT_SECONDS = 300.0
_REFRESH_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Settings:
    """What a run is made of, beside weights and data; see `bertqa_fast.tasks.finetune.finetune`."""

    task: str
    batch_size: int
    learning_rate: float
    epochs: int
    max_length: int
    doc_stride: int
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
        if self.dropout is not None and not 0 <= self.dropout < 1:
            raise ValueError(f"dropout must be from 0 to below 1, or None, got {self.dropout}")
        if len(self.betas) != 2 or not all(0 <= beta < 1 for beta in self.betas):
            raise ValueError(f"betas must be two numbers from 0 to below 1, got {self.betas}")


def linear_schedule(step: int, total: int, warmup: int) -> float:
    """Return the share of the learning rate at a step, from 0: up to 1 over `warmup` steps, then to 0."""
    if step < warmup:
        return step / warmup
    return max(0.0, (total - step) / max(1, total - warmup))


def parameter_groups(module: Any, weight_decay: float) -> list[dict[str, Any]]:
    """Split the trainable parameters: biases and the weights of LayerNorms do not decay."""
    import torch

    norms = {
        id(parameter)
        for part in module.modules()
        if isinstance(part, torch.nn.LayerNorm)
        for parameter in part.parameters()
    }
    decayed: list[Any] = []
    plain: list[Any] = []
    for name, parameter in module.named_parameters():
        if parameter.requires_grad:
            (plain if name.endswith("bias") or id(parameter) in norms else decayed).append(parameter)
    return [{"params": decayed, "weight_decay": weight_decay}, {"params": plain, "weight_decay": 0.0}]


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


def train_reader(
    module: Any,
    tokenizer: Any,
    data: LabelledWindows,
    settings: Settings,
    checkpoints: Checkpoints,
    *,
    checkpoint_every: int | None,
    resume: bool,
    show_progress: bool | None,
) -> tuple[list[float], float]:
    """Train a module in place; leave it in evaluation mode, and the global random state as it was.

    Returns
    -------
    tuple of (list of float, float)
        The loss of every step, and the seconds that all of them took.

    Raises
    ------
    KeyboardInterrupt
        After the step in hand is done and a checkpoint is written.
    FloatingPointError
        The loss is no longer finite.
    """
    import torch

    device = next(module.parameters()).device
    if settings.freeze_embeddings:
        module.base_model.embeddings.requires_grad_(False)
    if settings.dropout is not None:
        for part in module.modules():
            if isinstance(part, torch.nn.Dropout):
                part.p = settings.dropout
    trainable = [parameter for parameter in module.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(
        parameter_groups(module, settings.weight_decay),
        lr=settings.learning_rate,
        betas=settings.betas,
        eps=settings.eps,
        fused=True,
    )
    batches = list(batch_order(len(data.windows), settings.batch_size, settings.epochs, settings.seed))
    warmup = int(len(batches) * settings.warmup_ratio)
    starts, ends = torch.from_numpy(data.starts).to(device), torch.from_numpy(data.ends).to(device)

    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []), _stop_flag() as stop:
        torch.manual_seed(settings.seed)
        if not resume:
            checkpoints.clear()
        log = _Log.after(checkpoints.load(module, optimizer))
        module.train()
        with progress_bar(len(batches), "fine-tuning", "step", show_progress, initial=log.steps) as bar:
            for numbers in islice(batches, log.steps, None):
                share = linear_schedule(log.steps, len(batches), warmup)
                for group in optimizer.param_groups:
                    group["lr"] = settings.learning_rate * share
                windows = [data.windows[number] for number in numbers]
                logits = forward(module, tokenizer, windows, bf16=settings.bf16)
                if settings.passage_only:
                    logits = over_passage(logits, windows)
                loss = span_loss(logits, starts[numbers], ends[numbers])
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(trainable, settings.max_grad_norm)
                optimizer.step()
                log.add(loss.detach())
                bar.update()
                log.show(bar)
                if stop.is_set() or log.checkpoint_due(checkpoint_every):
                    checkpoints.save(log.progress(), module, optimizer)
                    log.saved = monotonic()
                if stop.is_set():
                    raise KeyboardInterrupt
    module.eval()
    end = log.progress()
    return end.losses, end.seconds


@dataclass
class _Log:
    """Losses and times of a run; losses stay on their device until someone looks at them."""

    losses: list[float]
    earlier_seconds: float
    began: float = field(default_factory=monotonic)
    saved: float = field(default_factory=monotonic)
    shown: float = field(default_factory=monotonic)
    pending: list[Any] = field(default_factory=list)

    @classmethod
    def after(cls, progress: Progress | None) -> _Log:
        return cls([], 0.0) if progress is None else cls(list(progress.losses), progress.seconds)

    @property
    def steps(self) -> int:
        return len(self.losses) + len(self.pending)

    def add(self, loss: Any) -> None:
        self.pending.append(loss)

    def show(self, bar: Any) -> None:
        if monotonic() - self.shown > _REFRESH_SECONDS:
            self.shown = monotonic()
            self.look()
            bar.set_postfix(loss=f"{np.mean(self.losses[-50:]):.3f}", refresh=False)

    def checkpoint_due(self, every: int | None) -> bool:
        if every is not None:
            return every > 0 and self.steps % every == 0
        return monotonic() - self.saved > _CHECKPOINT_SECONDS

    def look(self) -> None:
        for loss in self.pending:
            self.losses.append(float(loss))
            if not np.isfinite(self.losses[-1]):
                raise FloatingPointError(
                    f"the loss of step {len(self.losses)} is {self.losses[-1]}; try a smaller learning_rate"
                )
        self.pending.clear()

    def progress(self) -> Progress:
        self.look()
        return Progress(len(self.losses), list(self.losses), self.earlier_seconds + monotonic() - self.began)


@contextmanager
def _stop_flag() -> Iterator[threading.Event]:
    """Turn the first Ctrl-C into a flag, so that no step is left half done; the second one acts as ever."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = signal.getsignal(signal.SIGINT)

    def handle(number: int, frame: Any) -> None:
        stop.set()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, handle)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
