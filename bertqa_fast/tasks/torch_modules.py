"""Modules in PyTorch: load one with a fresh head, and run it over windows."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bertqa_fast.checkpoints.hub import FROM_FOLDER, NO_CODE, model_folder
from bertqa_fast.checkpoints.weight_files import find_weights
from bertqa_fast.data.windows import Window
from bertqa_fast.errors import DeviceUnavailableError
from bertqa_fast.families import FAMILIES
from bertqa_fast.progress import progress_bar
from bertqa_fast.tasks.training_data import pad
from bertqa_fast.tokenizer import load_tokenizer, reason


@dataclass(frozen=True, slots=True)
class HeadKind:
    """One kind of head, in the words of transformers.

    Attributes
    ----------
    auto : str
        The class of transformers that loads such models.
    purpose : str
        What they do, for messages.
    fresh : callable
        Name of a parameter → whether it is the head's, and may be drawn anew.
    is_whole : callable
        Module → whether it has the head already, just as it is wanted.
    config : mapping
        Settings of the configuration that the head is made by.
    """

    auto: str
    purpose: str
    fresh: Callable[[str], bool]
    is_whole: Callable[[Any], bool]
    config: Mapping[str, Any] = field(default_factory=dict)


def load_module(
    source: Any, tokenizer: Any, head: HeadKind, *, seed: int, allow_bin: bool = False
) -> tuple[Any, Any]:
    """Return a module in float32 and its tokenizer.

    Parameters
    ----------
    source : str, Path or torch.nn.Module
        A Hugging Face folder or hub id, or a module from transformers, which is copied. An
        encoder without the head is given a fresh one.
    tokenizer : fast tokenizer, str, Path or None
        None reads it from the folder; a module needs one.
    head : HeadKind
        The head.
    seed : int
        For the fresh head; the global random state is left as it was.
    allow_bin : bool
        Read ``pytorch_model.bin`` where there are no safetensors.

    Raises
    ------
    TypeError, ValueError
        Naming ``source`` or ``tokenizer``, what came and what was wanted.
    """
    import torch

    named = isinstance(source, str | Path)
    if not named and not isinstance(source, torch.nn.Module):
        raise TypeError(f"source must be a folder, a hub id or a torch module, got {type(source).__name__}")
    if tokenizer is None and not named:
        raise ValueError("tokenizer must be given where source is a module, got None")
    if named:
        source = model_folder(source, allow_bin=allow_bin)
    if tokenizer is None:
        tokenizer = source
    with torch.random.fork_rng(devices=[]), quiet():
        torch.manual_seed(seed)
        module = _from_folder(source, head, allow_bin=allow_bin) if named else _from_module(source, head)
        if isinstance(tokenizer, str | Path):
            tokenizer = _read_tokenizer(tokenizer)
    rows = module.config.vocab_size
    if len(tokenizer) > rows:
        raise ValueError(f"tokenizer must fit the model's {rows} embeddings, got {len(tokenizer)} tokens")
    family = FAMILIES.get(module.config.model_type)
    if family is not None:
        family.check_tokenizer(module.config.to_dict(), tokenizer)
    return module, tokenizer


def _read_tokenizer(source: str | Path) -> Any:
    """Read the tokenizer of a folder, or of a hub id."""
    from transformers import AutoTokenizer

    try:
        if Path(source).is_dir():
            return load_tokenizer(Path(source))
        return AutoTokenizer.from_pretrained(str(source), **NO_CODE)
    except (OSError, ValueError) as error:
        why = reason(error).removeprefix("source: ")
        raise ValueError(
            f"tokenizer must be a folder with one, or a hub id, got {str(source)!r}: {why}"
        ) from error


def _from_folder(source: Path, head: HeadKind, *, allow_bin: bool) -> Any:
    import torch
    import transformers
    from safetensors import SafetensorError

    weights = find_weights(source, allow_bin=allow_bin)
    if weights.pickled:
        weights.open()  # refuses, with a message that says why, what is no state dict
    try:
        # Eager attention: about twice as fast as the fused kernel under bf16 on CPUs with AMX.
        module, found = getattr(transformers, head.auto).from_pretrained(
            str(source),
            attn_implementation="eager",
            dtype=torch.float32,
            use_safetensors=not weights.pickled,
            weights_only=True,
            output_loading_info=True,
            ignore_mismatched_sizes=True,  # a head of another size is drawn anew; what else differs is named
            **FROM_FOLDER,
            **head.config,
        )
    except (OSError, ValueError, SafetensorError) as error:
        raise ValueError(f"source must be a folder with a model, got {source}: {reason(error)}") from error
    wrong = {str(key[0] if isinstance(key, tuple) else key) for key in found["mismatched_keys"]}
    _require_encoder({str(key) for key in found["missing_keys"]} | wrong, str(source), head)
    return module


def _from_module(source: Any, head: HeadKind) -> Any:
    import transformers

    if not hasattr(source, "config"):
        raise TypeError(f"source must be a module from transformers, got {type(source).__name__}")
    if head.is_whole(source):
        module = copy.deepcopy(source)
        module.set_attn_implementation("eager")
        module.config.update(dict(head.config))
    else:
        config = copy.deepcopy(source.config)
        config.update(dict(head.config))
        try:
            module = getattr(transformers, head.auto).from_config(config, attn_implementation="eager")
        except ValueError as error:
            raise ValueError(f"source must be a kind of encoder that can {head.purpose}: {error}") from None
        # Layers of a head that fit are kept, as they are of a folder.
        own, states = module.state_dict(), source.state_dict()
        fitting = {
            name: values
            for name, values in states.items()
            if head.fresh(name) and name in own and own[name].shape == values.shape
        }
        module.load_state_dict(fitting, strict=False)
        # A BertModel may bring a pooler, which no span head reads.
        missing = module.base_model.load_state_dict(source.base_model.state_dict(), strict=False).missing_keys
        _require_encoder(set(missing), type(source).__name__, head)
    return module.float()


def _require_encoder(missing: set[str], source: str, head: HeadKind) -> None:
    absent = sorted(key for key in missing if not head.fresh(key))
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


def positions_of(module: Any) -> int | None:
    """Return how many tokens a module's positions are for; None where it has no table of them."""
    rows = getattr(module.config, "max_position_embeddings", None)
    if not isinstance(rows, int):
        return None
    table = getattr(getattr(module.base_model, "embeddings", None), "position_embeddings", None)
    padding = getattr(table, "padding_idx", None)  # of RoBERTa: positions begin behind that of padding
    return rows if padding is None else rows - padding - 1


def forward(module: Any, tokenizer: Any, windows: Sequence[Window], *, bf16: bool) -> Any:
    """Return what a module gives for a batch padded to its longest window, as transformers returns it."""
    import torch

    device = next(module.parameters()).device
    # A model of one token type, or of none, has no use for them. The tokenizer's `model_input_names` is not
    # asked: ALBERT's leaves out the types that its template gives, and the engine reads.
    types = getattr(module.config, "type_vocab_size", 0) > 1
    batch = {key: torch.from_numpy(value) for key, value in pad(windows, tokenizer.pad_token_id or 0).items()}
    if not types:
        del batch["token_type_ids"]
    if device.type != "cpu":
        batch = {key: value.to(device) for key, value in batch.items()}
    with torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16):
        return module(**batch)


def outputs(
    module: Any,
    tokenizer: Any,
    windows: Sequence[Window],
    *,
    bf16: bool,
    batch_size: int,
    show_progress: bool | None,
) -> Iterator[tuple[list[int], Any]]:
    """Yield what a module gives for each batch, without gradients, beside the numbers of its windows.

    The module is in evaluation mode meanwhile, and left in the mode that it was in.
    """
    import torch

    # Neighbours in length share a batch, so that little is padded.
    order = sorted(range(len(windows)), key=lambda number: len(windows[number].tokens))
    training = module.training
    module.eval()
    try:
        with torch.inference_mode(), progress_bar(len(order), "reading", "window", show_progress) as bar:
            for first in range(0, len(order), batch_size):
                numbers = order[first : first + batch_size]
                yield numbers, forward(module, tokenizer, [windows[n] for n in numbers], bf16=bf16)
                bar.update(len(numbers))
    finally:
        module.train(training)
