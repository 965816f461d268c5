"""Fine-tune a reader in PyTorch."""

from __future__ import annotations

import hashlib
import json
import logging
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from bertqa_fast.data.examples import QAExample
from bertqa_fast.data.windows import make_windows
from bertqa_fast.storage import folder_lock, replace_folder, write_atomic
from bertqa_fast.tasks.checkpoints import Checkpoints
from bertqa_fast.tasks.evaluate import evaluate
from bertqa_fast.tasks.predict import predict
from bertqa_fast.tasks.presets import find_preset
from bertqa_fast.tasks.registry import get_task
from bertqa_fast.tasks.task import Task
from bertqa_fast.tasks.torch_reader import TorchReader, choose_device, has_fast_bf16, load_reader, quiet
from bertqa_fast.tasks.training import Settings, train_reader
from bertqa_fast.tasks.training_data import LabelledWindows, first_shuffled, label_windows

_LOG = logging.getLogger(__name__)
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
        Training examples left out, because their answer is not where they say, or they have none.
    losses : list of float
        The loss of each step.
    seconds : float
        Time of the training loop, over all resumed parts.
    settings : dict
        All settings, those chosen for the machine included.
    dev : dict or None
        Scores on the development examples.
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

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain data, for JSON."""
        return asdict(self)


def finetune(
    source: Any,
    train: Sequence[QAExample],
    output_dir: str | Path,
    *,
    dev: Sequence[QAExample] | None = None,
    task: str = "squad",
    preset: str = "ramnath2020",
    tokenizer: Any = None,
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
    """Fine-tune a reader, by default as Ramnath et al. 2020 do.

    Parameters
    ----------
    source : str, Path or torch.nn.Module
        An encoder or a reader: a Hugging Face folder or hub id with safetensors, or a module from
        transformers, which is left as it is. A missing head is drawn from `seed`.
    train : sequence of QAExample
        Training examples; those whose answer is not where they say are left out and counted.
    output_dir : str or Path
        The folder to make. While training it is ``<output_dir>.partial``, with the checkpoints.
    dev : sequence of QAExample, optional
        Scored at the end, with the same windows.
    task : str
        The data set, whose rules are followed.
    preset : str
        Published settings: ``"ramnath2020"`` (batches of 6, 2 epochs, windows of 384 tokens),
        ``"cui2022-squad"`` (64, 3, 512) or ``"cui2022-cmrc"`` (64, 2, 512, `passage_only`); each with a
        learning rate of 3e-5 and a stride of 128. Whichever of these arguments is given goes before it.
    tokenizer : fast tokenizer, str or Path, optional
        Needed where `source` is a module.
    batch_size, learning_rate, epochs, warmup_ratio, weight_decay, betas, eps, max_grad_norm
        AdamW, without decay on biases and LayerNorms; the rate rises linearly over the first part
        `warmup_ratio` of the steps and falls linearly to 0; gradients are clipped to the norm
        `max_grad_norm`.
    max_length, doc_stride, max_query_length
        See `bertqa_fast.data.windows.make_windows`.
    passage_only : bool
        The softmax of the loss is over the first token and the passage. Such a reader is never told to keep
        its logits low in the question, where a probability over the window counts them: explain it with a
        target of logits.
    seed : int
        For the head, dropout, the order of the windows and the choice of `limit`.
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
    The loss is the mean of the cross entropies of start and end over all positions of the padded batch (but
    for `passage_only`); windows that do not show the answer are labelled with their first token. AdamW
    corrects its bias, unlike the reference's.
    """
    rules = get_task(task)
    if rules.head != "question-answering":
        raise ValueError(f"task must be one of question answering here, got {task!r}")
    chosen = choose_device(device)
    settings = Settings(
        **find_preset(preset).fill(
            batch_size=batch_size,
            learning_rate=learning_rate,
            epochs=epochs,
            max_length=max_length,
            doc_stride=doc_stride,
            passage_only=passage_only,
        ),
        task=task,
        max_query_length=max_query_length,
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
    )
    target = Path(output_dir)
    if target.exists() and not target.is_dir():
        raise ValueError(f"output_dir must be a folder, got the file {target}")
    module, tokenizer = load_reader(source, tokenizer, seed=seed)
    data = _read(module, tokenizer, train, settings, rules)
    cut = {key: getattr(settings, key) for key in ("max_length", "doc_stride", "max_query_length")}
    if dev is not None and not make_windows(tokenizer, dev, **cut):
        raise ValueError("dev must hold at least one example, got none")
    fingerprint = _fingerprint(module, data, settings)

    report = _finished(target, fingerprint) if resume else None
    if report is not None:
        module, tokenizer = load_reader(target, seed=seed)
        module.to(chosen)
    else:
        if target.exists() and any(target.iterdir()) and not overwrite:
            raise ValueError(f"output_dir must be absent or empty, got {target}; overwrite=True replaces it")
        partial = target.with_name(target.name + ".partial")
        losses, seconds = train_reader(
            module.to(chosen),
            tokenizer,
            data,
            settings,
            Checkpoints(partial, fingerprint),
            checkpoint_every=checkpoint_every,
            resume=resume,
            show_progress=show_progress,
        )
        counts = (len(losses), data.examples, len(data.windows), data.dropped)
        report = TrainingReport(str(target), *counts, losses, seconds, asdict(settings))
        _write(target, module, tokenizer, report, fingerprint)
        shutil.rmtree(partial, ignore_errors=True)
    if dev is not None:
        reader = TorchReader(module, tokenizer, bf16=settings.bf16)
        threshold = 0.0 if rules.unanswerable else None
        predictions = predict(
            reader, dev, **cut, null_score_diff_threshold=threshold, show_progress=show_progress
        )
        report = replace(report, dev=evaluate(dev, predictions, task).to_dict())
        _write_report(target, report, fingerprint)
    return report


def _read(
    module: Any, tokenizer: Any, train: Sequence[QAExample], settings: Settings, rules: Task
) -> LabelledWindows:
    """Cut and label the training examples, and say how many cannot be used."""
    if not train:
        raise ValueError("train must hold at least one example, got none")
    positions = getattr(module.config, "max_position_embeddings", None)
    if isinstance(positions, int) and settings.max_length > positions:
        raise ValueError(
            f"max_length must be at most the model's {positions} positions, got {settings.max_length}"
        )
    data = label_windows(
        tokenizer,
        first_shuffled(train, settings.limit, settings.seed),
        max_length=settings.max_length,
        doc_stride=settings.doc_stride,
        max_query_length=settings.max_query_length,
        unanswerable=rules.unanswerable,
        learn=rules.learn,
    )
    if data.dropped:
        total = data.examples + data.dropped
        _LOG.warning("dropped %d of %d training examples: no answer at its place", data.dropped, total)
    if not data.windows:
        raise ValueError(f"train must hold an answer that is in its passage, got {data.dropped} without one")
    return data


def _fingerprint(module: Any, data: LabelledWindows, settings: Settings) -> str:
    """Hash the weights to start from, the windows with their labels, and the settings."""
    digest = hashlib.sha256(json.dumps(asdict(settings), sort_keys=True).encode())
    for name, tensor in module.state_dict().items():
        digest.update(name.encode())
        digest.update(tensor.cpu().contiguous().numpy().data)
    for window in data.windows:
        digest.update(window.input_ids.data)
    digest.update(data.starts.tobytes() + data.ends.tobytes())
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


def _write(target: Path, module: Any, tokenizer: Any, report: TrainingReport, fingerprint: str) -> None:
    def fill(part: Path) -> None:
        with quiet():
            module.save_pretrained(part)
            tokenizer.save_pretrained(part)
        _write_report(part, report, fingerprint)

    with folder_lock(target):
        replace_folder(target, fill)


def _write_report(folder: Path, report: TrainingReport, fingerprint: str) -> None:
    write_atomic(folder / _REPORT, json.dumps({"fingerprint": fingerprint} | report.to_dict()))
