"""Fine-tune a reader or a classifier in PyTorch."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bertqa_fast.data.examples import QAExample, TextExample
from bertqa_fast.storage import folder_lock, replace_folder, write_atomic
from bertqa_fast.tasks.checkpoints import Checkpoints
from bertqa_fast.tasks.class_lesson import prepare_classes
from bertqa_fast.tasks.lesson import Lesson
from bertqa_fast.tasks.presets import find_preset
from bertqa_fast.tasks.registry import get_task
from bertqa_fast.tasks.settings import Settings
from bertqa_fast.tasks.span_lesson import prepare_spans
from bertqa_fast.tasks.torch_modules import choose_device, has_fast_bf16, quiet
from bertqa_fast.tasks.training import train as train_module

_PREPARE: dict[str, Callable[..., Lesson]] = {
    "question-answering": prepare_spans,
    "text-classification": prepare_classes,
}
_VALIDATION = 0.1
_REPORT = "training.json"


@dataclass(frozen=True, slots=True)
class TrainingReport:
    """What a fine-tuning did.

    Attributes
    ----------
    output_dir : str
        The Hugging Face folder of the fine-tuned model.
    steps, examples, windows : int
        Optimizer steps, and what they read.
    dropped : int
        Training examples left out, because their answer is not where they say, or they have none; of texts,
        because they have no label.
    losses : list of float
        The loss of each step.
    seconds : float
        Time of the training loop, over all resumed parts; the scoring of epochs included.
    settings : dict
        All settings, those chosen for the machine included.
    dev : dict or None
        Scores on the development examples; of a classifier, those of the best epoch, also on texts held out.
    epochs : list of dict, or None
        Of a classifier, the scores after each epoch.
    best_epoch : int or None
        Of a classifier, which of them was kept, from 1.
    """

    output_dir: str
    steps: int
    examples: int
    windows: int
    dropped: int
    losses: list[float] = field(repr=False)
    seconds: float
    settings: dict[str, Any]
    dev: dict[str, Any] | None = None
    epochs: list[dict[str, Any]] | None = None
    best_epoch: int | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for JSON."""
        return asdict(self)


def finetune(
    source: Any,
    train: Sequence[QAExample] | Sequence[TextExample],
    output_dir: str | Path,
    *,
    dev: Sequence[QAExample] | Sequence[TextExample] | None = None,
    validation: float | None = None,
    task: str = "squad",
    preset: str | None = None,
    tokenizer: Any = None,
    allow_bin: bool = False,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    epochs: int | None = None,
    max_length: int | None = None,
    doc_stride: int | None = None,
    passage_only: bool | None = None,
    max_query_length: int | None = 64,
    warmup_ratio: float = 0.1,
    weight_decay: float = 0.01,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-6,
    max_grad_norm: float = 1.0,
    seed: int = 12345,
    device: str | None = None,
    bf16: bool | None = None,
    limit: int | None = None,
    checkpoint_every: int | None = None,
    resume: bool = True,
    overwrite: bool = False,
    freeze_embeddings: bool = False,
    dropout: float | None = None,
    show_progress: bool | None = None,
) -> TrainingReport:
    """Fine-tune a reader, by default as Ramnath et al. 2020 do, or a classifier, as Wu and Ong 2021 do.

    Parameters
    ----------
    source : str, Path or torch.nn.Module
        An encoder, a reader or a classifier: a Hugging Face folder or hub id, or a module from transformers,
        which is left as it is. A missing head is drawn from `seed`, the pooler of a
        classifier included.
    train : sequence of QAExample, or of TextExample
        Training examples; those whose answer is not where they say, or that have no label, are left out and
        counted. The classes are the task's, or else those that occur here, in order; they are written into
        the configuration (``id2label``).
    output_dir : str or Path
        The folder to make. While training it is ``<output_dir>.partial``, with the checkpoints.
    dev : sequence of QAExample, or of TextExample, optional
        Questions are scored at the end, with the same windows. Texts are scored after every epoch, and the
        epoch of the best macro-F1 is kept, of equal ones the first: never give those of a test split.
    validation : float, optional
        Of texts, where there is no `dev`: the share of the training examples that is held out, by a draw with
        `seed`, in its place. 0.1 where None; 0 holds nothing out and keeps the last epoch.
    task : str
        The data set, whose rules are followed.
    preset : str, optional
        Published settings: ``"ramnath2020"`` (batches of 6, 2 epochs, windows of 384 tokens), the default of
        readers, ``"cui2022-squad"`` (64, 3, 512) or ``"cui2022-cmrc"`` (64, 2, 512, `passage_only`); each
        with a learning rate of 3e-5 and a stride of 128. Of classifiers ``"wu2021"`` (8, 3, 512, a rate of
        2e-5). Whichever of these arguments is given goes before it.
    tokenizer : fast tokenizer, str or Path, optional
        Needed where `source` is a module.
    allow_bin : bool
        Read ``pytorch_model.bin`` where there are no safetensors: weights only, a file that holds anything
        else is refused, and nothing of it is run.
    batch_size, learning_rate, epochs, warmup_ratio, weight_decay, betas, eps, max_grad_norm
        AdamW, without decay on biases and LayerNorms; the rate rises linearly over the first part
        `warmup_ratio` of the steps and falls linearly to 0; gradients are clipped to the norm
        `max_grad_norm`.
    max_length, doc_stride, max_query_length
        See `bertqa_fast.data.windows.make_windows`; of texts the first `max_length` tokens are read.
    passage_only : bool
        The softmax of the loss is over the first token and the passage. Such a reader is never told to keep
        its logits low in the question, where a probability over the window counts them: explain it with a
        target of logits.
    seed : int
        For the head, dropout, the order of the windows, the choice of `limit` and what is held out.
    device : str, optional
        ``"cpu"`` or ``"cuda"``; CUDA where there is one.
    bf16 : bool, optional
        Autocast to bf16; where the hardware is fast at it.
    limit : int, optional
        Train on the first so many examples of a shuffle with `seed`.
    checkpoint_every : int, optional
        Steps between checkpoints, 0 for none; every five minutes where None, and when interrupted.
    resume : bool
        Go on from the last checkpoint of the same run, exactly as if it had not stopped (on a CPU to the
        bit), or return the report of the same run where it is finished. False starts anew.
    overwrite : bool
        Replace an `output_dir` that holds something else, once the new one is whole.
    freeze_embeddings : bool
        Leave the embeddings as they are.
    dropout : float, optional
        In place of the model's own dropout everywhere; drawing its masks is close to half of a step on a CPU.
    show_progress : bool, optional
        A progress bar with loss and time left; on a terminal where None.

    Returns
    -------
    TrainingReport
        Also written to ``<output_dir>/training.json``.

    Raises
    ------
    TypeError, ValueError
        Naming the argument, what came and what was wanted.
    DeviceUnavailableError
        `device` is not there.
    FloatingPointError
        The loss is no longer finite.
    KeyboardInterrupt
        After a checkpoint of the last whole step has been written.

    Notes
    -----
    The loss of a reader is the mean of the cross entropies of start and end over all positions of the padded
    batch (but for `passage_only`); windows that do not show the answer are labelled with their first token.
    That of a classifier is the cross entropy of the classes. AdamW corrects its bias, unlike the references'.
    """
    rules = get_task(task)
    classifies = rules.head == "text-classification"
    if dev is not None and validation is not None:
        raise ValueError(f"validation must be None where dev is given, got {validation}")
    if classifies and dev is None and validation is None:
        validation = _VALIDATION
    chosen = choose_device(device)
    settings = Settings(
        **find_preset(preset, rules.head).fill(
            batch_size=batch_size,
            learning_rate=learning_rate,
            epochs=epochs,
            max_length=max_length,
            doc_stride=doc_stride,
            passage_only=passage_only,
        ),
        task=task,
        max_query_length=None if classifies else max_query_length,
        warmup_ratio=warmup_ratio,
        weight_decay=weight_decay,
        betas=betas,
        eps=eps,
        max_grad_norm=max_grad_norm,
        seed=seed,
        device=str(chosen),
        bf16=has_fast_bf16(chosen) if bf16 is None else bf16,
        limit=limit,
        freeze_embeddings=freeze_embeddings,
        dropout=dropout,
        validation=validation,
    )
    target = Path(output_dir)
    if target.exists() and not target.is_dir():
        raise ValueError(f"output_dir must be a folder, got the file {target}")
    lesson = _PREPARE[rules.head](source, tokenizer, train, dev, settings, rules, allow_bin=allow_bin)
    fingerprint = _fingerprint(lesson)

    report = _finished(target, fingerprint) if resume else None
    finished = report is not None
    if report is None:
        if target.exists() and any(target.iterdir()) and not overwrite:
            raise ValueError(f"output_dir must be absent or empty, got {target}; overwrite=True replaces it")
        partial = target.with_name(target.name + ".partial")
        lesson.module.to(chosen)
        end = train_module(
            lesson,
            Checkpoints(partial, fingerprint),
            checkpoint_every=checkpoint_every,
            resume=resume,
            show_progress=show_progress,
        )
        counts = (end.step, lesson.examples, len(lesson.windows), lesson.dropped)
        report = TrainingReport(str(target), *counts, end.losses, end.seconds, asdict(settings))
        if end.best is not None:
            best = end.epochs[end.best - 1]
            report = replace(report, dev=best, epochs=end.epochs, best_epoch=end.best)
        _write(target, lesson, report, fingerprint)
        shutil.rmtree(partial, ignore_errors=True)
    scores = lesson.score_dev(target if finished else None, show_progress=show_progress)
    if scores is not None:
        report = replace(report, dev=scores)
        _write_report(target, report, fingerprint)
    return report


def _fingerprint(lesson: Lesson) -> str:
    """Hash the weights to start from, the windows with their labels, and the settings."""
    digest = hashlib.sha256(json.dumps(asdict(lesson.settings), sort_keys=True).encode())
    for name, tensor in lesson.module.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().data)
    for window in lesson.windows:
        digest.update(window.input_ids.data)
    for part in lesson.digest():
        digest.update(part)
    return digest.hexdigest()


def _finished(target: Path, fingerprint: str) -> TrainingReport | None:
    """Return the report of the same run where it is finished."""
    try:
        found = json.loads((target / _REPORT).read_text())
    except (OSError, ValueError):
        return None
    if not isinstance(found, dict) or found.pop("fingerprint", None) != fingerprint:
        return None
    return TrainingReport(**found | {"output_dir": str(target)})


def _write(target: Path, lesson: Lesson, report: TrainingReport, fingerprint: str) -> None:
    def fill(part: Path) -> None:
        with quiet():
            lesson.module.save_pretrained(part)
            lesson.tokenizer.save_pretrained(part)
        _write_report(part, report, fingerprint)

    with folder_lock(target):
        replace_folder(target, fill)


def _write_report(folder: Path, report: TrainingReport, fingerprint: str) -> None:
    write_atomic(folder / _REPORT, json.dumps({"fingerprint": fingerprint} | report.to_dict()))
