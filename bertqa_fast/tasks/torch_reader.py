"""A reader in PyTorch: load one with a fresh head, and answer with it while it is still being trained."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bertqa_fast.data.windows import Window
from bertqa_fast.errors import DeviceUnavailableError
from bertqa_fast.progress import progress_bar
from bertqa_fast.tasks.training_data import pad


def load_reader(source: Any, tokenizer: Any = None, *, seed: int) -> tuple[Any, Any]:
    """Return a question-answering module in float32 and its tokenizer.

    Parameters
    ----------
    source : str, Path or torch.nn.Module
        A Hugging Face folder or hub id with safetensors, or a module from transformers, which is copied. An
        encoder without the head is given a fresh one.
    tokenizer : fast tokenizer, str, Path or None
        None reads it from the folder; a module needs one.
    seed : int
        For the fresh head; the global random state is left as it was.

    Raises
    ------
    TypeError, ValueError
        Naming ``source`` or ``tokenizer``, what came and what was wanted.
    """
    import torch
    from transformers import AutoTokenizer

    named = isinstance(source, str | Path)
    if not named and not isinstance(source, torch.nn.Module):
        raise TypeError(f"source must be a folder, a hub id or a torch module, got {type(source).__name__}")
    if tokenizer is None and not named:
        raise ValueError("tokenizer must be given where source is a module, got None")
    if tokenizer is None:
        tokenizer = source
    with torch.random.fork_rng(devices=[]), quiet():
        torch.manual_seed(seed)
        module = _from_files(str(source)) if named else _from_module(source)
        if isinstance(tokenizer, str | Path):
            try:
                tokenizer = AutoTokenizer.from_pretrained(str(tokenizer))
            except (OSError, ValueError) as error:
                raise ValueError(
                    f"tokenizer must be a folder or hub id, got {tokenizer!r}: {error}"
                ) from error
    rows = module.config.vocab_size
    if len(tokenizer) > rows:
        raise ValueError(f"tokenizer must fit the model's {rows} embeddings, got {len(tokenizer)} tokens")
    return module, tokenizer


def _from_files(source: str) -> Any:
    import torch
    from safetensors import SafetensorError
    from transformers import AutoModelForQuestionAnswering

    # What can only be a path is not looked for on the hub.
    if not Path(source).exists() and (source.startswith((".", "/", "~")) or source.count("/") > 1):
        raise ValueError(f"source must be a folder, a hub id or a module, got {source!r}: no such folder")
    try:
        # Eager attention: about twice as fast as the fused kernel under bf16 on CPUs with AMX.
        module, found = AutoModelForQuestionAnswering.from_pretrained(
            source,
            attn_implementation="eager",
            dtype=torch.float32,
            use_safetensors=True,
            output_loading_info=True,
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise ValueError(f"source must be a model with safetensors, got {source!r}: {error}") from error
    _require_encoder({str(key) for key in found["missing_keys"]}, source)
    return module


def _from_module(source: Any) -> Any:
    from transformers import AutoModelForQuestionAnswering

    if not hasattr(source, "config"):
        raise TypeError(f"source must be a module from transformers, got {type(source).__name__}")
    if hasattr(source, "qa_outputs"):
        module = copy.deepcopy(source)
        module.set_attn_implementation("eager")
    else:
        try:
            module = AutoModelForQuestionAnswering.from_config(source.config, attn_implementation="eager")
        except ValueError as error:
            raise ValueError(f"source must be a kind of encoder that can answer questions: {error}") from None
        # A BertModel may bring a pooler, which no span head reads.
        missing = module.base_model.load_state_dict(source.base_model.state_dict(), strict=False).missing_keys
        _require_encoder(set(missing), type(source).__name__)
    return module.float()


def _require_encoder(missing: set[str], source: str) -> None:
    absent = sorted(key for key in missing if not key.startswith("qa_outputs."))
    if absent:
        raise ValueError(f"source must hold all weights of the encoder, {source!r} lacks {absent[:5]}")


@contextmanager
def quiet() -> Iterator[None]:
    """Keep transformers from reporting a fresh head, which is what is wanted here, and from drawing bars."""
    from transformers.utils import logging

    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()


def choose_device(device: str | None) -> Any:
    """Return a torch device: the one asked for, or else CUDA where there is one, or else the CPU.

    Raises
    ------
    DeviceUnavailableError
        The device asked for is not there.
    ValueError
        There is no such kind of device.
    """
    import torch

    if device is None:
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        chosen = torch.device(device)
    except RuntimeError:
        raise ValueError(f"device must be 'cpu' or 'cuda', got {device!r}") from None
    if chosen.type not in ("cpu", "cuda"):
        raise ValueError(f"device must be 'cpu' or 'cuda', got {device!r}")
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise DeviceUnavailableError(f"device {device!r}: PyTorch finds no CUDA device; use device='cpu'")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        count = torch.cuda.device_count()
        raise DeviceUnavailableError(f"device {device!r}: PyTorch finds {count} CUDA device(s)")
    return chosen


def has_fast_bf16(device: Any) -> bool:
    """Say whether the hardware multiplies bf16 matrices faster than float32 ones."""
    import torch

    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    try:
        flags = Path("/proc/cpuinfo").read_text().split()
    except OSError:
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags


class TorchReader:
    """A module that answers questions, with what `bertqa_fast.tasks.predict.predict` asks of a model.

    Parameters
    ----------
    module : torch.nn.Module
        A question-answering model from transformers.
    tokenizer : fast tokenizer
        Its tokenizer.
    bf16 : bool
        Multiply in bf16.
    batch_size : int
        Windows at once.
    """

    task = "question-answering"

    def __init__(self, module: Any, tokenizer: Any, *, bf16: bool = False, batch_size: int = 32) -> None:
        self.module = module
        self.tokenizer = tokenizer
        self.config = module.config
        self._bf16 = bf16
        self._batch_size = batch_size

    def logits(
        self, windows: Sequence[Window], *, show_progress: bool | None = None
    ) -> list[tuple[NDArray[np.float32], NDArray[np.float32]]]:
        """Return float32 start and end logits ``[T]`` of each window, in order, without padding."""
        import torch

        result: list[Any] = [None] * len(windows)
        # Neighbours in length share a batch, so that little is padded.
        order = sorted(range(len(windows)), key=lambda number: len(windows[number].tokens))
        training = self.module.training
        self.module.eval()
        try:
            with torch.inference_mode(), progress_bar(len(order), "reading", "window", show_progress) as bar:
                for first in range(0, len(order), self._batch_size):
                    numbers = order[first : first + self._batch_size]
                    start, end = forward(
                        self.module, self.tokenizer, [windows[n] for n in numbers], bf16=self._bf16
                    )
                    for row, number in enumerate(numbers):
                        count = len(windows[number].tokens)
                        result[number] = (start[row, :count].cpu().numpy(), end[row, :count].cpu().numpy())
                    bar.update(len(numbers))
        finally:
            self.module.train(training)
        return result


def forward(module: Any, tokenizer: Any, windows: Sequence[Window], *, bf16: bool) -> tuple[Any, Any]:
    """Return float32 start and end logits ``[B, T]`` of a batch padded to its longest window."""
    import torch

    device = next(module.parameters()).device
    batch = {key: torch.from_numpy(value) for key, value in pad(windows, tokenizer.pad_token_id or 0).items()}
    if "token_type_ids" not in tokenizer.model_input_names:
        del batch["token_type_ids"]
    if device.type != "cpu":
        batch = {key: value.to(device) for key, value in batch.items()}
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
        output = module(**batch)
    return output.start_logits.float(), output.end_logits.float()
