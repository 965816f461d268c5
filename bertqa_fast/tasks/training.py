"""The training loop: AdamW with a linear schedule, checkpoints, a clean stop."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from time import monotonic
from typing import Any

import numpy as np

from bertqa_fast.progress import progress_bar
from bertqa_fast.tasks.checkpoints import Checkpoints, Progress
from bertqa_fast.tasks.lesson import Lesson
from bertqa_fast.tasks.torch_modules import forward
from bertqa_fast.tasks.training_data import batch_order

_CHECKPOINT_SECONDS = 300.0
_REFRESH_SECONDS = 0.5


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


def train(
    lesson: Lesson,
    checkpoints: Checkpoints,
    *,
    checkpoint_every: int | None,
    resume: bool,
    show_progress: bool | None,
) -> Progress:
    """Train a lesson's module in place; leave it in evaluation mode, and the global random state as it was.

    Where the lesson scores epochs, the module has the weights of the best one in the end, of equal ones the
    first.

    Returns
    -------
    Progress
        Where the run stands at its end.

    Raises
    ------
    KeyboardInterrupt
        After the step in hand is done and a checkpoint is written.
    FloatingPointError
        The loss is no longer finite.
    """
    import torch

    module, settings = lesson.module, lesson.settings
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
    batches = list(batch_order(len(lesson.windows), settings.batch_size, settings.epochs, settings.seed))
    warmup = int(len(batches) * settings.warmup_ratio)
    epoch_steps = len(batches) // settings.epochs

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
                windows = [lesson.windows[number] for number in numbers]
                loss = lesson.loss(forward(module, lesson.tokenizer, windows, bf16=settings.bf16), numbers)
                optimizer.zero_grad(set_to_none=True)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(trainable, settings.max_grad_norm)
                optimizer.step()
                log.add(loss.detach())
                bar.update()
                log.show(bar)
                scored = log.steps % epoch_steps == 0 and _score(lesson, log, checkpoints)
                keep = scored and checkpoint_every != 0 and log.steps < len(batches)
                if keep or stop.is_set() or log.checkpoint_due(checkpoint_every):
                    checkpoints.save(log.progress(), module, optimizer)
                    log.saved = monotonic()
                if stop.is_set():
                    raise KeyboardInterrupt
    end = log.progress()
    if end.best not in (None, len(end.epochs)):
        checkpoints.load_best(end.best, module)
    module.eval()
    return end


def _score(lesson: Lesson, log: _Log, checkpoints: Checkpoints) -> bool:
    """Score the epoch that has just ended, and keep the weights of the best so far; False where none are."""
    log.look()  # weights of a loss that is no number are not worth a score
    scores = lesson.score_epoch()
    if scores is None:
        return False
    log.epochs.append(scores)
    if log.best is None or lesson.quality(scores) > lesson.quality(log.epochs[log.best - 1]):
        log.best = len(log.epochs)
        checkpoints.save_best(log.best, lesson.module)
    return True


@dataclass
class _Log:
    """Losses and times of a run; losses stay on their device until someone looks at them."""

    losses: list[float]
    earlier_seconds: float
    epochs: list[dict[str, Any]] = field(default_factory=list)
    best: int | None = None
    began: float = field(default_factory=monotonic)
    saved: float = field(default_factory=monotonic)
    shown: float = field(default_factory=monotonic)
    pending: list[Any] = field(default_factory=list)

    @classmethod
    def after(cls, progress: Progress | None) -> _Log:
        if progress is None:
            return cls([], 0.0)
        return cls(list(progress.losses), progress.seconds, list(progress.epochs), progress.best)

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
        seconds = self.earlier_seconds + monotonic() - self.began
        return Progress(len(self.losses), list(self.losses), seconds, list(self.epochs), self.best)


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
